// How objects change in the API server in memory: versions, generations, conflicts, dependents.
#include "tests/fakes/fake_kubernetes.hpp"

#include <fmt/format.h>

namespace ostler {

namespace {

bool is_identity(const std::string& path) {
  return path == "/apiVersion" || path == "/kind" || path == "/metadata/name" ||
         path == "/metadata/namespace";
}

Failure conflict(const ObjectRef& ref, const std::string& why) {
  return Failure{FailureKind::refused, ref.text() + ": " + why, "", "Conflict"};
}

/// Lists count as one leaf (atomic), objects do not.
std::map<std::string, Json> leaves_of(const Json& object) {
  std::map<std::string, Json> result;
  const std::function<void(const Json&, const Json::json_pointer&)> walk =
      [&](const Json& value, const Json::json_pointer& at) {
        if (!value.is_object() || value.empty()) {
          result[at.to_string()] = value;
          return;
        }
        for (const auto& [name, member] : value.items()) walk(member, at / name);
      };
  walk(object, Json::json_pointer{});
  return result;
}

void erase_leaf(Json& object, const std::string& path) {
  const Json::json_pointer pointer{path};
  if (is_identity(path) || !object.contains(pointer)) return;
  object.at(pointer.parent_pointer()).erase(pointer.back());
}

}  // namespace

Json FakeKubernetes::put(Json object) {
  const std::lock_guard guard{mutex_};
  const ObjectRef ref = ref_of(object);
  Stored& stored = objects_[key(ref)];
  object["metadata"]["uid"] = object["metadata"].value(
      "uid", stored.object.is_null() ? next_uid() : text(stored.object, "/metadata/uid"));
  return store(stored, std::move(object), Status::taken);
}

Json FakeKubernetes::edit(const ObjectRef& ref, const Json& patch) {
  const std::lock_guard guard{mutex_};
  Stored& stored = objects_.at(key(ref));
  Json object = stored.object;
  object.merge_patch(patch);
  return store(stored, std::move(object), Status::taken);
}

void FakeKubernetes::erase(const ObjectRef& ref) {
  const std::lock_guard guard{mutex_};
  erase_with_dependents(key(ref));
}

Result<Json> FakeKubernetes::apply(const Json& object) {
  const std::lock_guard guard{mutex_};
  const ObjectRef ref = ref_of(object);
  return write("apply", ref, object, "", [&]() -> Result<Json> {
    Stored& stored = objects_[key(ref)];
    Json wanted = object;
    wanted.erase("status");
    const std::map<std::string, Json> leaves = leaves_of(wanted);
    Json next = stored.object;
    if (next.is_null()) {
      next = Json::object();
      next["metadata"]["uid"] = next_uid();
    }
    for (const auto& [path, value] : leaves) {
      const Json::json_pointer pointer{path};
      if (is_identity(path) || !next.contains(pointer) || next.at(pointer) == value) continue;
      if (stored.applied.count(path) == 0)
        return conflict(ref, "Apply failed with 1 conflict: conflict with \"other\": " + path);
    }
    for (const auto& [path, unused] : stored.applied)
      if (leaves.count(path) == 0) erase_leaf(next, path);
    for (const auto& [path, value] : leaves) next[Json::json_pointer{path}] = value;
    stored.applied = leaves;
    return store(stored, std::move(next), Status::kept);
  });
}

Result<Json> FakeKubernetes::merge_patch(const ObjectRef& ref, const Json& patch,
                                         const std::string& subresource) {
  const std::lock_guard guard{mutex_};
  return write("patch", ref, patch, subresource, [&]() -> Result<Json> {
    const auto found = objects_.find(key(ref));
    if (found == objects_.end())
      return Failure{FailureKind::permanent, ref.text() + " is not there", "", "404"};
    Stored& stored = found->second;
    Json change = patch;
    if (subresource == "scale")
      change = {{"spec", {{"replicas", patch.at("spec").at("replicas")}}}};
    if (subresource != "status") change.erase("status");
    if (guard_differs(patch, stored.object, "/metadata/resourceVersion"))
      return conflict(ref, "the object has been modified");
    if (guard_differs(patch, stored.object, "/metadata/uid"))
      return Failure{FailureKind::permanent, ref.text() + ": metadata.uid: field is immutable", "",
                     "422"};
    Json next = stored.object;
    next.merge_patch(change);
    next["metadata"]["resourceVersion"] = stored.object["metadata"]["resourceVersion"];
    Json after =
        store(stored, std::move(next), subresource == "status" ? Status::taken : Status::kept);
    if (subresource != "scale") return after;
    Json scale{
        {"apiVersion", "autoscaling/v1"}, {"kind", "Scale"}, {"metadata", after["metadata"]}};
    scale["spec"] = Json::object();
    // As the real one, which leaves a zero out.
    if (after["spec"]["replicas"] != 0) scale["spec"]["replicas"] = after["spec"]["replicas"];
    return scale;
  });
}

Result<Json> FakeKubernetes::create(const Json& object) {
  const std::lock_guard guard{mutex_};
  const ObjectRef ref = ref_of(object);
  return write("create", ref, object, "", [&]() -> Result<Json> {
    if (objects_.count(key(ref)) > 0)
      return Failure{FailureKind::refused, ref.text() + " exists already", "", "AlreadyExists"};
    Stored& stored = objects_[key(ref)];
    Json next = object;
    next.erase("status");
    next["metadata"]["uid"] = next_uid();
    return store(stored, std::move(next), Status::taken);
  });
}

Result<void> FakeKubernetes::remove(const ObjectRef& ref, const std::string& uid) {
  const std::lock_guard guard{mutex_};
  Result<Json> done = write("remove", ref, Json{{"uid", uid}}, "", [&]() -> Result<Json> {
    const auto found = objects_.find(key(ref));
    if (found == objects_.end()) return Json{};
    if (!uid.empty() && text(found->second.object, "/metadata/uid") != uid)
      return conflict(ref, "the UID in the precondition does not match");
    erase_with_dependents(key(ref));
    return Json{};
  });
  if (!done.ok()) return done.failure();
  return {};
}

bool FakeKubernetes::guard_differs(const Json& patch, const Json& object, const char* pointer) {
  return !text(patch, pointer).empty() && text(patch, pointer) != text(object, pointer);
}

std::string FakeKubernetes::next_uid() {
  return fmt::format("00000000-0000-4000-8000-{:012}", ++uids_);
}

Json FakeKubernetes::store(Stored& stored, Json next, Status status) {
  const Json before = stored.object;
  if (!before.is_null() && status == Status::kept) {
    next.erase("status");
    if (before.contains("status")) next["status"] = before["status"];
  }
  // Of a Deployment, and of nothing else, a changed annotation counts as a change of the
  // specification.
  const auto essence = [](Json object) {
    const Json annotations = text(object, "/kind") == "Deployment"
                                 ? object.at("metadata").value("annotations", Json{})
                                 : Json{};
    object.erase("metadata");
    object.erase("status");
    object["annotations"] = annotations;
    return object;
  };
  static const std::set<std::string> without_generation{"ConfigMap", "Namespace", "Node",
                                                        "Secret",    "Service",   "Lease"};
  const bool counts = without_generation.count(text(next, "/kind")) == 0;
  Json& metadata = next["metadata"];
  if (before.is_null()) {
    if (counts && !metadata.contains("generation")) metadata["generation"] = 1;
    if (!metadata.contains("creationTimestamp"))
      metadata["creationTimestamp"] = "2026-11-24T09:00:00Z";
  } else {
    for (const char* fixed : {"creationTimestamp", "generation", "resourceVersion"})
      if (before["metadata"].contains(fixed)) metadata[fixed] = before["metadata"][fixed];
    if (next == before) return before;
    if (counts && essence(next) != essence(before))
      metadata["generation"] = before["metadata"]["generation"].get<std::int64_t>() + 1;
  }
  metadata["resourceVersion"] = std::to_string(++versions_);
  // A field that another hand or a patch (operation Update) changed is theirs: a later apply
  // conflicts with it.
  for (auto leaf = stored.applied.begin(); leaf != stored.applied.end();) {
    const Json::json_pointer pointer{leaf->first};
    const bool same = next.contains(pointer) && next.at(pointer) == leaf->second;
    leaf = same ? std::next(leaf) : stored.applied.erase(leaf);
  }
  stored.object = std::move(next);
  return stored.object;
}

void FakeKubernetes::erase_with_dependents(const std::string& which) {
  const auto found = objects_.find(which);
  if (found == objects_.end()) return;
  const std::string uid = text(found->second.object, "/metadata/uid");
  objects_.erase(found);
  std::vector<std::string> dependents;
  for (const auto& [name, stored] : objects_) {
    const Json owners = stored.object.at("metadata").value("ownerReferences", Json::array());
    for (const Json& owner : owners)
      if (owner.value("uid", "") == uid) dependents.push_back(name);
  }
  for (const std::string& dependent : dependents) erase_with_dependents(dependent);
}

Result<Json> FakeKubernetes::write(const std::string& verb, const ObjectRef& ref, const Json& body,
                                   const std::string& subresource,
                                   const std::function<Result<Json>()>& effect) {
  writes.push_back({verb, ref, body, subresource});
  if (auto failure = strike(verb, ref, Moment::before)) return *failure;
  Result<Json> done = effect();
  if (!done.ok()) return done;
  for (const Hook& hook : write_hooks_) hook(*this, ref);
  if (auto failure = strike(verb, ref, Moment::after)) return *failure;
  return done;
}

}  // namespace ostler
