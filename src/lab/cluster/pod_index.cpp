// All Pods of the cluster, as its controllers look them up.
#include "lab/cluster/pod_index.hpp"

#include "lab/objects/json_fields.hpp"

#include <charconv>

namespace ostler::lab {

const Json& PodView::labels() const {
  return object_of(field(*object, "metadata", "labels"));
}

PodChange PodIndex::take(const Change& change) {
  const Name name = name_of(change.ref);
  const auto known = pods_.find(name);
  PodChange result;
  if (known != pods_.end()) result.before = known->second;
  if (!change.after) {
    if (known == pods_.end()) return result;
    owned_[known->second->owner_uid].erase(known->second->order);
    if (owned_[known->second->owner_uid].empty()) owned_.erase(known->second->owner_uid);
    pods_.erase(known);
    return result;
  }
  result.after = view(change, result.before);
  pods_[name] = result.after;
  owned_[result.after->owner_uid][result.after->order] = result.after;
  return result;
}

PodPointer PodIndex::view(const Change& change, const PodPointer& before) {
  const Json& object = *change.after;
  const Json& status = field(object, "status");
  auto pod = std::make_shared<PodView>();
  if (before) {
    *pod = *before;
  } else {
    pod->name = name_of(change.ref);
    pod->order = ++made_;
    pod->uid = text_of(field(object, "metadata", "uid"));
    const Json& owner = controller_of(object);
    pod->owner_kind = text_of(field(owner, "kind"));
    pod->owner_name = text_of(field(owner, "name"));
    pod->owner_uid = text_of(field(owner, "uid"));
    pod->requests = resources_of(field(object, "spec"), "requests");
    pod->limits = resources_of(field(object, "spec"), "limits");
  }
  pod->object = change.after;
  pod->node = text_of(field(object, "spec", "nodeName"));
  pod->address = text_of(field(status, "podIP"));
  pod->phase = text_of(field(status, "phase"));
  if (pod->phase.empty()) pod->phase = "Pending";
  pod->terminating = field(object, "metadata", "deletionTimestamp").is_string();
  const bool ready =
      text_of(field(condition_of(field(status, "conditions"), "Ready"), "status")) == "True";
  if (ready && !pod->ready) pod->ready_since = whole_seconds(world_.now());
  pod->ready = ready;
  pod->restarts = 0;
  if (const Json& containers = field(status, "containerStatuses"); containers.is_array())
    for (const Json& container : containers)
      pod->restarts = std::max(pod->restarts, number_of(field(container, "restartCount")));
  const std::string& cost = text_of(
      field(object, "metadata", "annotations", "controller.kubernetes.io/pod-deletion-cost"));
  pod->deletion_cost = 0;
  std::from_chars(cost.data(), cost.data() + cost.size(), pod->deletion_cost);
  return pod;
}

PodPointer PodIndex::find(const Name& name) const {
  const auto found = pods_.find(name);
  return found == pods_.end() ? nullptr : found->second;
}

const PodIndex::Owned& PodIndex::owned_by(const std::string& uid) const {
  static const Owned none;
  const auto found = owned_.find(uid);
  return found == owned_.end() ? none : found->second;
}

}  // namespace ostler::lab
