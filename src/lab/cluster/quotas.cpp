// What ResourceQuotas allow the controllers to create, and what of it is used.
#include "lab/cluster/quotas.hpp"

#include "lab/objects/json_fields.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

namespace ostler::lab {
namespace {

bool is_memory(const std::string& resource) {
  return resource.find("memory") != std::string::npos;
}

std::string text_of_amount(const std::string& resource, std::int64_t amount) {
  return is_memory(resource) ? memory_text(amount) : processor_text(amount);
}

/// What one Pod counts for each resource that a quota may limit.
std::map<std::string, std::int64_t> amounts_of(const Resources& requests, const Resources& limits) {
  return {{"pods", 1000},
          {"count/pods", 1000},
          {"cpu", requests.processor},
          {"requests.cpu", requests.processor},
          {"memory", requests.memory},
          {"requests.memory", requests.memory},
          {"limits.cpu", limits.processor},
          {"limits.memory", limits.memory}};
}

Resources given(const Json& pod, const char* list) {
  return resources_of(field(pod, "spec"), list);
}

}  // namespace

Quotas::Quotas(ClusterParts& parts)
    : parts_(parts),
      reactions_(parts.world, parts.settings.controller_delay,
                 [this](const Name& n) { react(n); }) {}

void Quotas::quota_changed(const Change& change) {
  const Name name = name_of(change.ref);
  if (!change.after) {
    hard_.erase(name);
    return;
  }
  Amounts hard;
  for (const auto& [resource, amount] : object_of(field(*change.after, "spec", "hard")).items())
    hard[resource] = is_memory(resource) ? units_of(amount) : thousandths_of(amount);
  hard_[name] = std::move(hard);
  reactions_.soon(name);
}

void Quotas::pod_changed(const PodChange& change) {
  const bool counted = change.before && !change.before->ended();
  const bool counts = change.after && !change.after->ended();
  if (counted == counts) return;
  const PodView& pod = change.any();
  Amounts& used = used_[pod.name.name_space];
  for (const auto& [resource, amount] : amounts_of(pod.requests, pod.limits))
    used[resource] += counts ? amount : -amount;
  for (auto quota = hard_.lower_bound({pod.name.name_space, ""});
       quota != hard_.end() && quota->first.name_space == pod.name.name_space; ++quota)
    reactions_.soon(quota->first);
}

std::optional<std::string> Quotas::refusal(const Json& pod) const {
  const std::string& name_space = text_of(field(pod, "metadata", "namespace"));
  auto quota = hard_.lower_bound({name_space, ""});
  if (quota == hard_.end() || quota->first.name_space != name_space) return std::nullopt;
  const Amounts asked = amounts_of(given(pod, "requests"), given(pod, "limits"));
  const auto used = used_.find(name_space);
  for (; quota != hard_.end() && quota->first.name_space == name_space; ++quota) {
    std::vector<std::string> requested, in_use, limited;
    for (const auto& [resource, most] : quota->second) {
      const auto wanted = asked.find(resource);
      if (wanted == asked.end()) continue;
      const std::string who =
          fmt::format("pods \"{}\" is forbidden: ", text_of(field(pod, "metadata", "name")));
      if (wanted->second == 0)
        return who + fmt::format("failed quota: {}: must specify {}", quota->first.name, resource);
      std::int64_t has = 0;
      if (used != used_.end()) has = used->second.at(resource);
      if (has + wanted->second <= most) continue;
      requested.push_back(resource + "=" + text_of_amount(resource, wanted->second));
      in_use.push_back(resource + "=" + text_of_amount(resource, has));
      limited.push_back(resource + "=" + text_of_amount(resource, most));
    }
    if (!requested.empty())
      return fmt::format(
          "pods \"{}\" is forbidden: exceeded quota: {}, requested: {}, used: {}, limited: {}",
          text_of(field(pod, "metadata", "name")), quota->first.name, join(requested, ","),
          join(in_use, ","), join(limited, ","));
  }
  return std::nullopt;
}

void Quotas::react(const Name& name) {
  const ObjectRef ref{"v1", "ResourceQuota", name.name_space, name.name};
  const auto object = parts_.objects.find(ref);
  if (!object) return;
  Json status{{"hard", field(*object, "spec", "hard")}, {"used", Json::object()}};
  for (const auto& [resource, most] : hard_[name])
    status["used"][resource] = text_of_amount(resource, used_[name.name_space][resource]);
  write_status(parts_.objects, ref, *object, status);
}

}  // namespace ostler::lab
