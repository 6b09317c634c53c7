// PromQL's aggregations: one element for each group of labels, or the k greatest of each.
#include "lab/prometheus/promql_aggregate.hpp"

#include "lab/prometheus/promql_functions.hpp"

#include <algorithm>
#include <cmath>

namespace ostler::lab {
namespace {

struct Group {
  PrometheusLabels labels;
  std::vector<const PromElement*> members;
};

PrometheusLabels group_labels(const PromNode& node, const PrometheusLabels& labels) {
  PrometheusLabels kept;
  if (node.without) {
    kept = labels;
    drop_name(kept);
    for (const std::string& name : node.grouping) set_label(kept, name, "");
    return kept;
  }
  for (const std::string& name : node.grouping) set_label(kept, name, label_of(labels, name));
  return kept;
}

std::vector<Group> grouped(const PromNode& node, const std::vector<PromElement>& elements) {
  std::vector<Group> groups;
  std::map<PrometheusLabels, std::size_t> known;
  for (const PromElement& element : elements) {
    PrometheusLabels labels = group_labels(node, element.labels);
    const auto [at, fresh] = known.emplace(labels, groups.size());
    if (fresh) groups.push_back({std::move(labels), {}});
    groups[at->second].members.push_back(&element);
  }
  return groups;
}

double aggregated(std::string_view name, const std::vector<const PromElement*>& members) {
  const auto count = static_cast<double>(members.size());
  if (name == "count") return count;
  if (name == "group") return 1;
  double sum = 0, least = members.front()->value, most = least;
  for (const PromElement* member : members) {
    sum += member->value;
    if (member->value < least || std::isnan(least)) least = member->value;
    if (member->value > most || std::isnan(most)) most = member->value;
  }
  if (name == "sum") return sum;
  if (name == "avg") return sum / count;
  return name == "min" ? least : most;
}

/// The first k of a group's members in order of their values; NaN comes last.
std::vector<PromElement> first_of(Group group, std::size_t count, bool greatest) {
  std::stable_sort(group.members.begin(), group.members.end(),
                   [greatest](const PromElement* a, const PromElement* b) {
                     if (std::isnan(a->value) || std::isnan(b->value))
                       return !std::isnan(a->value) && std::isnan(b->value);
                     return greatest ? a->value > b->value : a->value < b->value;
                   });
  std::vector<PromElement> kept;
  for (std::size_t at = 0; at < std::min(count, group.members.size()); ++at)
    kept.push_back(*group.members[at]);
  return kept;
}

}  // namespace

PromValue promql_aggregate(const PromNode& node, const std::vector<PromValue>& parts,
                           std::int64_t time) {
  PromValue result;
  result.type = PromType::vector;
  const bool ranked = node.name == "topk" || node.name == "bottomk";
  for (Group& group : grouped(node, parts.back().elements)) {
    if (!ranked) {
      result.elements.push_back(
          {std::move(group.labels), aggregated(node.name, group.members), time});
      continue;
    }
    const double wanted = parts.front().scalar;
    if (!(wanted >= 1)) continue;
    const auto count = static_cast<std::size_t>(std::min(wanted, 1e6));
    for (PromElement& element : first_of(std::move(group), count, node.name == "topk"))
      result.elements.push_back(std::move(element));
  }
  return result;
}

}  // namespace ostler::lab
