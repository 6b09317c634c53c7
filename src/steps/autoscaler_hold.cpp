// autoscaler.hold: keeps an autoscaler from taking healthy capacity away while a release runs;
// scaling up stays possible.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/autoscaler.hpp"
#include "ostler/systems/workload.hpp"

namespace ostler {
namespace {

class AutoscalerHold final : public Step {
 public:
  AutoscalerHold(const std::string& name_space, const std::string& name)
      : ref_(autoscaler_ref(name_space, name)) {}

  Result<Observation> observe(const Looks& looks, const Json* before) const override {
    OSTLER_TRY(const Json now, get_present(looks.kubernetes(), ref_));
    Observation seen;
    seen.snapshot = autoscaler_snapshot(now);
    seen.found = autoscaler_text(now);
    if (is_held(now)) {
      seen.state = TargetState::applied;
    } else if (before != nullptr && !same_autoscaling(seen.snapshot, *before)) {
      seen.state = TargetState::diverged;
    }
    return seen;
  }

  Result<void> apply(Systems& systems, const Json& before, const Guard& guard,
                     Attempt&) const override {
    const auto changed =
        change_guarded(systems.kubernetes(), ref_, [&](const Json& now) -> Result<Json> {
          if (is_held(now)) return Json::object();
          if (!same_autoscaling(autoscaler_snapshot(now), before))
            return diverged(ref_.text(), autoscaler_text(now), "as it was when the release began");
          OSTLER_TRY(const std::int64_t replicas, replicas_now(systems.looks().kubernetes(), now));
          return hold_patch(now, replicas, guard.breadcrumb());
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
  return std::unique_ptr<Step>(std::make_unique<AutoscalerHold>(name_space, name));
}

}  // namespace

extern const StepKind autoscaler_hold_step{
    "autoscaler.hold",
    "prepare",
    "keeps an autoscaler from scaling below what runs now",
    "gives the autoscaler the minimum and the behaviour from before",
    RecoveryClass::guarded,
    false,
    Milliseconds{60000},
    R"({"namespace": "odoo-pool-a", "name": "odoo-web"})",
    make};

}  // namespace ostler
