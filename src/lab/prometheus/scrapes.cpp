// Finds what the lab's Prometheus is to scrape.
#include "lab/prometheus/scrapes.hpp"

#include "lab/manifests.hpp"
#include "lab/objects/json_fields.hpp"
#include "lab/traefik/metrics.hpp"

namespace ostler::lab {
namespace {

constexpr const char* note = "prometheus.io/";

/// What the lab's processes tell has the labels of its target already.
SampleVisitor told(const PrometheusDoor::Visitor& visitor) {
  return [&visitor](const std::shared_ptr<const Series>& series, double value) {
    visitor(series->name, series->labels, value);
  };
}

const std::string& annotation(const Json& pod, const char* name) {
  return text_of(field(pod, "metadata", "annotations", (note + std::string(name)).c_str()));
}

bool is_found(const Json& pod) {
  return annotation(pod, "scrape") == "true" && text_of(field(pod, "status", "phase")) == "Running";
}

std::map<std::string, std::string> labels_of(const Json& pod) {
  std::map<std::string, std::string> labels;
  for (const auto& [name, value] : object_of(field(pod, "metadata", "labels")).items())
    labels[name] = text_of(value);
  return labels;
}

}  // namespace

void Scrapes::add_proxies(const Proxies& proxies) {
  for (const auto& [name, address] : proxies.fleet())
    prometheus_.add_target(
        target_labels("traefik", address + ":8080", "traefik", name, {{"app", "traefik"}}),
        [&proxies, proxy = name](const PrometheusDoor::Visitor& visitor) {
          proxies.visit(proxy, told(visitor));
          return true;
        },
        PrometheusDoor::SampleLabels::with_target);
}

void Scrapes::object_changed(const Change& change) {
  if (change.ref.kind != "Pod" || change.ref.name_space != shop_space) return;
  const Json& pod = change.after ? *change.after : *change.before;
  const std::string& uid = text_of(field(pod, "metadata", "uid"));
  const auto known = pods_.find(uid);
  const bool found = change.after && is_found(pod);
  if (found == (known != pods_.end())) return;
  if (!found) {
    prometheus_.remove_target(known->second);
    pods_.erase(known);
    return;
  }
  const std::string instance =
      text_of(field(pod, "status", "podIP")) + ":" + annotation(pod, "port");
  pods_[uid] = prometheus_.add_target(
      target_labels("shop", instance, shop_space, change.ref.name, labels_of(pod)),
      [this, uid](const PrometheusDoor::Visitor& visitor) {
        return shop_.visit(uid, told(visitor));
      },
      PrometheusDoor::SampleLabels::with_target);
}

}  // namespace ostler::lab
