// canary.scale: gives the canary as many replicas as the next weight needs.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/canary.hpp"
#include "ostler/systems/workload.hpp"

namespace ostler {
namespace {

constexpr Milliseconds look_interval{500};

class CanaryScale final : public Step {
 public:
  CanaryScale(std::string name_space, std::string workload, std::int64_t replicas)
      : name_space_(std::move(name_space)), workload_(std::move(workload)), replicas_(replicas) {}

  Result<Observation> observe(const Looks& looks, const Json* before) const override {
    Observation seen;
    OSTLER_TRY(seen.snapshot, canary_snapshot(looks.kubernetes(), name_space_, workload_, ""));
    OSTLER_TRY(const auto now, looks.kubernetes().get(ref()));
    if (!now) {
      seen.found = "no " + ref().text();
      if (before != nullptr && value_at(*before, "/deployment").is_object())
        seen.state = TargetState::diverged;
      return seen;
    }
    const RolloutState rollout = rollout_state(*now);
    seen.found = fmt::format("{} replicas, {}", wanted_replicas(*now), rollout.text());
    if (wanted_replicas(*now) == replicas_) {
      seen.state = rollout.converged   ? TargetState::applied
                   : before == nullptr ? TargetState::before
                                       : TargetState::partial;
    } else if (before != nullptr && seen.snapshot != *before) {
      seen.state = TargetState::diverged;
    }
    return seen;
  }

  Result<void> apply(Systems& systems, const Json& before, const Guard& guard,
                     Attempt& attempt) const override {
    const std::int64_t stood = number_at(before, "/deployment/spec/replicas", 1);
    const auto changed =
        change_guarded(systems.kubernetes(), ref(), [&](const Json& now) -> Result<Json> {
          const std::int64_t replicas = wanted_replicas(now);
          if (replicas == replicas_) return Json::object();
          if (!has_breadcrumb(now)) return diverged(ref().text(), "not made by ostler", "ours");
          if (replicas != stood)
            return diverged(ref().text(), fmt::format("at {} replicas", replicas),
                            fmt::format("{}", stood));
          return Json{{"metadata", {{"annotations", annotations_of(guard.breadcrumb())}}},
                      {"spec", {{"replicas", replicas_}}}};
        });
    if (!changed.ok()) return changed.failure();
    RolloutWatch watch(systems.kubernetes(), ref(), systems.looks().clock());
    return wait_until(systems.looks(), attempt, look_interval, "the scaling of " + ref().text(),
                      [&]() -> Result<bool> {
                        OSTLER_TRY(const RolloutLook seen, watch.look());
                        attempt.progress(seen.text);
                        return seen.converged;
                      });
  }

  Result<void> revert(Systems& systems, const Json& before, const Guard&,
                      Attempt& attempt) const override {
    return restore_canary(systems.kubernetes(), systems.looks().traefik(), name_space_, workload_,
                          before, waiting(systems.looks(), attempt, look_interval));
  }

 private:
  ObjectRef ref() const { return deployment_ref(name_space_, workload_); }

  std::string name_space_, workload_;
  std::int64_t replicas_;
};

Result<std::unique_ptr<Step>> make(const Json& parameters) {
  Parameters read(parameters);
  const std::string name_space = read.text("namespace"), workload = read.text("workload");
  const std::int64_t replicas = read.number("replicas");
  OSTLER_CHECK(read.finish());
  if (replicas < 1)
    return Failure{FailureKind::permanent, "parameter 'replicas': expected at least 1", "", ""};
  return std::unique_ptr<Step>(std::make_unique<CanaryScale>(name_space, workload, replicas));
}

}  // namespace

extern const StepKind canary_scale_step{
    "canary.scale",
    "shift",
    "gives the canary the replicas that its next weight needs",
    "puts the canary back to what it was, or removes it when there was none",
    RecoveryClass::guarded,
    false,
    Milliseconds{600000},
    R"({"namespace": "odoo-pool-a", "workload": "odoo-web-canary", "replicas": 3})",
    make};

}  // namespace ostler
