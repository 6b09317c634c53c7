// The objects of the API server as the cluster's own hand sees them.
#include "ostler/lab/objects.hpp"

#include "lab/objects/api_defaults.hpp"
#include "lab/objects/objects_store.hpp"

#include <algorithm>
#include <set>

namespace ostler::lab {
namespace {

/// Kinds that only controllers write: nobody asks who owns their fields.
bool is_authored(const std::string& kind) {
  static const std::set<std::string_view> controlled{"Pod",   "ReplicaSet", "EndpointSlice",
                                                     "Event", "Lease",      "Node"};
  return !controlled.contains(kind);
}

bool is_status_alone(const Json& patch) {
  return patch.is_object() && patch.size() == 1 && patch.contains("status");
}

/// What a controller writes through the subresource status, annotations beside it too: nobody has
/// to act on that.
bool is_report(const Json& patch) {
  return patch.is_object() && patch.contains("status") && !patch.contains("spec");
}

}  // namespace

Objects::Objects(World& world) : impl_(std::make_shared<Impl>(world)) {}

Objects::Stored Objects::find(const ObjectRef& ref) const {
  const Impl::Entry* found = impl_->entry(ref);
  return found == nullptr ? nullptr : found->object;
}

std::vector<Objects::Stored> Objects::all(const ObjectRef& kind) const {
  std::vector<Stored> objects;
  const Impl::Shelf* shelf = impl_->shelf(kind);
  if (shelf == nullptr) return objects;
  const auto add = [&objects](const Impl::Names& names) {
    for (const auto& [unused, entry] : names) objects.push_back(entry.object);
  };
  if (kind.name_space.empty()) {
    for (const auto& [unused, names] : shelf->spaces) add(names);
  } else if (const auto space = shelf->spaces.find(kind.name_space); space != shelf->spaces.end()) {
    add(space->second);
  }
  return objects;
}

Objects::Stored Objects::put(Json object) {
  const ObjectRef ref = ref_of(object);
  const Stored before = find(ref);
  if (before) object["metadata"]["uid"] = before->at("metadata").at("uid");
  set_defaults(object);
  if (!before) impl_->equip(object);
  const Stored after = impl_->store(ref, std::move(object));
  if (after != before && is_authored(ref.kind))
    impl_->entry(ref)->owners.wrote(
        {before ? "kube-controller-manager" : "kubectl-create", "", impl_->stamp()}, before, after);
  impl_->tell();
  return after;
}

Objects::Stored Objects::edit(const ObjectRef& ref, const Json& merge_patch) {
  const Stored before = find(ref);
  if (!before) return nullptr;
  Json next = *before;
  next.merge_patch(merge_patch);
  const bool status = is_status_alone(merge_patch);
  if (!status) set_defaults(next);
  using Generation = Impl::Generation;
  const Stored after = impl_->store(
      ref, std::move(next), is_report(merge_patch) ? Generation::stays : Generation::as_needed);
  if (after != before && !status && is_authored(ref.kind))
    impl_->entry(ref)->owners.wrote({"kube-controller-manager", "", impl_->stamp()}, before, after);
  impl_->tell();
  return after;
}

void Objects::erase(const ObjectRef& ref) {
  impl_->take(ref);
  impl_->tell();
}

void Objects::on_change(std::function<void(const Change&)> callback) {
  impl_->listeners.push_back(std::move(callback));
}

std::uint64_t Objects::version() const {
  return impl_->version;
}

std::optional<std::vector<Change>> Objects::since(const ObjectRef& kind,
                                                  std::uint64_t version) const {
  std::vector<Change> changes;
  const Impl::Shelf* shelf = impl_->shelf(kind);
  if (shelf == nullptr) return changes;
  if (version < shelf->forgotten) return std::nullopt;
  auto next = std::upper_bound(
      shelf->changes.begin(), shelf->changes.end(), version,
      [](std::uint64_t after, const Change& change) { return after < change.version; });
  for (; next != shelf->changes.end(); ++next)
    if (kind.name_space.empty() || next->ref.name_space == kind.name_space)
      changes.push_back(*next);
  return changes;
}

}  // namespace ostler::lab
