// canary.start: puts a Deployment of the new image and a Service beside the stable ones, and looks
// at each Pod itself before any traffic may reach it.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/canary.hpp"
#include "ostler/systems/workload.hpp"

namespace ostler {
namespace {

constexpr Milliseconds look_interval{500};

class CanaryStart final : public Step {
 public:
  explicit CanaryStart(CanaryAim aim) : aim_(std::move(aim)) {}

  Result<Observation> observe(const Looks& looks, const Json* before) const override {
    const KubernetesLook& cluster = looks.kubernetes();
    Observation seen;
    OSTLER_TRY(seen.snapshot,
               canary_snapshot(cluster, aim_.name_space, aim_.workload, aim_.service));
    OSTLER_TRY(const auto deployment, cluster.get(ref()));
    if (!deployment) {
      seen.found = "no " + ref().text();
      if (before != nullptr && value_at(*before, "/deployment").is_object())
        seen.state = TargetState::diverged;
      else if (before != nullptr &&
               value_at(seen.snapshot, "/service") != value_at(*before, "/service"))
        seen.state = TargetState::partial;
      return seen;
    }
    const RolloutState rollout = rollout_state(*deployment);
    seen.found = fmt::format("image {}, {}", main_image(*deployment), rollout.text());
    OSTLER_TRY(const bool complete, is_complete(cluster, *deployment, rollout));
    if (complete) {
      seen.state = TargetState::applied;
    } else if (before != nullptr && seen.snapshot != *before) {
      seen.state = has_breadcrumb(*deployment) ? TargetState::partial : TargetState::diverged;
    }
    return seen;
  }

  Result<void> apply(Systems& systems, const Json&, const Guard& guard,
                     Attempt& attempt) const override {
    Kubernetes& cluster = systems.kubernetes();
    OSTLER_TRY(const Json web,
               get_present(cluster, deployment_ref(aim_.name_space, aim_.web_workload)));
    OSTLER_TRY(const Json stable,
               get_present(cluster, service_ref(aim_.name_space, aim_.stable_service)));
    OSTLER_TRY(const Json deployment, canary_deployment(aim_, web, stable, guard.breadcrumb()));
    OSTLER_TRY(const Json service, canary_service(aim_, stable, guard.breadcrumb()));
    const ObjectRef front = service_ref(aim_.name_space, aim_.service);
    // Both names first: half a canary beside somebody else's object is worse than none.
    for (const ObjectRef& one : {ref(), front}) OSTLER_CHECK(require_ours(cluster, one));
    OSTLER_CHECK(put(cluster, ref(), deployment));
    OSTLER_CHECK(put(cluster, front, service));
    OSTLER_CHECK(wait_rolled_out(systems.looks(), attempt));
    OSTLER_CHECK(wait_endpoints(systems.looks(), attempt));
    return wait_healthy(systems.looks(), attempt);
  }

  Result<void> revert(Systems& systems, const Json& before, const Guard&,
                      Attempt& attempt) const override {
    return restore_canary(systems.kubernetes(), systems.looks().traefik(), aim_.name_space,
                          aim_.workload, before, waiting(systems.looks(), attempt, look_interval));
  }

 private:
  ObjectRef ref() const { return deployment_ref(aim_.name_space, aim_.workload); }

  static std::string main_image(const Json& deployment) {
    const auto container = main_container(deployment);
    return container.ok() ? container_image(deployment, *container) : "";
  }

  Result<bool> is_complete(const KubernetesLook& cluster, const Json& deployment,
                           const RolloutState& rollout) const {
    if (main_image(deployment) != aim_.image || wanted_replicas(deployment) != aim_.replicas ||
        !rollout.converged)
      return false;
    OSTLER_TRY(const auto service, cluster.get(service_ref(aim_.name_space, aim_.service)));
    if (!service) return false;
    OSTLER_TRY(const ServiceAddresses addresses,
               addresses_of(cluster, aim_.name_space, aim_.service, aim_.port));
    return static_cast<std::int64_t>(addresses.ready.size()) >= aim_.replicas;
  }

  /// An object of that name which is not ours is never taken over.
  static Result<void> require_ours(const KubernetesLook& cluster, const ObjectRef& ref) {
    OSTLER_TRY(const auto now, cluster.get(ref));
    if (now && !has_breadcrumb(*now))
      return diverged(ref.text(), "there and not made by ostler", "absent");
    return {};
  }

  static Result<void> put(Kubernetes& cluster, const ObjectRef& ref, const Json& object) {
    const auto applied = cluster.apply(object);
    if (applied.ok()) return {};
    if (applied.failure().code == "Conflict")
      return diverged(ref.text(), "changed by somebody else", "as ostler made it");
    return applied.failure();
  }

  Result<void> wait_rolled_out(const Looks& looks, Attempt& attempt) const {
    RolloutWatch watch(looks.kubernetes(), ref(), looks.clock());
    return wait_until(looks, attempt, look_interval, "the start of " + ref().text(),
                      [&]() -> Result<bool> {
                        OSTLER_TRY(const RolloutLook seen, watch.look());
                        attempt.progress(seen.text);
                        return seen.converged;
                      });
  }

  Result<void> wait_endpoints(const Looks& looks, Attempt& attempt) const {
    return wait_until(
        looks, attempt, look_interval, "ready endpoints of " + aim_.service, [&]() -> Result<bool> {
          OSTLER_TRY(const ServiceAddresses addresses,
                     addresses_of(looks.kubernetes(), aim_.name_space, aim_.service, aim_.port));
          const auto ready = static_cast<std::int64_t>(addresses.ready.size());
          attempt.progress(
              fmt::format("{} of {} endpoints of {} ready", ready, aim_.replicas, aim_.service));
          return ready >= aim_.replicas;
        });
  }

  /// Asks each Pod itself, not the Service: one bad Pod of three must not hide behind two good
  /// ones.
  Result<void> wait_healthy(const Looks& looks, Attempt& attempt) const {
    const KubernetesLook& cluster = looks.kubernetes();
    OSTLER_TRY(const ServiceAddresses addresses,
               addresses_of(cluster, aim_.name_space, aim_.service, aim_.port));
    if (addresses.ready.empty()) return {};
    const std::string& first = addresses.ready.front();
    const std::string port = first.substr(first.rfind(':') + 1);
    bool may_look = true;
    OSTLER_CHECK(
        wait_until(looks, attempt, look_interval,
                   "every Pod of " + aim_.workload + " to be healthy", [&]() -> Result<bool> {
                     OSTLER_TRY(const Json deployment, get_present(cluster, ref()));
                     OSTLER_TRY(const std::vector<Json> pods, pods_of(cluster, deployment));
                     for (const Json& pod : pods) {
                       const std::string name = text_at(pod, "/metadata/name");
                       OSTLER_TRY(const std::string trouble, ill(cluster, name, port, may_look));
                       if (!may_look) return true;
                       if (trouble.empty()) continue;
                       attempt.progress(fmt::format("Pod {}: {}", name, trouble));
                       return false;
                     }
                     return !pods.empty();
                   }));
    if (!may_look)
      attempt.note(
          "the Pods' own health was not asked for, since the right to get pods/proxy is missing; "
          "they are "
          "ready by their probes");
    return {};
  }

  /// Why the Pod is not healthy, or nothing.
  Result<std::string> ill(const KubernetesLook& cluster, const std::string& pod,
                          const std::string& port, bool& may_look) const {
    OSTLER_TRY(const HttpResponse answer,
               cluster.raw_get(fmt::format("/api/v1/namespaces/{}/pods/{}:{}/proxy/web/health",
                                           aim_.name_space, pod, port)));
    if (answer.status == 401 || answer.status == 403) may_look = false;
    if (answer.status != 200) return fmt::format("/web/health answers {}", answer.status);
    const auto body = parse_json(answer.body, "answer of /web/health");
    if (!body.ok() || text_at(*body, "/status") != "pass")
      return std::string("/web/health does not say pass");
    return std::string();
  }

  CanaryAim aim_;
};

Result<std::unique_ptr<Step>> make(const Json& parameters) {
  Parameters read(parameters);
  CanaryAim aim;
  aim.name_space = read.text("namespace");
  aim.web_workload = read.text("web_workload");
  aim.workload = read.text("workload");
  aim.stable_service = read.text("stable_service");
  aim.service = read.text("service");
  const std::int64_t port = read.number("port");
  aim.image = read.text("image");
  aim.replicas = read.number("replicas");
  OSTLER_CHECK(read.finish());
  if (port < 1 || port > 65535)
    return Failure{FailureKind::permanent, "parameter 'port': expected 1 to 65535", "", ""};
  if (aim.replicas < 1)
    return Failure{FailureKind::permanent, "parameter 'replicas': expected at least 1", "", ""};
  if (aim.workload == aim.web_workload || aim.service == aim.stable_service)
    return Failure{FailureKind::permanent,
                   "a canary needs names of its own for workload and service", "", ""};
  aim.port = static_cast<int>(port);
  return std::unique_ptr<Step>(std::make_unique<CanaryStart>(std::move(aim)));
}

}  // namespace

extern const StepKind canary_start_step{
    "canary.start",
    "shift",
    "starts the new image beside the stable workload, without traffic, and asks each Pod for its "
    "health",
    "removes the canary once no proxy has it loaded, or puts back the one that stood there",
    RecoveryClass::guarded,
    false,
    Milliseconds{600000},
    R"({"namespace": "odoo-pool-a", "web_workload": "odoo-web", "workload": "odoo-web-canary",
        "stable_service": "odoo-web", "service": "odoo-web-canary", "port": 8069, "replicas": 1, "image":
        "registry.prod.example/retail/odoo@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"})",
    make};

}  // namespace ostler
