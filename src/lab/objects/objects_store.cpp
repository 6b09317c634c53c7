// How objects come, change and go: versions, generations, dependents, and the window of changes.
#include "lab/objects/objects_store.hpp"

#include "lab/objects/api_defaults.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ostler::lab {
namespace {

constexpr std::size_t window = 1024;

/// Whether something changed that a controller must act on. Of a Deployment, and of nothing else,
/// that is an annotation too.
bool counts(const Json& before, const Json& after, const std::string& kind) {
  const auto is_essence = [](const std::string& name) {
    return name != "metadata" && name != "status";
  };
  for (const auto& [name, value] : after.items()) {
    if (!is_essence(name)) continue;
    const auto old = before.find(name);
    if (old == before.end() || *old != value) return true;
  }
  for (const auto& [name, unused] : before.items())
    if (is_essence(name) && !after.contains(name)) return true;
  return kind == "Deployment" &&
         value_at(before, "/metadata/annotations") != value_at(after, "/metadata/annotations");
}

bool is_running_pod(const ObjectRef& ref, const Json& object) {
  return ref.kind == "Pod" && text_at(object, "/status/phase") == "Running" &&
         !text_at(object, "/spec/nodeName").empty();
}

void keep_or_drop(Json& metadata, const Json& stood, const char* name) {
  const auto old = stood.find(name);
  if (old != stood.end())
    metadata[name] = *old;
  else
    metadata.erase(name);
}

}  // namespace

Objects::Impl::Shelf* Objects::Impl::shelf(const ObjectRef& kind) {
  const std::string_view group = group_of(kind.api_version);
  for (Shelf& shelf : shelves)
    if (shelf.kind == kind.kind && shelf.group == group) return &shelf;
  return nullptr;
}

Objects::Impl::Shelf& Objects::Impl::made_shelf(const ObjectRef& kind) {
  if (Shelf* known = shelf(kind)) return *known;
  shelves.push_back({std::string(group_of(kind.api_version)),
                     kind.kind,
                     find_kind(kind.api_version, kind.kind),
                     {},
                     {},
                     0});
  return shelves.back();
}

Objects::Impl::Entry* Objects::Impl::entry(const ObjectRef& ref) {
  Shelf* place = shelf(ref);
  if (place == nullptr) return nullptr;
  const auto space = place->spaces.find(ref.name_space);
  if (space == place->spaces.end()) return nullptr;
  const auto found = space->second.find(ref.name);
  return found == space->second.end() ? nullptr : &found->second;
}

Objects::Stored Objects::Impl::store(const ObjectRef& ref, Json next, Generation generation) {
  Shelf& place = made_shelf(ref);
  Entry& entry = place.spaces[ref.name_space][ref.name];
  const Stored before = entry.object;
  Json& metadata = next["metadata"];
  metadata.erase("managedFields");
  const bool counted = place.known == nullptr || place.known->generation;
  if (before) {
    const Json& stood = before->at("metadata");
    for (const char* kept : {"uid", "creationTimestamp", "generation", "resourceVersion"})
      keep_or_drop(metadata, stood, kept);
    if (next == *before) return before;
    const bool grows = generation == Generation::grows ||
                       (generation == Generation::as_needed && counts(*before, next, ref.kind));
    if (counted && grows) metadata["generation"] = number_at(*before, "/metadata/generation") + 1;
  } else {
    if (text_at(metadata, "/uid").empty()) metadata["uid"] = new_uid();
    if (text_at(metadata, "/creationTimestamp").empty()) metadata["creationTimestamp"] = stamp();
    if (counted && !metadata.contains("generation")) metadata["generation"] = 1;
  }
  metadata["resourceVersion"] = std::to_string(++version);
  entry.object = std::make_shared<const Json>(std::move(next));
  index(ref, before.get(), entry.object.get());
  const Stored after = entry.object;
  note(place, {ref, before, after, version});
  return after;
}

void Objects::Impl::note(Shelf& shelf, Change change) {
  shelf.changes.push_back(change);
  if (shelf.changes.size() > window) {
    shelf.forgotten = shelf.changes.front().version;
    shelf.changes.pop_front();
  }
  untold_.push_back(std::move(change));
}

void Objects::Impl::tell() {
  if (telling_) return;
  telling_ = true;
  while (!untold_.empty()) {
    const Change change = std::move(untold_.front());
    untold_.pop_front();
    for (std::size_t at = 0; at < listeners.size(); ++at) listeners[at](change);
  }
  telling_ = false;
}

void Objects::Impl::index(const ObjectRef& ref, const Json* before, const Json* after) {
  static const Json none;
  const Json& old = before != nullptr ? value_at(*before, "/metadata/ownerReferences") : none;
  const Json& now = after != nullptr ? value_at(*after, "/metadata/ownerReferences") : none;
  if (old == now) return;
  const Key key{ref.api_version, ref.kind, ref.name_space, ref.name};
  if (old.is_array()) {
    for (const Json& owner : old) {
      const auto found = dependents_.find(text_at(owner, "/uid"));
      if (found == dependents_.end()) continue;
      found->second.erase(key);
      if (found->second.empty()) dependents_.erase(found);
    }
  }
  if (now.is_array())
    for (const Json& owner : now) dependents_[text_at(owner, "/uid")].insert(key);
}

std::vector<ObjectRef> Objects::Impl::dependents_of(const std::string& uid) const {
  std::vector<ObjectRef> refs;
  const auto found = dependents_.find(uid);
  if (found == dependents_.end()) return refs;
  for (const auto& [api_version, kind, name_space, name] : found->second)
    refs.push_back({api_version, kind, name_space, name});
  return refs;
}

void Objects::Impl::take(const ObjectRef& ref) {
  Shelf* place = shelf(ref);
  Entry* found = entry(ref);
  if (found == nullptr) return;
  const Stored before = found->object;
  Names& names = place->spaces.find(ref.name_space)->second;
  names.erase(ref.name);
  if (names.empty()) place->spaces.erase(ref.name_space);
  index(ref, before.get(), nullptr);
  const std::string uid = text_at(*before, "/metadata/uid");
  waiting_.erase(uid);
  ++version;
  note(*place, {ref, before, nullptr, version});

  for (const ObjectRef& dependent : dependents_of(uid)) end(dependent);
  if (ref.kind == "Namespace") {
    std::vector<ObjectRef> inside;
    for (const Shelf& shelf : shelves)
      if (const auto space = shelf.spaces.find(ref.name); space != shelf.spaces.end())
        for (const auto& [unused, entry] : space->second) inside.push_back(ref_of(*entry.object));
    for (const ObjectRef& one : inside) take(one);
  }
  // An owner that waits for its dependents goes with the last of them.
  const Json& owners = value_at(*before, "/metadata/ownerReferences");
  if (!owners.is_array()) return;
  for (const Json& owner : owners) {
    const auto waits = waiting_.find(text_at(owner, "/uid"));
    if (waits == waiting_.end() || dependents_.contains(waits->first)) continue;
    const ObjectRef last = waits->second;
    take(last);
  }
}

void Objects::Impl::end(const ObjectRef& ref, std::optional<std::int64_t> grace_seconds) {
  const Entry* found = entry(ref);
  if (found == nullptr) return;
  const std::int64_t grace =
      grace_seconds.value_or(number_at(*found->object, "/spec/terminationGracePeriodSeconds", 30));
  const Json& finalizers = value_at(*found->object, "/metadata/finalizers");
  const bool held = finalizers.is_array() && !finalizers.empty();
  if (is_running_pod(ref, *found->object) && grace > 0)
    mark(ref, grace, nullptr);
  else if (held)
    mark(ref, 0, nullptr);
  else
    take(ref);
}

Objects::Stored Objects::Impl::mark(const ObjectRef& ref, std::int64_t grace_seconds,
                                    const char* finalizer) {
  Entry& found = *entry(ref);
  // Told again, an object can only be made to go sooner.
  if (const Json& grace = value_at(*found.object, "/metadata/deletionGracePeriodSeconds");
      grace.is_number() && grace.get<std::int64_t>() <= grace_seconds)
    return found.object;
  Json next = *found.object;
  Json& metadata = next["metadata"];
  const bool first = !metadata.contains("deletionTimestamp");
  metadata["deletionTimestamp"] = stamp(grace_seconds);
  metadata["deletionGracePeriodSeconds"] = grace_seconds;
  if (finalizer != nullptr) metadata["finalizers"].push_back(finalizer);
  return store(ref, std::move(next), first ? Generation::grows : Generation::as_needed);
}

void Objects::Impl::end_after_dependents(const ObjectRef& ref) {
  const Entry* found = entry(ref);
  if (found == nullptr) return;
  const std::string uid = text_at(*found->object, "/metadata/uid");
  const std::vector<ObjectRef> first = dependents_of(uid);
  if (first.empty()) {
    end(ref);
    return;
  }
  mark(ref, 0, "foregroundDeletion");
  waiting_.emplace(uid, ref);
  for (const ObjectRef& dependent : first) end_after_dependents(dependent);
}

void Objects::Impl::orphan_dependents(const ObjectRef& ref) {
  const std::string uid = text_at(*entry(ref)->object, "/metadata/uid");
  for (const ObjectRef& dependent : dependents_of(uid)) {
    Json next = *entry(dependent)->object;
    Json& owners = next["metadata"]["ownerReferences"];
    for (std::size_t at = owners.size(); at-- > 0;)
      if (text_at(owners[at], "/uid") == uid) owners.erase(at);
    if (owners.empty()) next["metadata"].erase("ownerReferences");
    store(dependent, std::move(next));
  }
}

std::string Objects::Impl::new_uid() {
  const auto part = [this](unsigned digits) { return world.random(1ULL << (4 * digits)); };
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:06x}{:06x}", part(8), part(4), part(3),
                     8 + world.random(4), part(3), part(6), part(6));
}

std::string Objects::Impl::stamp(std::int64_t seconds_ahead) const {
  const std::string text = format_utc(world.wall() + std::chrono::seconds{seconds_ahead});
  return text.substr(0, text.find('.')) + "Z";
}

void Objects::Impl::equip(Json& object) {
  const std::string kind = text_at(object, "/kind");
  Json& metadata = object["metadata"];
  if (text_at(metadata, "/uid").empty()) metadata["uid"] = new_uid();
  if (kind == "Job") label_job(object);
  if (kind != "Service" || value_at(object, "/spec/type") == "ExternalName") return;
  Json& spec = object["spec"];
  if (text_at(spec, "/clusterIP").empty()) {
    ++addresses_;
    spec["clusterIP"] = fmt::format("10.96.{}.{}", addresses_ / 250, addresses_ % 250 + 1);
  }
  spec["clusterIPs"] = Json::array({spec["clusterIP"]});
}

}  // namespace ostler::lab
