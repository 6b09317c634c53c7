// autoscaler.release: gives a held autoscaler back what the hold noted down on it.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/autoscaler.hpp"
#include "ostler/systems/workload.hpp"

namespace ostler {
namespace {

class AutoscalerRelease final : public Step {
 public:
  AutoscalerRelease(const std::string& name_space, const std::string& name)
      : ref_(autoscaler_ref(name_space, name)) {}

  Result<Observation> observe(const Looks& looks, const Json* before) const override {
    OSTLER_TRY(const Json now, get_present(looks.kubernetes(), ref_));
    Observation seen;
    seen.snapshot = autoscaler_snapshot(now);
    seen.found = autoscaler_text(now);
    if (!annotation(now, held_annotation)) {
      seen.state = TargetState::applied;
    } else if (before != nullptr && !same_autoscaling(seen.snapshot, *before)) {
      seen.state = TargetState::diverged;
    }
    return seen;
  }

  Result<void> apply(Systems& systems, const Json&, const Guard& guard, Attempt&) const override {
    const auto changed =
        change_guarded(systems.kubernetes(), ref_, [&](const Json& now) -> Result<Json> {
          if (!annotation(now, held_annotation)) return Json::object();
          return release_patch(now, guard.breadcrumb());
        });
    if (!changed.ok()) return changed.failure();
    return {};
  }

  Result<void> revert(Systems& systems, const Json& before, const Guard&, Attempt&) const override {
    return restore_autoscaler(systems.kubernetes(), ref_, before);
  }

 private:
  ObjectRef ref_;
};

Result<std::unique_ptr<Step>> make(const Json& parameters) {
  Parameters read(parameters);
  const std::string name_space = read.text("namespace"), name = read.text("name");
  OSTLER_CHECK(read.finish());
  return std::unique_ptr<Step>(std::make_unique<AutoscalerRelease>(name_space, name));
}

}  // namespace

extern const StepKind autoscaler_release_step{
    "autoscaler.release",
    "finish",
    "gives a held autoscaler back its minimum and its behaviour, as noted down on it",
    "holds the autoscaler again as it was held",
    RecoveryClass::guarded,
    false,
    Milliseconds{60000},
    R"({"namespace": "odoo-pool-a", "name": "odoo-web"})",
    make};

}  // namespace ostler
