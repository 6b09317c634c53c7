// What a Deployment's status says about its rollout.
#include "lab/cluster/deployment_status.hpp"

#include "lab/objects/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ostler::lab {
namespace {

std::int64_t count(const Json& status, const char* name) {
  return number_of(field(status, name));
}

bool progressed(const Json& before, const Json& now) {
  const auto old_pods = [](const Json& status) {
    return count(status, "replicas") - count(status, "updatedReplicas");
  };
  return count(now, "updatedReplicas") > count(before, "updatedReplicas") ||
         old_pods(now) < old_pods(before) ||
         count(now, "readyReplicas") > count(before, "readyReplicas") ||
         count(now, "availableReplicas") > count(before, "availableReplicas");
}

Json counts(const RolloutScene& scene) {
  std::int64_t ready = 0, terminating = 0;
  for (const ReplicaSetView& set : scene.all) {
    ready += set.ready;
    terminating += set.terminating;
  }
  const std::int64_t available = available_of(scene.all);
  Json status{{"observedGeneration", field(scene.deployment, "metadata", "generation")}};
  set_count(status, "replicas", pods_of(scene.all));
  set_count(status, "updatedReplicas", scene.newest ? scene.newest->pods : 0);
  set_count(status, "readyReplicas", ready);
  set_count(status, "availableReplicas", available);
  set_count(status, "unavailableReplicas",
            std::max<std::int64_t>(0, wanted_of(scene.all) - available));
  status["terminatingReplicas"] = terminating;
  return status;
}

Condition availability(const RolloutScene& scene) {
  if (available_of(scene.all) >= scene.rules.replicas - scene.rules.unavailable)
    return {"Available", "True", "MinimumReplicasAvailable",
            "Deployment has minimum availability."};
  return {"Available", "False", "MinimumReplicasUnavailable",
          "Deployment does not have minimum availability."};
}

bool timed_out(const Json& condition, const RolloutRules& rules, const World& world) {
  const std::string& reason = text_of(field(condition, "reason"));
  if (!condition.is_object() || reason == "NewReplicaSetAvailable") return false;
  if (reason == "ProgressDeadlineExceeded") return true;
  return instant_of(world, text_of(field(condition, "lastUpdateTime"))) +
             std::chrono::seconds(*rules.deadline_seconds) <
         world.now();
}

void judge_progress(const RolloutScene& scene, Json& status, Json& conditions, const World& world) {
  if (!scene.rules.deadline_seconds) {
    remove_condition(conditions, "Progressing");
    return;
  }
  const Json stood = condition_of(conditions, "Progressing");
  const bool at_rest = count(status, "replicas") == count(status, "updatedReplicas") &&
                       text_of(field(stood, "reason")) == "NewReplicaSetAvailable";
  if (at_rest) return;
  const std::string who =
      scene.newest
          ? fmt::format("ReplicaSet \"{}\"", scene.newest->name.name)
          : fmt::format("Deployment \"{}\"", text_of(field(scene.deployment, "metadata", "name")));
  if (rollout_complete(scene.deployment, status, scene.rules)) {
    set_condition(
        conditions,
        {"Progressing", "True", "NewReplicaSetAvailable", who + " has successfully progressed."},
        world, ConditionTimes::update);
  } else if (progressed(object_of(field(scene.deployment, "status")), status)) {
    remove_condition(conditions, "Progressing");
    set_condition(conditions,
                  {"Progressing", "True", "ReplicaSetUpdated", who + " is progressing."}, world,
                  ConditionTimes::update);
    if (text_of(field(stood, "status")) == "True")
      conditions.back()["lastTransitionTime"] = field(stood, "lastTransitionTime");
  } else if (timed_out(stood, scene.rules, world)) {
    set_condition(
        conditions,
        {"Progressing", "False", "ProgressDeadlineExceeded", who + " has timed out progressing."},
        world, ConditionTimes::update);
  }
}

void take_over_failure(const RolloutScene& scene, Json& conditions, const World& world) {
  const auto failure = [](const ReplicaSetView& set) -> const Json& {
    return condition_of(field(*set.object, "status", "conditions"), "ReplicaFailure");
  };
  const Json* found = scene.newest ? &failure(*scene.newest) : &no_value();
  for (const ReplicaSetView& set : scene.all)
    if (found->is_null()) found = &failure(set);
  if (found->is_null()) return remove_condition(conditions, "ReplicaFailure");
  set_condition(conditions,
                {"ReplicaFailure", text_of(field(*found, "status")),
                 text_of(field(*found, "reason")), text_of(field(*found, "message"))},
                world, ConditionTimes::update);
}

}  // namespace

Json deployment_status(const RolloutScene& scene, Json conditions, const World& world,
                       Judging judging) {
  Json status = counts(scene);
  set_condition(conditions, availability(scene), world, ConditionTimes::update);
  if (judging == Judging::progress) {
    judge_progress(scene, status, conditions, world);
    take_over_failure(scene, conditions, world);
  }
  status["conditions"] = std::move(conditions);
  return status;
}

bool rollout_complete(const Json& deployment, const Json& status, const RolloutRules& rules) {
  return count(status, "updatedReplicas") == rules.replicas &&
         count(status, "replicas") == rules.replicas &&
         count(status, "availableReplicas") == rules.replicas &&
         count(status, "observedGeneration") >=
             number_of(field(deployment, "metadata", "generation"));
}

std::optional<Instant> progress_deadline(const RolloutScene& scene, const Json& status,
                                         const World& world) {
  const Json& condition = condition_of(field(status, "conditions"), "Progressing");
  if (!scene.rules.deadline_seconds || condition.is_null() ||
      rollout_complete(scene.deployment, status, scene.rules) ||
      text_of(field(condition, "reason")) == "ProgressDeadlineExceeded")
    return std::nullopt;
  // One second more than the deadline: times in objects are whole seconds.
  return instant_of(world, text_of(field(condition, "lastUpdateTime"))) +
         std::chrono::seconds(*scene.rules.deadline_seconds + 1);
}

}  // namespace ostler::lab
