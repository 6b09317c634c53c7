// workers.fence: stops cron and queue workers before a migration and waits until none of their work
// is in flight.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/odoo.hpp"
#include "ostler/systems/workers.hpp"
#include "ostler/systems/workload.hpp"

namespace ostler {
namespace {

constexpr Milliseconds look_interval{1000};

class WorkersFence final : public Step {
 public:
  WorkersFence(std::string name_space, std::vector<std::string> workloads, std::string server,
               std::vector<std::string> tenants)
      : name_space_(std::move(name_space)),
        workloads_(std::move(workloads)),
        server_(std::move(server)),
        tenants_(std::move(tenants)) {}

  Result<Observation> observe(const Looks& looks, const Json* before) const override {
    Observation seen;
    OSTLER_TRY(const WorkersLook workers,
               look_at_workers(looks.kubernetes(), name_space_, workloads_));
    seen.snapshot = workers.snapshot;
    seen.found = workers.text;
    if (workers.stopped) {
      OSTLER_TRY(const std::string busy, busy_tenants(looks));
      if (!busy.empty()) seen.found += "; " + busy;
      seen.state = busy.empty()        ? TargetState::applied
                   : before == nullptr ? TargetState::before
                                       : TargetState::partial;
    } else if (before != nullptr && !same_workers(seen.snapshot, *before)) {
      seen.state = workers.ours ? TargetState::partial : TargetState::diverged;
    }
    return seen;
  }

  Result<void> apply(Systems& systems, const Json& before, const Guard& guard,
                     Attempt& attempt) const override {
    for (const Json& stood : value_at(before, "/workloads"))
      OSTLER_CHECK(fence_workload(systems.kubernetes(), name_space_, stood, guard.breadcrumb()));
    const Looks& looks = systems.looks();
    OSTLER_CHECK(wait_until(
        looks, attempt, look_interval, "the workers' Pods to end", [&]() -> Result<bool> {
          OSTLER_TRY(const WorkersLook workers,
                     look_at_workers(looks.kubernetes(), name_space_, workloads_));
          attempt.progress(workers.text);
          return workers.stopped;
        }));
    std::vector<std::unique_ptr<SqlSession>> sessions;
    for (const std::string& tenant : tenants_) {
      OSTLER_TRY(auto session,
                 systems.postgres(server_).session(tenant, "ostler-" + guard.run + "-fence"));
      sessions.push_back(std::move(session));
    }
    return wait_until(
        looks, attempt, look_interval, "running crons and jobs to end", [&]() -> Result<bool> {
          for (std::size_t i = 0; i < tenants_.size(); ++i) {
            OSTLER_TRY(const std::string crons, locked_crons(*sessions[i]));
            OSTLER_TRY(const std::string jobs, started_jobs(looks.postgres(server_), tenants_[i]));
            if (crons.empty() && jobs.empty()) continue;
            attempt.progress(fmt::format("{}: {}{}{}", tenants_[i], crons,
                                         crons.empty() || jobs.empty() ? "" : "; ", jobs));
            return false;
          }
          return true;
        });
  }

  Result<void> revert(Systems& systems, const Json& before, const Guard&,
                      Attempt& attempt) const override {
    return restore_workers(systems.kubernetes(), name_space_, before,
                           waiting(systems.looks(), attempt, look_interval));
  }

 private:
  /// Read-only: whoever locks a row of ir_cron holds a row share lock on the table.
  Result<std::string> busy_tenants(const Looks& looks) const {
    for (const std::string& tenant : tenants_) {
      OSTLER_TRY(const std::string crons, cron_lock_holders(looks.postgres(server_), tenant));
      if (!crons.empty()) return tenant + ": " + crons;
      OSTLER_TRY(const std::string jobs, started_jobs(looks.postgres(server_), tenant));
      if (!jobs.empty()) return tenant + ": " + jobs;
    }
    return std::string();
  }

  std::string name_space_;
  std::vector<std::string> workloads_;
  std::string server_;
  std::vector<std::string> tenants_;
};

Result<std::unique_ptr<Step>> make(const Json& parameters) {
  Parameters read(parameters);
  const std::string name_space = read.text("namespace");
  const std::vector<std::string> workloads = read.texts("workloads");
  const std::string server = read.text("server");
  const std::vector<std::string> tenants = read.texts("tenants");
  OSTLER_CHECK(read.finish());
  return std::unique_ptr<Step>(
      std::make_unique<WorkersFence>(name_space, workloads, server, tenants));
}

}  // namespace

extern const StepKind workers_fence_step{
    "workers.fence",
    "prepare",
    "scales cron and queue workers to 0 and waits until no cron runs and no job is started in any "
    "tenant",
    "gives the workers their replicas and their image from before and waits until they run",
    RecoveryClass::guarded,
    false,
    Milliseconds{900000},
    R"({"namespace": "odoo-pool-a", "workloads": ["odoo-cron", "odoo-queue"], "server": "main",
        "tenants": ["shop_a", "shop_b"]})",
    make};

}  // namespace ostler
