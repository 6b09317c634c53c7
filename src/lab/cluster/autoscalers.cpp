// The controller of HorizontalPodAutoscalers.
#include "lab/cluster/autoscalers.hpp"

#include "lab/objects/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ostler::lab {
namespace {

using namespace std::chrono_literals;

constexpr Instant period = 15s;

std::int64_t target_of(const Json& autoscaler) {
  for (const Json& metric : field(autoscaler, "spec", "metrics"))
    if (text_of(field(metric, "resource", "name")) == "cpu")
      return number_of(field(metric, "resource", "target", "averageUtilization"), 80);
  return 80;
}

bool disabled(const Json& autoscaler, const char* direction) {
  return text_of(field(autoscaler, "spec", "behavior", direction, "selectPolicy")) == "Disabled";
}

}  // namespace

/// One reaction's view of its autoscaler, and what it will write at the end.
struct Autoscalers::Look {
  Name name;
  std::shared_ptr<const Json> object;
  std::string deployment;
  std::int64_t current = 0, least = 1, most = 1;
  Json metrics, conditions;
};

Autoscalers::Autoscalers(ClusterParts& parts)
    : parts_(parts),
      reactions_(parts.world, parts.settings.controller_delay,
                 [this](const Name& n) { react(n); }) {}

void Autoscalers::autoscaler_changed(const Change& change) {
  const Name name = name_of(change.ref);
  if (!change.after)
    recommendations_.erase(name);
  else if (!change.before || field(*change.before, "spec") != field(*change.after, "spec"))
    reactions_.soon(name);
}

void Autoscalers::react(const Name& name) {
  const ObjectRef ref = autoscaler_ref(name.name_space, name.name);
  Look look{name, parts_.objects.find(ref), "", 0, 1, 1, Json(), Json()};
  if (!look.object) return;
  reactions_.at(name, parts_.world.now() + period);
  const Json& spec = field(*look.object, "spec");
  Json status = object_of(field(*look.object, "status"));
  look.conditions = field(status, "conditions");
  look.deployment = text_of(field(spec, "scaleTargetRef", "name"));
  look.least = number_of(field(spec, "minReplicas"), 1);
  look.most = number_of(field(spec, "maxReplicas"), 1);
  const ObjectRef target = deployment_ref(name.name_space, look.deployment);
  if (const auto deployment = parts_.objects.find(target)) {
    set_condition(look.conditions,
                  {"AbleToScale", "True", "SucceededGetScale",
                   "the HPA controller was able to get the target's current scale"},
                  parts_.world);
    look.current = number_of(field(*deployment, "spec", "replicas"), 1);
    const std::int64_t desired = decide(look);
    if (desired != look.current) {
      parts_.objects.patch(target, PatchType::merge, {{"spec", {{"replicas", desired}}}}, "scale",
                           "kube-controller-manager");
      set_condition(
          look.conditions,
          {"AbleToScale", "True", "SucceededRescale",
           fmt::format("the HPA controller was able to update the target scale to {}", desired)},
          parts_.world);
      status["lastScaleTime"] = timestamp(parts_.world);
    }
    status["currentReplicas"] = look.current;
    status["desiredReplicas"] = desired;
    if (look.metrics.is_null())
      status.erase("currentMetrics");
    else
      status["currentMetrics"] = std::move(look.metrics);
  } else {
    set_condition(look.conditions,
                  {"AbleToScale", "False", "FailedGetScale",
                   fmt::format("the HPA controller was unable to get the target's current scale: "
                               "deployments.apps \"{}\" not found",
                               look.deployment)},
                  parts_.world);
  }
  status["conditions"] = std::move(look.conditions);
  write_status(parts_.objects, ref, *look.object, status);
}

std::int64_t Autoscalers::decide(Look& look) {
  if (look.current == 0) {
    set_condition(look.conditions,
                  {"ScalingActive", "False", "ScalingDisabled",
                   "scaling is disabled since the replica count of the target is zero"},
                  parts_.world);
    return 0;
  }
  if (look.current > look.most) return look.most;
  if (look.current < look.least) return look.least;
  const auto wanted = recommended(look);
  return wanted ? stabilised(look, *wanted) : look.current;
}

std::optional<std::int64_t> Autoscalers::recommended(Look& look) {
  const std::int64_t target = target_of(*look.object);
  const auto used = utilisation_ ? utilisation_(look.name.name_space, look.deployment)
                                 : std::optional<std::int64_t>(target);
  if (!used) {
    set_condition(
        look.conditions,
        {"ScalingActive", "False", "FailedGetResourceMetric",
         "the HPA was unable to compute the replica count: failed to get cpu utilization: "
         "unable to get metrics for resource cpu: no metrics returned from resource "
         "metrics API"},
        parts_.world);
    return std::nullopt;
  }
  set_condition(look.conditions,
                {"ScalingActive", "True", "ValidMetricFound",
                 "the HPA was able to successfully calculate a replica count from cpu resource "
                 "utilization (percentage of request)"},
                parts_.world);
  Json metric{{"type", "Resource"}};
  metric["resource"] = {{"name", "cpu"}, {"current", {{"averageUtilization", *used}}}};
  look.metrics = Json::array({std::move(metric)});
  const double ratio = static_cast<double>(*used) / static_cast<double>(target);
  if (std::abs(ratio - 1) <= 0.1) return look.current;
  return static_cast<std::int64_t>(std::ceil(static_cast<double>(look.current) * ratio));
}

std::int64_t Autoscalers::stabilised(Look& look, std::int64_t recommended) {
  const Json& behaviour = field(*look.object, "spec", "behavior");
  const Instant window = std::chrono::seconds(
      number_of(field(behaviour, "scaleDown", "stabilizationWindowSeconds"), 300));
  auto& past = recommendations_[look.name];
  const Instant now = parts_.world.now();
  while (!past.empty() && past.front().when < now - window) past.pop_front();
  past.push_back({now, recommended});
  std::int64_t wanted = recommended;
  if (wanted < look.current)
    for (const Recommendation& one : past)
      wanted = std::min(look.current, std::max(wanted, one.replicas));
  set_condition(look.conditions,
                wanted != recommended
                    ? Condition{"AbleToScale", "True", "ScaleDownStabilized",
                                "recent recommendations were higher than current one, applying the "
                                "highest recent recommendation"}
                    : Condition{"AbleToScale", "True", "ReadyForNewScale",
                                "recommended size matches current size"},
                parts_.world);
  std::int64_t least = look.least;
  std::int64_t most =
      std::min(look.most, std::max(2 * look.current, behaviour.is_null() ? 4 : look.current + 4));
  if (disabled(*look.object, "scaleDown")) least = std::max(least, look.current);
  if (disabled(*look.object, "scaleUp")) most = std::min(most, look.current);
  if (wanted < least)
    set_condition(look.conditions,
                  {"ScalingLimited", "True", "TooFewReplicas",
                   "the desired replica count is less than the minimum replica count"},
                  parts_.world);
  else if (wanted > most)
    set_condition(look.conditions,
                  {"ScalingLimited", "True", "TooManyReplicas",
                   "the desired replica count is more than the maximum replica count"},
                  parts_.world);
  else
    set_condition(look.conditions,
                  {"ScalingLimited", "False", "DesiredWithinRange",
                   "the desired count is within the acceptable range"},
                  parts_.world);
  return std::clamp(wanted, least, std::max(least, most));
}

}  // namespace ostler::lab
