// The scheduler: gives each Pod a node.
#include "lab/cluster/scheduler.hpp"

#include "lab/objects/json_fields.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

namespace ostler::lab {
namespace {

constexpr const char* zone_key = "topology.kubernetes.io/zone";
constexpr const char* spread_misfit = "node(s) didn't match pod topology spread constraints";

bool same_family(const PodView& a, const PodView& b) {
  return !a.owner_uid.empty() && a.owner_uid == b.owner_uid;
}

}  // namespace

/// Where Pods of the same kind are already.
struct Scheduler::Counts {
  std::map<std::string, std::int64_t> in_zone, on_node;
  std::optional<std::int64_t> zone_skew;  ///< a zone that would exceed it is out of the question
};

Scheduler::Scheduler(ClusterParts& parts, const Nodes& nodes)
    : parts_(parts),
      nodes_(nodes),
      reactions_(parts.world, parts.settings.controller_delay,
                 [this](const Name& name) { react(name); }) {}

void Scheduler::pod_changed(const PodChange& change) {
  const bool left = change.before && !change.before->node.empty() && !change.before->ended() &&
                    (!change.after || change.after->ended());
  if (left) try_again();
  if (!change.after) {
    waiting_.erase(change.before->name);
  } else if (!change.before && change.after->node.empty() && !change.after->ended()) {
    reactions_.soon(change.after->name);
  }
}

void Scheduler::node_changed(const Change&) {
  try_again();
}

void Scheduler::try_again() {
  for (const Name& name : waiting_) reactions_.soon(name);
}

Scheduler::Counts Scheduler::alike(const PodView& pod) const {
  Counts counts;
  const auto count = [&](const PodView& other) {
    if (other.node.empty() || !other.active()) return;
    ++counts.on_node[other.node];
    if (const NodeView* node = nodes_.find(other.node)) ++counts.in_zone[node->zone];
  };
  for (const Json& rule : field(*pod.object, "spec", "topologySpreadConstraints")) {
    if (text_of(field(rule, "topologyKey")) != zone_key) continue;
    if (text_of(field(rule, "whenUnsatisfiable")) == "DoNotSchedule")
      counts.zone_skew = number_of(field(rule, "maxSkew"), 1);
    const Json& selector = field(rule, "labelSelector");
    const Json& alike_in = field(rule, "matchLabelKeys");
    parts_.pods.each_in(pod.name.name_space, [&](const PodPointer& other) {
      bool same = selected(other->labels(), selector);
      for (const Json& key : alike_in)
        same = same && field(other->labels(), text_of(key).c_str()) ==
                           field(pod.labels(), text_of(key).c_str());
      if (same) count(*other);
    });
    return counts;
  }
  for (const auto& [order, other] : parts_.pods.owned_by(pod.owner_uid))
    if (same_family(pod, *other)) count(*other);
  return counts;
}

const NodeView* Scheduler::choose(const PodView& pod, std::string& why_not) const {
  Counts counts = alike(pod);
  std::map<std::string, int> reasons;
  std::vector<const NodeView*> fitting;
  std::int64_t emptiest = INT64_MAX;
  for (const auto& [name, node] : nodes_.all()) {
    const std::vector<std::string> misfit = misfits(node, pod);
    for (const std::string& reason : misfit) ++reasons[reason];
    if (!misfit.empty()) continue;
    fitting.push_back(&node);
    emptiest = std::min(emptiest, counts.in_zone[node.zone]);
  }
  const NodeView* best = nullptr;
  const auto rank = [&](const NodeView& node) {
    return std::make_tuple(counts.in_zone[node.zone], counts.on_node[node.name],
                           node.taken.processor, node.pods);
  };
  for (const NodeView* node : fitting) {
    if (counts.zone_skew && counts.in_zone[node->zone] + 1 - emptiest > *counts.zone_skew)
      ++reasons[spread_misfit];
    else if (!best || rank(*node) < rank(*best))
      best = node;
  }
  if (best) return best;
  std::vector<std::string> parts, preemption;
  int helpless = 0, victimless = 0;
  for (const auto& [reason, many] : reasons) {
    parts.push_back(fmt::format("{} {}", many, reason));
    (starts_with(reason, "Insufficient") || starts_with(reason, "Too many") ? victimless
                                                                            : helpless) += many;
  }
  std::sort(parts.begin(), parts.end());
  // A node that lacks two things is still one node.
  victimless = std::min(victimless, static_cast<int>(nodes_.all().size()) - helpless);
  if (victimless > 0)
    preemption.push_back(
        fmt::format("{} No preemption victims found for incoming pod", victimless));
  if (helpless > 0)
    preemption.push_back(fmt::format("{} Preemption is not helpful for scheduling", helpless));
  std::sort(preemption.begin(), preemption.end());
  const std::size_t all = nodes_.all().size();
  why_not = fmt::format("0/{} nodes are available: {}. preemption: 0/{} nodes are available: {}.",
                        all, join(parts, ", "), all, join(preemption, ", "));
  if (all == 0) why_not = "no nodes available to schedule pods";
  return nullptr;
}

void Scheduler::react(const Name& name) {
  const PodPointer pod = parts_.pods.find(name);
  if (!pod || !pod->node.empty() || pod->terminating || pod->ended()) {
    waiting_.erase(name);
    return;
  }
  std::string why_not;
  const NodeView* node = choose(*pod, why_not);
  if (!node) return refuse(*pod, why_not);
  waiting_.erase(name);
  Json conditions = field(*pod->object, "status", "conditions");
  set_condition(conditions, {"PodScheduled", "True", "", ""}, parts_.world, ConditionTimes::probe);
  parts_.objects.edit(pod_ref(name), {{"spec", {{"nodeName", node->name}}},
                                      {"status", {{"conditions", std::move(conditions)}}}});
}

void Scheduler::refuse(const PodView& pod, const std::string& why_not) {
  waiting_.insert(pod.name);
  Json conditions = field(*pod.object, "status", "conditions");
  const Json before = conditions;
  set_condition(conditions, {"PodScheduled", "False", "Unschedulable", why_not}, parts_.world,
                ConditionTimes::probe);
  for (Json& condition : conditions)
    if (text_of(field(condition, "type")) == "PodScheduled") condition["message"] = why_not;
  if (conditions != before)
    parts_.objects.edit(pod_ref(pod.name), {{"status", {{"conditions", std::move(conditions)}}}});
  parts_.events.tell(*pod.object,
                     {EventType::warning, "FailedScheduling", why_not, "default-scheduler"});
}

}  // namespace ostler::lab
