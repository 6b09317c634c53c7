// kubernetes.graceful-exit: a Pod that leaves answers until every proxy has forgotten it, and none
// leaves before its successor is known. Without this every rollout loses requests.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/workload.hpp"

#include <cstdlib>

namespace ostler {

namespace {

/// The API's and the endpoints' delay on top of the proxies' own; seen on the test stack.
constexpr std::int64_t propagation_s = 2;
constexpr std::int64_t spare_s = 10;

const Json& odoo_container(const Json& deployment) {
  static const Json none;
  const auto name = main_container(deployment);
  if (!name) return none;
  for (const Json& container : value_at(deployment, "/spec/template/spec/containers"))
    if (text_at(container, "/name") == *name) return container;
  return none;
}

/// "sleep 6" anywhere in a command, or nothing.
std::optional<std::int64_t> slept_by(const Json& command) {
  std::string text;
  for (const Json& word : command) text += text_at(word, "") + " ";
  const auto at = text.find("sleep ");
  if (at == std::string::npos) return std::nullopt;
  return std::atoll(text.c_str() + at + 6);
}

std::int64_t pre_stop_seconds(const Json& container) {
  const Json& pre_stop = value_at(container, "/lifecycle/preStop");
  if (const Json& seconds = value_at(pre_stop, "/sleep/seconds"); seconds.is_number_integer())
    return seconds;
  return slept_by(value_at(pre_stop, "/exec/command")).value_or(0);
}

/// Odoo's --limit-time-real, which bounds how long a request runs; 0 where it is not given.
std::int64_t limit_time_real(const Json& container) {
  constexpr std::string_view flag = "--limit-time-real=";
  for (const char* list : {"/args", "/command"})
    for (const Json& argument : value_at(container, list))
      if (const std::string text = text_at(argument, ""); starts_with(text, flag))
        return std::atoll(text.c_str() + flag.size());
  return 0;
}

/// A count or a percentage of the replicas, as Kubernetes rounds it: surge up, unavailable down.
enum class Rounding { up, down };
std::int64_t pods_of_setting(const Json& value, std::int64_t replicas, std::int64_t otherwise,
                             Rounding rounding) {
  if (value.is_number_integer()) return value;
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  if (!ends_with(text, "%")) return otherwise;
  const std::int64_t share = std::atoll(text.c_str()) * replicas;
  return rounding == Rounding::up ? (share + 99) / 100 : share / 100;
}

class Judge {
 public:
  Judge(ObjectRef ref, const Json& deployment, Milliseconds throttle)
      : subject_(ref.text()),
        deployment_(deployment),
        container_(odoo_container(deployment)),
        throttle_s_((throttle.count() + 999) / 1000) {}

  std::vector<Finding> findings() {
    leaving();
    replacing();
    arriving();
    if (findings_.empty())
      findings_.push_back(
          passed(subject_, fmt::format("preStop sleeps {} s, no Pod less while it rolls",
                                       pre_stop_seconds(container_))));
    return std::move(findings_);
  }

 private:
  void leaving() {
    const std::int64_t sleeps = pre_stop_seconds(container_);
    const std::int64_t needed = throttle_s_ + propagation_s;
    if (sleeps < needed)
      fail(fmt::format("preStop sleeps {} s", sleeps),
           fmt::format("at least {} s (the proxies' reload of {} s and {} s on the way)", needed,
                       throttle_s_, propagation_s),
           fmt::format("Set lifecycle.preStop.sleep.seconds to {} or more; without it every "
                       "rollout loses requests.",
                       needed));
    const std::int64_t grace =
        number_at(deployment_, "/spec/template/spec/terminationGracePeriodSeconds", 30);
    const std::int64_t wanted = sleeps + limit_time_real(container_) + spare_s;
    if (grace < wanted)
      fail(fmt::format("a Pod is killed {} s after it is asked to leave", grace),
           fmt::format("at least {} s (preStop, the longest request, {} s to spare)", wanted,
                       spare_s),
           fmt::format("Set terminationGracePeriodSeconds to {} or more.", wanted));
  }

  void replacing() {
    if (text_at(deployment_, "/spec/strategy/type", "RollingUpdate") != "RollingUpdate") {
      fail("every Pod is stopped before a new one starts", "strategy RollingUpdate",
           "Set spec.strategy.type of the web workload to RollingUpdate.");
      return;
    }
    const std::int64_t replicas = wanted_replicas(deployment_);
    const Json& rolling = value_at(deployment_, "/spec/strategy/rollingUpdate");
    constexpr std::int64_t default_percent = 25;
    const auto unavailable = pods_of_setting(value_at(rolling, "/maxUnavailable"), replicas,
                                             replicas * default_percent / 100, Rounding::down);
    const auto surge = pods_of_setting(value_at(rolling, "/maxSurge"), replicas,
                                       (replicas * default_percent + 99) / 100, Rounding::up);
    if (unavailable > 0)
      fail(counted(static_cast<std::size_t>(unavailable), "Pod") + " may be missing while it rolls",
           "maxUnavailable 0",
           "Set spec.strategy.rollingUpdate.maxUnavailable to 0 and maxSurge to 1 or more.");
    if (surge < 1)
      fail("no Pod may be added while it rolls", "maxSurge at least 1",
           "Set spec.strategy.rollingUpdate.maxSurge to 1 or more.");
  }

  void arriving() {
    const std::int64_t ready_for = number_at(deployment_, "/spec/minReadySeconds", 0);
    if (ready_for < throttle_s_)
      fail(fmt::format("a new Pod counts as available after {} s", ready_for),
           fmt::format("minReadySeconds at least {} (the proxies' reload)", throttle_s_),
           fmt::format("Set spec.minReadySeconds to {} or more, so that the proxies know a new Pod "
                       "before an old one leaves.",
                       throttle_s_));
    if (!value_at(container_, "/readinessProbe").is_object())
      fail("no readiness probe", "a readiness probe",
           "Give the container a readinessProbe on /web/health.");
  }

  void fail(std::string found, std::string limit, std::string cure) {
    findings_.push_back(failed(subject_, std::move(found), std::move(limit), std::move(cure)));
  }

  std::string subject_;
  const Json& deployment_;
  const Json& container_;
  std::int64_t throttle_s_;
  std::vector<Finding> findings_;
};

std::vector<Finding> measure(const CheckSubject& subject, const Looks& looks) {
  std::vector<Finding> findings;
  for (const CellConfig& cell : subject.environment->cells) {
    const ObjectRef ref = deployment_ref(cell.name_space, cell.workloads.web);
    const auto web = get_present(looks.kubernetes(), ref);
    if (!web) {
      findings.push_back(not_seen(ref.text(), web.failure()));
      continue;
    }
    for (Finding& finding : Judge(ref, *web, subject.environment->traefik.throttle).findings())
      findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace

extern const CheckKind kubernetes_graceful_exit_check{
    "kubernetes.graceful-exit",
    "OSTLER-K004",
    "kubernetes",
    "web Pods leave and arrive without losing a request",
    "Give the web workload a preStop sleep longer than the proxies' reload, maxUnavailable 0, "
    "minReadySeconds and a readiness probe.",
    measure};

}  // namespace ostler
