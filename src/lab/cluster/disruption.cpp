// The controller of PodDisruptionBudgets.
#include "lab/cluster/disruption.hpp"

#include "lab/objects/json_fields.hpp"

#include <algorithm>

namespace ostler::lab {
namespace {

ObjectRef budget_ref(const Name& name) {
  return {"policy/v1", "PodDisruptionBudget", name.name_space, name.name};
}

}  // namespace

DisruptionBudgets::DisruptionBudgets(ClusterParts& parts)
    : parts_(parts),
      reactions_(parts.world, parts.settings.controller_delay,
                 [this](const Name& n) { react(n); }) {}

void DisruptionBudgets::budget_changed(const Change& change) {
  const Name name = name_of(change.ref);
  if (!change.after) {
    budgets_.erase(name);
    return;
  }
  if (change.before && field(*change.before, "spec") == field(*change.after, "spec")) return;
  Budget& budget = budgets_[name];
  budget.selector = field(*change.after, "spec", "selector");
  budget.members.clear();
  parts_.pods.each_in(name.name_space, [&budget](const PodPointer& pod) {
    if (selected(pod->labels(), budget.selector)) budget.members.insert(pod->name);
  });
  reactions_.soon(name);
}

void DisruptionBudgets::pod_changed(const PodChange& change) {
  const PodView& pod = change.any();
  if (change.before && change.after && change.before->ready == change.after->ready &&
      change.before->active() == change.after->active())
    return;
  for (auto known = budgets_.lower_bound({pod.name.name_space, ""});
       known != budgets_.end() && known->first.name_space == pod.name.name_space; ++known) {
    std::set<Name>& members = known->second.members;
    if (!change.before && selected(pod.labels(), known->second.selector)) members.insert(pod.name);
    if (!members.contains(pod.name)) continue;
    if (!change.after) members.erase(pod.name);
    reactions_.soon(known->first);
  }
}

void DisruptionBudgets::deployment_changed(const Change& change) {
  if (change.before && change.after &&
      field(*change.before, "spec", "replicas") == field(*change.after, "spec", "replicas"))
    return;
  for (auto known = budgets_.lower_bound({change.ref.name_space, ""});
       known != budgets_.end() && known->first.name_space == change.ref.name_space; ++known)
    reactions_.soon(known->first);
}

std::int64_t DisruptionBudgets::expected_of(const std::vector<PodPointer>& pods) const {
  // Each owner counts once with what it shall have: a Deployment rather than its ReplicaSets.
  std::map<std::string, std::int64_t> owners;
  for (const PodPointer& pod : pods) {
    if (pod->owner_kind != "ReplicaSet") continue;
    const std::string& name_space = pod->name.name_space;
    const auto set = parts_.objects.find(replica_set_ref({name_space, pod->owner_name}));
    if (!set) continue;
    const Json& owner = controller_of(*set);
    const auto deployment =
        owner.is_object()
            ? parts_.objects.find(deployment_ref(name_space, text_of(field(owner, "name"))))
            : nullptr;
    const Json& counts = deployment ? *deployment : *set;
    owners[text_of(field(counts, "metadata", "uid"))] =
        number_of(field(counts, "spec", "replicas"), 1);
  }
  std::int64_t expected = 0;
  for (const auto& [uid, replicas] : owners) expected += replicas;
  return expected;
}

void DisruptionBudgets::react(const Name& name) {
  const auto object = parts_.objects.find(budget_ref(name));
  const auto known = budgets_.find(name);
  if (!object || known == budgets_.end()) return;
  std::vector<PodPointer> pods;
  std::int64_t healthy = 0;
  for (const Name& member : known->second.members) {
    const PodPointer pod = parts_.pods.find(member);
    if (!pod || pod->ended()) continue;
    pods.push_back(pod);
    healthy += pod->ready && !pod->terminating;
  }
  const Json &most = field(*object, "spec", "maxUnavailable"),
             &least = field(*object, "spec", "minAvailable");
  std::int64_t expected = static_cast<std::int64_t>(pods.size()), desired = 0;
  if (!most.is_null() || least.is_string()) expected = expected_of(pods);
  if (!most.is_null())
    desired = std::max<std::int64_t>(0, expected - share_of(most, expected, Rounding::up));
  else if (!least.is_null())
    desired = share_of(least, expected, Rounding::up);
  const std::int64_t allowed =
      expected > 0 ? std::max<std::int64_t>(0, healthy - desired) : std::int64_t{0};
  Json status = object_of(field(*object, "status"));
  status["observedGeneration"] = field(*object, "metadata", "generation");
  status["expectedPods"] = expected;
  status["desiredHealthy"] = desired;
  status["currentHealthy"] = healthy;
  status["disruptionsAllowed"] = allowed;
  Json conditions = field(status, "conditions");
  set_condition(conditions,
                {"DisruptionAllowed", allowed > 0 ? "True" : "False",
                 allowed > 0 ? "SufficientPods" : "InsufficientPods", ""},
                parts_.world);
  status["conditions"] = std::move(conditions);
  write_status(parts_.objects, budget_ref(name), *object, status);
}

}  // namespace ostler::lab
