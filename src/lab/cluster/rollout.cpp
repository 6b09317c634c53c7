// The arithmetic of a Deployment's rollout: how many Pods each ReplicaSet shall have next. It is
// the real controller's, step by step, so that the same changes follow each other.
#include "lab/cluster/rollout.hpp"

#include "lab/cluster/quantities.hpp"
#include "lab/objects/json_fields.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ostler::lab {
namespace {

std::int64_t sum(ReplicaSets sets, std::int64_t ReplicaSetView::*count) {
  std::int64_t total = 0;
  for (const ReplicaSetView& set : sets) total += set.*count;
  return total;
}

/// The ReplicaSet's part of the change, seen from its size alone.
std::int64_t fraction(const RolloutRules& rules, const ReplicaSetView& set,
                      std::int64_t status_replicas) {
  if (rules.replicas == 0) return -set.wanted;
  const std::int64_t before = set.most.value_or(0) != 0 ? *set.most : status_replicas;
  if (before == 0) return 0;
  const double size = static_cast<double>(set.wanted * (rules.replicas + rules.surge)) /
                      static_cast<double>(before);
  return std::llround(size) - set.wanted;
}

}  // namespace

RolloutRules::RolloutRules(const Json& deployment) {
  const Json& spec = field(deployment, "spec");
  const Json& strategy = field(spec, "strategy");
  replicas = number_of(field(spec, "replicas"), 1);
  ready_seconds = number_of(field(spec, "minReadySeconds"));
  rolling = text_of(field(strategy, "type")) != "Recreate";
  paused = flag_of(field(spec, "paused"));
  deadline_seconds = number_of(field(spec, "progressDeadlineSeconds"), 600);
  if (*deadline_seconds == std::numeric_limits<std::int32_t>::max()) deadline_seconds.reset();
  history = number_of(field(spec, "revisionHistoryLimit"), 10);
  if (!rolling) return;
  static const Json quarter = "25%";
  const auto given = [&](const char* name) -> const Json& {
    const Json& value = field(strategy, "rollingUpdate", name);
    return value.is_null() ? quarter : value;
  };
  surge = share_of(given("maxSurge"), replicas, Rounding::up);
  unavailable = std::min(replicas, share_of(given("maxUnavailable"), replicas, Rounding::down));
  // Percentages may both round to nothing; then the rollout could never begin.
  if (surge == 0 && unavailable == 0) unavailable = 1;
}

std::int64_t wanted_of(ReplicaSets sets) {
  return sum(sets, &ReplicaSetView::wanted);
}
std::int64_t available_of(ReplicaSets sets) {
  return sum(sets, &ReplicaSetView::available);
}
std::int64_t pods_of(ReplicaSets sets) {
  return sum(sets, &ReplicaSetView::pods);
}

std::int64_t next_size(const RolloutRules& rules, std::int64_t all, std::int64_t has) {
  if (!rules.rolling) return rules.replicas;
  const std::int64_t most = rules.replicas + rules.surge;
  if (all >= most) return has;
  return has + std::min(most - all, rules.replicas - has);
}

std::vector<Scaling> shrinking(const RolloutRules& rules, ReplicaSets old,
                               const ReplicaSetView& newest) {
  const std::int64_t needed = rules.replicas - rules.unavailable;
  const std::int64_t all = wanted_of(old) + newest.wanted;
  const std::int64_t may_go = all - needed - (newest.wanted - newest.available);
  if (wanted_of(old) == 0 || may_go <= 0) return {};
  std::vector<Scaling> result;
  for (const ReplicaSetView& set : old) result.push_back({set.name.name, set.wanted});
  std::int64_t gone = 0;
  for (std::size_t at = 0; at < old.size() && gone < may_go; ++at) {
    const std::int64_t unhealthy = old[at].wanted - old[at].available;
    if (old[at].wanted == 0 || unhealthy == 0) continue;
    const std::int64_t go = std::min(may_go - gone, unhealthy);
    result[at].replicas -= go;
    gone += go;
  }
  const std::int64_t spare = available_of(old) + newest.available - needed;
  gone = 0;
  for (Scaling& set : result) {
    if (gone >= spare) break;
    const std::int64_t go = std::min(set.replicas, spare - gone);
    set.replicas -= go;
    gone += go;
  }
  return result;
}

std::vector<Scaling> proportional(const RolloutRules& rules, ReplicaSets sets,
                                  std::int64_t status_replicas) {
  std::vector<const ReplicaSetView*> active;
  for (const ReplicaSetView& set : sets)
    if (set.wanted > 0) active.push_back(&set);
  const std::int64_t allowed = rules.replicas > 0 ? rules.replicas + rules.surge : 0;
  const std::int64_t change = allowed - wanted_of(sets);
  std::stable_sort(active.begin(), active.end(), [change](const auto* a, const auto* b) {
    if (a->wanted != b->wanted) return a->wanted > b->wanted;
    return change > 0 ? a->order > b->order : a->order < b->order;
  });
  std::vector<Scaling> result;
  std::int64_t done = 0;
  for (const ReplicaSetView* set : active) {
    std::int64_t part = 0;
    if (change != done) {
      part = fraction(rules, *set, status_replicas);
      part = change > 0 ? std::min(part, change - done) : std::max(part, change - done);
    }
    done += part;
    result.push_back({set->name.name, set->wanted + part});
  }
  if (!result.empty())
    result.front().replicas = std::max<std::int64_t>(0, result.front().replicas + change - done);
  return result;
}

}  // namespace ostler::lab
