// What clients write: created, replaced, patched, applied and deleted objects.
#include "lab/objects/api_defaults.hpp"
#include "lab/objects/api_status.hpp"
#include "lab/objects/api_validation.hpp"
#include "lab/objects/field_names.hpp"
#include "lab/objects/objects_answers.hpp"
#include "lab/objects/objects_store.hpp"
#include "lab/objects/strategic_merge.hpp"

#include <fmt/format.h>

namespace ostler::lab {
namespace {

constexpr const char* modified =
    "the object has been modified; please apply your changes to the latest version and try again";

bool is_namespaced(const ObjectRef& ref) {
  const ApiKind* kind = find_kind(ref.api_version, ref.kind);
  return kind != nullptr ? kind->namespaced : !ref.name_space.empty();
}

bool has_status(const ObjectRef& ref) {
  const ApiKind* kind = find_kind(ref.api_version, ref.kind);
  return kind != nullptr && kind->status;
}

/// Only the server writes these; what a client sends of them is dropped.
void drop_server_fields(Json& metadata) {
  for (const char* name :
       {"uid", "creationTimestamp", "generation", "resourceVersion", "deletionTimestamp",
        "deletionGracePeriodSeconds", "managedFields", "selfLink"})
    metadata.erase(name);
}

void keep_server_fields(Json& next, const Json& stands) {
  Json& metadata = next["metadata"];
  const Json& stood = stands.at("metadata");
  for (const char* name : {"creationTimestamp", "generation", "resourceVersion",
                           "deletionTimestamp", "deletionGracePeriodSeconds"}) {
    const auto kept = stood.find(name);
    if (kept != stood.end())
      metadata[name] = *kept;
    else
      metadata.erase(name);
  }
  metadata.erase("managedFields");
}

void keep_status(Json& next, const Json& stands) {
  next.erase("status");
  if (const auto status = stands.find("status"); status != stands.end()) next["status"] = *status;
}

/// A resourceVersion in what is written guards it.
std::optional<ApiAnswer> guard_fails(const ObjectRef& ref, const Json& written,
                                     const Json& stands) {
  const std::string wanted = text_at(written, "/metadata/resourceVersion");
  if (wanted.empty() || wanted == text_at(stands, "/metadata/resourceVersion")) return std::nullopt;
  return conflict(ref, modified);
}

std::optional<ApiAnswer> other_name(const ObjectRef& ref, const Json& written) {
  const std::string name = text_at(written, "/metadata/name", ref.name);
  const std::string space = text_at(written, "/metadata/namespace", ref.name_space);
  if (name != ref.name)
    return bad_request(fmt::format(
        "the name of the object ({}) does not match the name on the URL ({})", name, ref.name));
  if (space != ref.name_space)
    return bad_request(
        fmt::format("the namespace of the object ({}) does not match the namespace on the request "
                    "({})",
                    space, ref.name_space));
  return std::nullopt;
}

std::optional<std::string> apply_patch(Json& object, PatchType type, const Json& patch,
                                       const std::string& kind) {
  if (type == PatchType::merge) {
    object.merge_patch(patch);
  } else if (type == PatchType::strategic) {
    strategic_merge(object, patch, kind);
  } else {
    // The library tells of a path that is not there, and of a failed test, by throwing.
    try {
      object = object.patch(patch);
    } catch (const Json::exception& trouble) {
      return trouble.what();
    }
  }
  return std::nullopt;
}

/// A patch after which the object could not be read.
ApiAnswer refused_type(const ObjectRef& ref, const WrongType& wrong, const Json& shown) {
  const ApiKind* kind = find_kind(ref.api_version, ref.kind);
  if (kind != nullptr && kind->custom)
    return invalid(ref, {{"FieldValueTypeInvalid", wrong.place,
                          fmt::format("Invalid value: \"{0}\": {1} in body must be of another "
                                      "type than {0}",
                                      wrong.found, wrong.place)}});
  return invalid({}, {invalid_field("patch", to_bytes(shown), wrong.decoding)});
}

}  // namespace

ApiAnswer Objects::create(Json object, const std::string& manager) {
  if (!object["metadata"].is_object()) object["metadata"] = Json::object();
  Json& metadata = object["metadata"];
  if (!text_at(metadata, "/resourceVersion").empty())
    return status_answer(500, "", "resourceVersion should not be set on objects to be created");
  drop_server_fields(metadata);
  if (const std::string prefix = text_at(metadata, "/generateName");
      text_at(metadata, "/name").empty() && !prefix.empty()) {
    static constexpr std::string_view letters = "bcdfghjklmnpqrstvwxz2456789";
    std::string name = prefix;
    for (int letter = 0; letter < 5; ++letter) name += letters[impl_->world.random(letters.size())];
    metadata["name"] = name;
  }
  const ObjectRef ref = ref_of(object);
  const ObjectRef space{"v1", "Namespace", "", ref.name_space};
  if (is_namespaced(ref) && impl_->entry(space) == nullptr) return not_found(space);
  if (has_status(ref)) object.erase("status");
  set_defaults(object);
  impl_->equip(object);
  std::vector<FieldTrouble> troubles = troubles_of(object, nullptr);
  if (!troubles.empty()) return invalid(ref, troubles);
  if (impl_->entry(ref) != nullptr) return already_exists(ref);
  const Stored after = impl_->store(ref, std::move(object));
  impl_->entry(ref)->owners.wrote({manager, "", impl_->stamp()}, nullptr, after);
  impl_->tell();
  return {201, *after};
}

ApiAnswer Objects::replace(const ObjectRef& ref, Json object, const std::string& subresource,
                           const std::string& manager) {
  const Stored stands = find(ref);
  if (!stands) return not_found(ref);
  if (const auto refusal = other_name(ref, object)) return *refusal;
  const std::string uid = text_at(object, "/metadata/uid");
  const std::string real_uid = text_at(*stands, "/metadata/uid");
  if (!uid.empty() && uid != real_uid)
    return conflict(ref, fmt::format("Precondition failed: UID in precondition: {}, UID in object "
                                     "meta: {}",
                                     uid, real_uid));
  if (const auto refusal = guard_fails(ref, object, *stands)) return *refusal;
  const ApiKind* kind = find_kind(ref.api_version, ref.kind);
  if (kind != nullptr && kind->guarded && text_at(object, "/metadata/resourceVersion").empty())
    return invalid(
        ref, {invalid_field("metadata.resourceVersion", "", "must be specified for an update")});
  return impl_->update(ref, std::move(object), subresource, {manager, subresource, impl_->stamp()});
}

ApiAnswer Objects::patch(const ObjectRef& ref, PatchType type, const Json& patch,
                         const std::string& subresource, const std::string& manager) {
  const Stored stands = find(ref);
  if (!stands) return not_found(ref);
  const ApiKind* kind = find_kind(ref.api_version, ref.kind);
  if (type == PatchType::strategic && (kind == nullptr || kind->custom))
    return status_answer(
        415, "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml, "
        "application/apply-patch+cbor");
  Json next = subresource == "scale" ? scale_of(*stands) : *stands;
  if (const auto trouble = apply_patch(next, type, patch, subresource == "scale" ? "" : ref.kind))
    return status_answer(422, "Invalid",
                         "the server rejected our request due to an error in our request");
  if (const auto wrong = wrong_type(subresource == "scale" ? "Scale" : ref.kind, next))
    return refused_type(ref, *wrong, type == PatchType::strategic ? patch : next);
  if (!next.is_object() || !next.contains("metadata") || !next["metadata"].is_object())
    return bad_request("the patch does not leave an object");
  if (const auto refusal = guard_fails(ref, next, *stands)) return *refusal;
  if (const auto refusal = other_name(ref, next)) return *refusal;
  return impl_->update(ref, std::move(next), subresource, {manager, subresource, impl_->stamp()});
}

ApiAnswer Objects::apply(const ObjectRef& ref, const Json& object, const std::string& manager,
                         bool force) {
  if (const Json& fields = value_at(object, "/metadata/managedFields");
      fields.is_array() && !fields.empty())
    return bad_request("metadata.managedFields must be nil");
  if (const auto refusal = other_name(ref, object)) return *refusal;
  Json wanted = object;
  wanted["metadata"]["name"] = ref.name;
  if (is_namespaced(ref)) wanted["metadata"]["namespace"] = ref.name_space;
  drop_server_fields(wanted["metadata"]);
  if (has_status(ref)) wanted.erase("status");
  const ApiKind* kind = find_kind(ref.api_version, ref.kind);
  const Stored stands = find(ref);
  if (!stands) {
    FieldOwners owners;
    (void)owners.apply(kind, nullptr, wanted, manager, force);
    owners.keep();
    ApiAnswer answer = create(std::move(wanted), manager);
    if (answer.status == 201)
      if (Impl::Entry* entry = impl_->entry(ref)) entry->owners = std::move(owners);
    return answer;
  }
  if (const auto refusal = guard_fails(ref, object, *stands)) return *refusal;
  FieldOwners& owners = impl_->entry(ref)->owners;
  FieldOwners::Applied applied = owners.apply(kind, stands.get(), wanted, manager, force);
  if (!applied.clashes.empty() && !force) {
    Json causes = Json::array();
    for (const FieldOwners::Clash& clash : applied.clashes)
      causes.push_back({{"reason", "FieldManagerConflict"},
                        {"message", "conflict with " + clash.manager},
                        {"field", clash.field}});
    return status_answer(409, "Conflict", FieldOwners::message(applied.clashes),
                         {{"causes", std::move(causes)}});
  }
  return impl_->update(ref, std::move(applied.object), "", {manager, "", ""});
}

ApiAnswer Objects::Impl::update(const ObjectRef& ref, Json next, const std::string& subresource,
                                FieldOwners::Author author) {
  const Stored stands = entry(ref)->object;
  if (subresource == "scale") {
    const std::int64_t replicas = number_at(next, "/spec/replicas");
    if (replicas < 0)
      return invalid(
          {"autoscaling/v1", "Scale", ref.name_space, ref.name},
          {invalid_field("spec.replicas", replicas, "must be greater than or equal to 0")});
    next = *stands;
    next["spec"]["replicas"] = replicas;
  } else if (subresource == "status") {
    Json status = next.contains("status") ? std::move(next["status"]) : Json::object();
    next = *stands;
    next["status"] = std::move(status);
  } else {
    if (has_status(ref)) keep_status(next, *stands);
    next["apiVersion"] = stands->at("apiVersion");
    next["kind"] = stands->at("kind");
    next["metadata"]["name"] = ref.name;
    if (!ref.name_space.empty()) next["metadata"]["namespace"] = ref.name_space;
    if (text_at(next, "/metadata/uid").empty())
      next["metadata"]["uid"] = stands->at("metadata").at("uid");
    keep_server_fields(next, *stands);
    set_defaults(next);
    // What is left out of a whole object stays as the server chose it.
    if (ref.kind == "Service")
      for (const char* chosen : {"clusterIP", "clusterIPs"})
        if (stands->at("spec").contains(chosen))
          next["spec"].emplace(chosen, stands->at("spec").at(chosen));
    std::vector<FieldTrouble> troubles = troubles_of(next, stands.get());
    if (!troubles.empty()) return invalid(ref, troubles);
  }
  const Stored after = store(ref, std::move(next));
  FieldOwners& owners = entry(ref)->owners;
  if (author.time.empty())
    owners.keep();
  else if (after != stands && subresource != "status")
    owners.wrote(std::move(author), stands, after);
  // What only finalizers held goes with the last of them.
  const Json& finalizers = value_at(*after, "/metadata/finalizers");
  if (value_at(*after, "/metadata/deletionGracePeriodSeconds") == 0 &&
      (!finalizers.is_array() || finalizers.empty()))
    take(ref);
  tell();
  return {200, subresource == "scale" ? scale_of(*after) : *after};
}

ApiAnswer Objects::remove(const ObjectRef& ref, const Json& options) {
  const Stored stands = find(ref);
  if (!stands) return not_found(ref);
  const std::string uid = text_at(*stands, "/metadata/uid");
  const std::string version = text_at(*stands, "/metadata/resourceVersion");
  if (const std::string wanted = text_at(options, "/preconditions/uid", uid); wanted != uid)
    return conflict(ref, fmt::format("the UID in the precondition ({}) does not match the UID in "
                                     "record ({}). The object might have been deleted and then "
                                     "recreated",
                                     wanted, uid));
  if (const std::string wanted = text_at(options, "/preconditions/resourceVersion", version);
      wanted != version)
    return conflict(ref, fmt::format("the ResourceVersion in the precondition ({}) does not match "
                                     "the ResourceVersion in record ({}). The object might have "
                                     "been modified",
                                     wanted, version));
  std::optional<std::int64_t> grace;
  if (const Json& seconds = value_at(options, "/gracePeriodSeconds"); seconds.is_number_integer())
    grace = seconds.get<std::int64_t>();
  const std::string policy = text_at(options, "/propagationPolicy");
  if (policy == "Orphan" || flag_at(options, "/orphanDependents")) impl_->orphan_dependents(ref);
  if (policy == "Foreground")
    impl_->end_after_dependents(ref);
  else
    impl_->end(ref, grace);
  const Stored left = find(ref);
  impl_->tell();
  return left ? ApiAnswer{200, *left} : deleted(ref, uid);
}

}  // namespace ostler::lab
