// canary.stop: removes the canary, but only when no proxy can send it a request any more.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/canary.hpp"
#include "ostler/systems/workload.hpp"

namespace ostler {
namespace {

constexpr Milliseconds look_interval{500};

class CanaryStop final : public Step {
 public:
  CanaryStop(std::string name_space, std::string workload, std::string service)
      : name_space_(std::move(name_space)),
        workload_(std::move(workload)),
        service_(std::move(service)) {}

  Result<Observation> observe(const Looks& looks, const Json* before) const override {
    Observation seen;
    OSTLER_TRY(seen.snapshot,
               canary_snapshot(looks.kubernetes(), name_space_, workload_, service_));
    const bool deployment = value_at(seen.snapshot, "/deployment").is_object();
    const bool service = value_at(seen.snapshot, "/service").is_object();
    OSTLER_TRY(const std::vector<Json> pods,
               looks.kubernetes().list({"v1", "Pod", name_space_, ""}, {"app=" + workload_, ""}));
    seen.found = fmt::format("Deployment {}, Service {}, {} Pods", deployment ? "there" : "gone",
                             service ? "there" : "gone", pods.size());
    if (!deployment && !service && pods.empty()) {
      seen.state = TargetState::applied;
    } else if (before != nullptr && seen.snapshot != *before) {
      seen.state = deployment ? TargetState::diverged : TargetState::partial;
    }
    return seen;
  }

  Result<void> apply(Systems& systems, const Json&, const Guard&, Attempt& attempt) const override {
    OSTLER_TRY(const std::vector<Json> routes,
               systems.kubernetes().list(traefik_service_ref(name_space_, ""), {}));
    for (const Json& route : routes)
      for (const Json& child : value_at(route, "/spec/weighted/services"))
        if (text_at(child, "/name") == service_)
          return Failure{
              FailureKind::refused,
              fmt::format("route {}/{} still lists Service {}", name_space_,
                          text_at(route, "/metadata/name"), service_),
              "Take the Service out of the route first: Traefik drops a route with an empty child.",
              "routed"};
    return remove_canary(systems.kubernetes(), systems.looks().traefik(), name_space_, workload_,
                         service_, waiting(systems.looks(), attempt, look_interval));
  }

  Result<void> revert(Systems& systems, const Json& before, const Guard&,
                      Attempt& attempt) const override {
    return restore_canary(systems.kubernetes(), systems.looks().traefik(), name_space_, workload_,
                          before, waiting(systems.looks(), attempt, look_interval));
  }

 private:
  std::string name_space_, workload_, service_;
};

Result<std::unique_ptr<Step>> make(const Json& parameters) {
  Parameters read(parameters);
  const std::string name_space = read.text("namespace"), workload = read.text("workload"),
                    service = read.text("service");
  OSTLER_CHECK(read.finish());
  return std::unique_ptr<Step>(std::make_unique<CanaryStop>(name_space, workload, service));
}

}  // namespace

extern const StepKind canary_stop_step{
    "canary.stop",
    "shift",
    "removes the canary once no proxy has its Service loaded, and waits until its Pods are gone",
    "puts the canary back as it was",
    RecoveryClass::guarded,
    false,
    Milliseconds{600000},
    R"({"namespace": "odoo-pool-a", "workload": "odoo-web-canary", "service": "odoo-web-canary"})",
    make};

}  // namespace ostler
