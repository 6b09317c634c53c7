// The controller of ReplicaSets: makes Pods from a pattern, and takes away those that are too many.
#include "lab/cluster/replica_sets.hpp"

#include "lab/objects/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace ostler::lab {
namespace {

using namespace std::chrono_literals;

/// Whether the change can move a ReplicaSet's numbers.
bool counts_change(const PodChange& change) {
  if (!change.before || !change.after) return true;
  const PodView &before = *change.before, &after = *change.after;
  return before.ready != after.ready || before.terminating != after.terminating ||
         before.phase != after.phase;
}

/// The time that Pods are ready for grows into classes, so that of two old Pods either may go.
int age_class(Instant age) {
  int result = 0;
  for (auto seconds = age.count() / 1'000'000; seconds > 1; seconds /= 2) ++result;
  return result;
}

}  // namespace

Json pod_from(const Json& pattern, const Json& owner, World& world) {
  Json pod{{"apiVersion", "v1"}, {"kind", "Pod"}, {"spec", field(pattern, "spec")}};
  Json& metadata = pod["metadata"] = Json::object();
  for (const char* name : {"labels", "annotations"})
    if (const Json& given = field(pattern, "metadata", name); given.is_object())
      metadata[name] = given;
  const std::string prefix = text_of(field(owner, "metadata", "name")) + "-";
  metadata["generateName"] = prefix;
  metadata["name"] = prefix + random_suffix(world);
  metadata["namespace"] = field(owner, "metadata", "namespace");
  metadata["ownerReferences"] = Json::array({owner_reference(owner)});
  pod["status"]["phase"] = "Pending";
  return pod;
}

ReplicaSetController::ReplicaSetController(ClusterParts& parts, Quotas& quotas)
    : parts_(parts),
      quotas_(quotas),
      reactions_(parts.world, parts.settings.controller_delay,
                 [this](const Name& name) { react(name); }) {}

void ReplicaSetController::replica_set_changed(const Change& change) {
  const Name name = name_of(change.ref);
  if (!change.after) {
    patience_.erase(name);
    return;
  }
  if (!change.before || field(*change.before, "metadata", "generation") !=
                            field(*change.after, "metadata", "generation"))
    reactions_.soon(name);
}

void ReplicaSetController::pod_changed(const PodChange& change) {
  const PodView& pod = change.any();
  if (pod.owner_kind == "ReplicaSet" && counts_change(change))
    reactions_.soon({pod.name.name_space, pod.owner_name});
}

void ReplicaSetController::react(const Name& name) {
  const auto set = parts_.objects.find(replica_set_ref(name));
  if (!set) return;
  std::vector<PodPointer> active;
  for (const auto& [order, pod] : parts_.pods.owned_by(text_of(field(*set, "metadata", "uid"))))
    if (pod->active()) active.push_back(pod);
  const std::int64_t wanted = number_of(field(*set, "spec", "replicas"), 1);
  const std::int64_t many = static_cast<std::int64_t>(active.size()) - wanted;
  std::optional<std::string> trouble;
  if (field(*set, "metadata", "deletionTimestamp").is_null()) {
    if (many < 0) trouble = make(name, *set, -many);
    if (many > 0) take_away(std::move(active), static_cast<std::size_t>(many));
  }
  tell(name, *set, trouble);
}

std::optional<std::string> ReplicaSetController::make(const Name& name, const Json& set,
                                                      std::int64_t missing) {
  for (std::int64_t at = 0; at < missing; ++at) {
    Json pod = pod_from(field(set, "spec", "template"), set, parts_.world);
    if (auto refused = quotas_.refusal(pod)) {
      parts_.events.tell(set, {EventType::warning, "FailedCreate", "Error creating: " + *refused,
                               "replicaset-controller"});
      Instant& wait = patience_[name];
      wait = std::clamp<Instant>(wait * 2, 1s, 1000s);
      reactions_.at(name, parts_.world.now() + wait);
      return refused;
    }
    parts_.objects.put(std::move(pod));
  }
  patience_.erase(name);
  return std::nullopt;
}

void ReplicaSetController::take_away(std::vector<PodPointer> active, std::size_t many) {
  // Of two Pods on one node one is worth less: all of the Deployment's Pods there count.
  std::map<std::string, int> on_node;
  for (const PodPointer& pod : active) ++on_node[pod->node];
  const Instant now = parts_.world.now();
  const auto worth = [&](const PodPointer& pod) {
    const int phase = pod->phase == "Pending" ? 0 : pod->phase == "Running" ? 2 : 1;
    const int ready_for = pod->ready ? age_class(now - pod->ready_since) : 0;
    return std::make_tuple(!pod->node.empty(), phase, pod->ready, pod->deletion_cost,
                           -on_node[pod->node], ready_for, -pod->restarts);
  };
  std::stable_sort(active.begin(), active.end(), [&](const PodPointer& a, const PodPointer& b) {
    const auto one = worth(a), other = worth(b);
    if (one != other) return one < other;
    return a->uid < b->uid;
  });
  for (std::size_t at = 0; at < many; ++at)
    parts_.objects.remove(pod_ref(active[at]->name), Json::object());
}

void ReplicaSetController::tell(const Name& name, const Json& set,
                                const std::optional<std::string>& trouble) {
  // Making and taking away may have changed the set's Pods, and nothing else of it.
  const Instant ready_for = std::chrono::seconds(number_of(field(set, "spec", "minReadySeconds")));
  const Json& labels = object_of(field(set, "spec", "template", "metadata", "labels"));
  std::int64_t pods = 0, labelled = 0, ready = 0, available = 0, terminating = 0;
  Instant next = Instant::max();
  for (const auto& [order, pod] : parts_.pods.owned_by(text_of(field(set, "metadata", "uid")))) {
    if (pod->terminating && !pod->ended()) ++terminating;
    if (!pod->active()) continue;
    ++pods;
    labelled += selected(pod->labels(), labels);
    if (!pod->ready) continue;
    ++ready;
    if (pod->ready_since + ready_for <= parts_.world.now())
      ++available;
    else
      next = std::min(next, pod->ready_since + ready_for);
  }
  Json status = object_of(field(set, "status"));
  status["replicas"] = pods;
  status["observedGeneration"] = field(set, "metadata", "generation");
  status["terminatingReplicas"] = terminating;
  set_count(status, "fullyLabeledReplicas", labelled);
  set_count(status, "readyReplicas", ready);
  set_count(status, "availableReplicas", available);
  Json conditions = field(status, "conditions");
  if (trouble)
    set_condition(conditions, {"ReplicaFailure", "True", "FailedCreate", *trouble}, parts_.world);
  else
    remove_condition(conditions, "ReplicaFailure");
  if (conditions.is_array() && !conditions.empty())
    status["conditions"] = std::move(conditions);
  else
    status.erase("conditions");
  write_status(parts_.objects, replica_set_ref(name), set, status);
  if (next != Instant::max()) reactions_.at(name, next);
}

}  // namespace ostler::lab
