// The API server's refusals, in its own words (apimachinery's pkg/api/errors).
#include "lab/objects/api_status.hpp"

#include "lab/objects/api_kinds.hpp"

#include <fmt/format.h>

namespace ostler::lab {
namespace {

Json details_of(const ObjectRef& ref) {
  Json details{{"name", ref.name}};
  const ApiKind* kind = find_kind(ref.api_version, ref.kind);
  details["kind"] = kind != nullptr ? kind->plural : ref.kind;
  if (const std::string_view group = group_of(ref.api_version); !group.empty())
    details["group"] = group;
  return details;
}

}  // namespace

ApiAnswer status_answer(int code, const std::string& reason, const std::string& message,
                        const Json& details) {
  Json body{{"kind", "Status"},
            {"apiVersion", "v1"},
            {"metadata", Json::object()},
            {"message", message},
            {"reason", reason},
            {"code", code},
            {"status", code < 400 ? "Success" : "Failure"}};
  if (reason.empty()) body.erase("reason");
  if (!details.empty()) body["details"] = details;
  return {code, std::move(body)};
}

FieldTrouble invalid_field(std::string field, const Json& value, std::string_view why) {
  return {"FieldValueInvalid", std::move(field),
          fmt::format("Invalid value: {}: {}", to_bytes(value), why)};
}

FieldTrouble required_field(std::string field, std::string_view why) {
  return {"FieldValueRequired", std::move(field),
          why.empty() ? "Required value" : fmt::format("Required value: {}", why)};
}

ApiAnswer not_found(const ObjectRef& ref) {
  return status_answer(404, "NotFound",
                       fmt::format("{} \"{}\" not found", resource_name(ref), ref.name),
                       details_of(ref));
}

ApiAnswer already_exists(const ObjectRef& ref) {
  return status_answer(409, "AlreadyExists",
                       fmt::format("{} \"{}\" already exists", resource_name(ref), ref.name),
                       details_of(ref));
}

ApiAnswer conflict(const ObjectRef& ref, const std::string& why) {
  return status_answer(409, "Conflict",
                       fmt::format("Operation cannot be fulfilled on {} \"{}\": {}",
                                   resource_name(ref), ref.name, why),
                       details_of(ref));
}

ApiAnswer invalid(const ObjectRef& ref, const std::vector<FieldTrouble>& troubles) {
  Json details{{"name", ref.name}, {"kind", ref.kind}, {"causes", Json::array()}};
  if (ref.name.empty()) details.erase("name");
  if (const std::string_view group = group_of(ref.api_version); !group.empty())
    details["group"] = group;
  std::string words;
  for (const FieldTrouble& trouble : troubles) {
    details["causes"].push_back(
        {{"reason", trouble.type}, {"message", trouble.message}, {"field", trouble.field}});
    words += fmt::format("{}{}: {}", words.empty() ? "" : ", ", trouble.field, trouble.message);
  }
  if (troubles.size() > 1) words = "[" + words + "]";
  return status_answer(422, "Invalid",
                       fmt::format("{} \"{}\" is invalid: {}", kind_name(ref), ref.name, words),
                       details);
}

ApiAnswer bad_request(const std::string& message) {
  return status_answer(400, "BadRequest", message);
}

ApiAnswer deleted(const ObjectRef& ref, const std::string& uid) {
  Json details = details_of(ref);
  details["uid"] = uid;
  Json body{{"kind", "Status"},
            {"apiVersion", "v1"},
            {"metadata", Json::object()},
            {"status", "Success"},
            {"details", std::move(details)}};
  return {200, std::move(body)};
}

}  // namespace ostler::lab
