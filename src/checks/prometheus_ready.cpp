// prometheus.ready: Prometheus serves queries, when the environment names one.
#include "ostler/model/kind.hpp"

namespace ostler {

namespace {

std::vector<Finding> measure(const CheckSubject& subject, const Looks& looks) {
  if (!subject.environment->prometheus) return {};
  const PrometheusConfig& config = *subject.environment->prometheus;
  const std::string name = "Prometheus " + config.url;
  const PrometheusLook* prometheus = looks.prometheus();
  if (!prometheus)
    return {not_seen(name, Failure{FailureKind::permanent, "it is not connected", "", ""})};
  const auto ready = prometheus->ready();
  if (!ready) return {not_seen(name, ready.failure())};
  if (*ready) return {passed(name, "ready")};
  Finding finding = failed(name, "it is not ready to serve", "ready",
                           "Wait until it has replayed its log, or read its own log.");
  finding.place = config.place;
  return {finding};
}

}  // namespace

extern const CheckKind prometheus_ready_check{
    "prometheus.ready",
    "OSTLER-M001",
    "prometheus",
    "Prometheus is ready to serve queries",
    "Wait until Prometheus has started, or correct its url and token.",
    measure};

}  // namespace ostler
