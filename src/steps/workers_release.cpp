// workers.release: starts cron and queue workers again, on the new image.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/workers.hpp"
#include "ostler/systems/workload.hpp"

namespace ostler {
namespace {

constexpr Milliseconds look_interval{1000};

class WorkersRelease final : public Step {
 public:
  WorkersRelease(std::string name_space, std::vector<std::string> workloads, std::string image)
      : name_space_(std::move(name_space)),
        workloads_(std::move(workloads)),
        image_(std::move(image)) {}

  Result<Observation> observe(const Looks& looks, const Json* before) const override {
    Observation seen;
    OSTLER_TRY(const WorkersLook workers,
               look_at_workers(looks.kubernetes(), name_space_, workloads_));
    seen.snapshot = workers.snapshot;
    seen.found = workers.text;
    bool wanted = true;
    for (const Json& one : value_at(workers.snapshot, "/workloads"))
      wanted = wanted && text_at(one, "/image") == image_ &&
               !value_at(value_at(one, "/annotations"), "/ostler.dev~1fenced-replicas").is_string();
    if (wanted && workers.converged) {
      seen.state = TargetState::applied;
    } else if (before != nullptr && !same_workers(seen.snapshot, *before)) {
      seen.state = workers.ours ? TargetState::partial : TargetState::diverged;
    }
    return seen;
  }

  Result<void> apply(Systems& systems, const Json& before, const Guard& guard,
                     Attempt& attempt) const override {
    for (const Json& stood : value_at(before, "/workloads"))
      OSTLER_CHECK(
          release_workload(systems.kubernetes(), name_space_, stood, image_, guard.breadcrumb()));
    const Looks& looks = systems.looks();
    return wait_until(looks, attempt, look_interval, "the workers to start", [&]() -> Result<bool> {
      OSTLER_TRY(const WorkersLook workers,
                 look_at_started_workers(looks.kubernetes(), name_space_, workloads_));
      attempt.progress(workers.text);
      return workers.converged;
    });
  }

  Result<void> revert(Systems& systems, const Json& before, const Guard&,
                      Attempt& attempt) const override {
    return restore_workers(systems.kubernetes(), name_space_, before,
                           waiting(systems.looks(), attempt, look_interval));
  }

 private:
  std::string name_space_;
  std::vector<std::string> workloads_;
  std::string image_;
};

Result<std::unique_ptr<Step>> make(const Json& parameters) {
  Parameters read(parameters);
  const std::string name_space = read.text("namespace");
  const std::vector<std::string> workloads = read.texts("workloads");
  const std::string image = read.text("image");
  OSTLER_CHECK(read.finish());
  return std::unique_ptr<Step>(std::make_unique<WorkersRelease>(name_space, workloads, image));
}

}  // namespace

extern const StepKind workers_release_step{
    "workers.release",
    "finish",
    "gives cron and queue workers the new image and the replicas they had before the fence",
    "puts the workers back to what they were",
    RecoveryClass::guarded,
    false,
    Milliseconds{900000},
    R"({"namespace": "odoo-pool-a", "workloads": ["odoo-cron", "odoo-queue"], "image":
        "registry.prod.example/retail/odoo@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"})",
    make};

}  // namespace ostler
