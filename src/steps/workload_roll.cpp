// workload.roll: gives a Deployment another image and waits until it is rolled out completely.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/workload.hpp"

namespace ostler {
namespace {

constexpr Milliseconds look_interval{500};

class WorkloadRoll final : public Step {
 public:
  WorkloadRoll(const std::string& name_space, const std::string& workload, std::string image)
      : ref_(deployment_ref(name_space, workload)), image_(std::move(image)) {}

  Result<Observation> observe(const Looks& looks, const Json* before) const override {
    OSTLER_TRY(const Json now, get_present(looks.kubernetes(), ref_));
    Observation seen;
    OSTLER_TRY(seen.snapshot, workload_snapshot(now));
    const RolloutState rollout = rollout_state(now);
    const std::string image = text_at(seen.snapshot, "/image");
    seen.found = fmt::format("image {}, {}", image, rollout.text());
    if (image == image_) {
      seen.state = rollout.converged   ? TargetState::applied
                   : before == nullptr ? TargetState::before
                                       : TargetState::partial;
    } else if (before != nullptr && image != text_at(*before, "/image")) {
      seen.state = TargetState::diverged;
    }
    return seen;
  }

  Result<void> apply(Systems& systems, const Json& before, const Guard& guard,
                     Attempt& attempt) const override {
    const std::string stood = text_at(before, "/image"), container = text_at(before, "/container");
    const auto changed =
        change_guarded(systems.kubernetes(), ref_, [&](const Json& now) -> Result<Json> {
          const std::string image = container_image(now, container);
          if (image == image_) return Json::object();
          if (image != stood) return diverged("the image of " + ref_.text(), image, stood);
          return Json{{"metadata", {{"annotations", annotations_of(guard.breadcrumb())}}},
                      {"spec", image_patch(now, container, image_)}};
        });
    if (!changed.ok()) return changed.failure();
    return wait_rolled_out(systems.looks(), attempt);
  }

  Result<void> revert(Systems& systems, const Json& before, const Guard&,
                      Attempt& attempt) const override {
    const std::string stood = text_at(before, "/image"), container = text_at(before, "/container");
    const auto changed =
        restore_guarded(systems.kubernetes(), ref_, [&](const Json& now) -> Result<Json> {
          const std::string image = container_image(now, container);
          if (image != stood && image != image_)
            return diverged("the image of " + ref_.text(), image, image_);
          // Replicas are not this step's: an autoscaler may have moved them meanwhile.
          Json remembered = before;
          remembered["replicas"] = wanted_replicas(now);
          return workload_restore_patch(now, remembered);
        });
    if (!changed.ok()) return changed.failure();
    return wait_rolled_out(systems.looks(), attempt);
  }

 private:
  Result<void> wait_rolled_out(const Looks& looks, Attempt& attempt) const {
    RolloutWatch watch(looks.kubernetes(), ref_, looks.clock());
    return wait_until(looks, attempt, look_interval, "the rollout of " + ref_.text(),
                      [&]() -> Result<bool> {
                        OSTLER_TRY(const RolloutLook seen, watch.look());
                        attempt.progress(seen.text);
                        return seen.converged;
                      });
  }

  ObjectRef ref_;
  std::string image_;
};

Result<std::unique_ptr<Step>> make(const Json& parameters) {
  Parameters read(parameters);
  const std::string name_space = read.text("namespace");
  const std::string workload = read.text("workload");
  const std::string image = read.text("image");
  OSTLER_CHECK(read.finish());
  return std::unique_ptr<Step>(std::make_unique<WorkloadRoll>(name_space, workload, image));
}

}  // namespace

extern const StepKind workload_roll_step{
    "workload.roll",
    "shift",
    "gives a Deployment the new image and waits until it is rolled out",
    "gives the Deployment the image from before and waits until that is rolled out",
    RecoveryClass::guarded,
    false,
    Milliseconds{900000},
    R"({"namespace": "odoo-pool-a", "workload": "odoo-web", "image":
        "registry.prod.example/retail/odoo@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"})",
    make};

}  // namespace ostler
