// image.copy: brings an image from one registry to another by digest. Content is addressed by its
// digest, so repeating it is harmless and undo leaves it.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"

namespace ostler {
namespace {

class ImageCopy final : public Step {
 public:
  ImageCopy(std::string from_registry, std::string from_repository, std::string to_registry,
            std::string to_repository, std::string digest)
      : from_registry_(std::move(from_registry)),
        from_repository_(std::move(from_repository)),
        to_registry_(std::move(to_registry)),
        to_repository_(std::move(to_repository)),
        digest_(std::move(digest)) {}

  Result<Observation> observe(const Looks& looks, const Json*) const override {
    OSTLER_TRY(const bool present, complete(looks));
    Observation seen;
    seen.snapshot = {{"present", present}};
    seen.state = present ? TargetState::applied : TargetState::before;
    seen.found = present ? "there" : "not there";
    return seen;
  }

  Result<void> apply(Systems& systems, const Json&, const Guard&, Attempt& attempt) const override {
    const auto copied =
        systems.registry(to_registry_)
            .copy_from(
                systems.looks().registry(from_registry_), from_repository_, digest_, to_repository_,
                [&](const CopyProgress& done) {
                  attempt.progress(fmt::format(
                      "{} of {}, blobs: {} sent, {} mounted, {} there already, {} in all",
                      format_bytes(done.bytes_done), format_bytes(done.bytes_total),
                      done.blobs_done, done.blobs_mounted, done.blobs_present, done.blobs_total));
                });
    if (!copied.ok()) return copied.failure();
    OSTLER_TRY(const bool present, complete(systems.looks()));
    if (present) return {};
    return Failure{
        FailureKind::permanent,
        fmt::format("{}/{} took {} and does not have it",
                    systems.looks().registry(to_registry_).host(), to_repository_, digest_),
        "", ""};
  }

  Result<void> revert(Systems& systems, const Json& before, const Guard&,
                      Attempt& attempt) const override {
    if (flag_at(before, "/present")) return {};
    OSTLER_TRY(const auto found,
               systems.looks().registry(to_registry_).head(to_repository_, digest_));
    if (found)
      attempt.note(fmt::format("the image stays in {}/{} ({}): nothing refers to it",
                               systems.looks().registry(to_registry_).host(), to_repository_,
                               digest_));
    return {};
  }

 private:
  /// The manifest, and below an index every platform's: a registry may have taken an index before
  /// its children.
  Result<bool> complete(const Looks& looks) const {
    const RegistryLook& target = looks.registry(to_registry_);
    OSTLER_TRY(const auto found, target.head(to_repository_, digest_));
    if (!found || found->digest != digest_) return false;
    OSTLER_TRY(const Manifest manifest, target.manifest(to_repository_, digest_));
    for (const Descriptor& child : manifest.manifests) {
      OSTLER_TRY(const auto below, target.head(to_repository_, child.digest));
      if (!below) return false;
    }
    return true;
  }

  std::string from_registry_, from_repository_, to_registry_, to_repository_, digest_;
};

Result<std::unique_ptr<Step>> make(const Json& parameters) {
  Parameters read(parameters);
  const std::string from_registry = read.text("from_registry"),
                    from_repository = read.text("from_repository"),
                    to_registry = read.text("to_registry"),
                    to_repository = read.text("to_repository"), digest = read.text("digest");
  OSTLER_CHECK(read.finish());
  if (!starts_with(digest, "sha256:") || digest.size() != 71)
    return Failure{FailureKind::permanent, "parameter 'digest': expected sha256: and 64 hex digits",
                   "", ""};
  return std::unique_ptr<Step>(std::make_unique<ImageCopy>(from_registry, from_repository,
                                                           to_registry, to_repository, digest));
}

}  // namespace

extern const StepKind image_copy_step{
    "image.copy",
    "promote",
    "copies an image between registries by digest, verified on the way",
    "leaves the image: it is found by digest only and harms nobody",
    RecoveryClass::idempotent,
    false,
    Milliseconds{1800000},
    R"({"from_registry": "staging", "from_repository": "retail/odoo", "to_registry": "production",
        "to_repository": "retail/odoo",
        "digest": "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"})",
    make,
    true};

}  // namespace ostler
