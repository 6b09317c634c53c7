// image.tag: gives an image that is there a name for people. A release tag never moves.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/workload.hpp"

namespace ostler {
namespace {

enum class Mobility { fixed, moving };

class ImageTag final : public Step {
 public:
  ImageTag(std::string registry, std::string repository, std::string tag, std::string digest,
           Mobility mobility)
      : registry_(std::move(registry)),
        repository_(std::move(repository)),
        tag_(std::move(tag)),
        digest_(std::move(digest)),
        mobility_(mobility) {}

  Result<Observation> observe(const Looks& looks, const Json* before) const override {
    OSTLER_TRY(const std::string now, current(looks));
    Observation seen;
    seen.snapshot = {{"digest", now.empty() ? Json(nullptr) : Json(now)}};
    seen.found = now.empty() ? "no such tag" : "tag is at " + now;
    if (now == digest_) {
      seen.state = TargetState::applied;
    } else if (before != nullptr && now != text_at(*before, "/digest")) {
      seen.state = TargetState::diverged;
    }
    return seen;
  }

  Result<void> apply(Systems& systems, const Json& before, const Guard&,
                     Attempt& attempt) const override {
    const Looks& looks = systems.looks();
    OSTLER_TRY(const std::string now, current(looks));
    if (now == digest_) return {};
    const std::string stood = text_at(before, "/digest");
    if (now != stood)
      return diverged(text(looks), now.empty() ? "gone" : now, stood.empty() ? "absent" : stood);
    if (!now.empty() && mobility_ == Mobility::fixed)
      return Failure{
          FailureKind::refused,
          fmt::format("{} is {} already, and a release tag never moves", text(looks), now),
          "Release under another name.", "diverged"};
    return point(systems, digest_, now, attempt);
  }

  Result<void> revert(Systems& systems, const Json& before, const Guard&,
                      Attempt& attempt) const override {
    const Looks& looks = systems.looks();
    OSTLER_TRY(const std::string now, current(looks));
    const std::string stood = text_at(before, "/digest");
    if (now == stood) return {};
    if (now != digest_) return diverged(text(looks), now.empty() ? "gone" : now, digest_);
    if (stood.empty()) {
      attempt.note(text(looks) + " stays: it stood nowhere before, and nothing runs by it");
      return {};
    }
    return point(systems, stood, digest_, attempt);
  }

 private:
  std::string text(const Looks& looks) const {
    return fmt::format("tag {} of {}/{}", tag_, looks.registry(registry_).host(), repository_);
  }

  Result<std::string> current(const Looks& looks) const {
    OSTLER_TRY(const auto found, looks.registry(registry_).head(repository_, tag_));
    return found ? found->digest : std::string();
  }

  Result<void> point(Systems& systems, const std::string& digest, const std::string& expected,
                     Attempt& attempt) const {
    Registry& registry = systems.registry(registry_);
    OSTLER_TRY(const Manifest manifest, registry.manifest(repository_, digest));
    OSTLER_CHECK(registry.put_tag(repository_, tag_, manifest, expected));
    // Some registries answer for a new tag only a little later.
    return wait_until(systems.looks(), attempt, Milliseconds{2000},
                      text(systems.looks()) + " to answer", [&]() -> Result<bool> {
                        OSTLER_TRY(const std::string now, current(systems.looks()));
                        attempt.progress(now.empty() ? "no such tag yet" : "tag is at " + now);
                        return now == digest;
                      });
  }

  std::string registry_, repository_, tag_, digest_;
  Mobility mobility_;
};

Result<std::unique_ptr<Step>> make(const Json& parameters) {
  Parameters read(parameters);
  const std::string registry = read.text("registry"), repository = read.text("repository"),
                    tag = read.text("tag"), digest = read.text("digest"),
                    mobility = read.text("mobility", "fixed");
  OSTLER_CHECK(read.finish());
  if (!starts_with(digest, "sha256:") || digest.size() != 71)
    return Failure{FailureKind::permanent, "parameter 'digest': expected sha256: and 64 hex digits",
                   "", ""};
  if (mobility != "fixed" && mobility != "moving")
    return Failure{FailureKind::permanent,
                   "parameter 'mobility': '" + sanitize(mobility) + "' is neither fixed nor moving",
                   "", ""};
  return std::unique_ptr<Step>(std::make_unique<ImageTag>(
      registry, repository, tag, digest, mobility == "fixed" ? Mobility::fixed : Mobility::moving));
}

}  // namespace

extern const StepKind image_tag_step{
    "image.tag",
    "promote",
    "points the release's tag at the image; a release tag that is at another image is refused",
    "leaves a new tag, or points a moving tag back where it was",
    RecoveryClass::guarded,
    false,
    Milliseconds{60000},
    R"({"registry": "production", "repository": "retail/odoo", "tag": "2026.11.2",
        "digest": "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"})",
    make,
    true};

}  // namespace ostler
