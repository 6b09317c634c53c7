// What every controller of the cluster writes into its objects: names, owners, times, conditions
// and statuses.
#include "lab/objects/object_parts.hpp"

#include "lab/objects/json_fields.hpp"

#include "ostler/systems/workload.hpp"

#include <fmt/format.h>

namespace ostler::lab {
namespace {

constexpr std::string_view alphabet = "bcdfghjklmnpqrstvwxz2456789";

}  // namespace

std::string timestamp(const World& world) {
  return format_utc(world.wall()).substr(0, 19) + "Z";
}

Instant instant_of(const World& world, const std::string& timestamp) {
  const auto wall = parse_utc(timestamp);
  if (!wall) return Instant{0};
  return world.now() + std::chrono::duration_cast<Instant>(*wall - world.wall());
}

Instant whole_seconds(Instant time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time);
}

std::string random_suffix(World& world) {
  std::string suffix;
  for (int at = 0; at < 5; ++at) suffix += alphabet[world.random(alphabet.size())];
  return suffix;
}

std::string safe_encoded(std::uint32_t number) {
  std::string text = std::to_string(number);
  for (char& letter : text) letter = alphabet[static_cast<unsigned char>(letter) % alphabet.size()];
  return text;
}

Json owner_reference(const Json& owner) {
  return {{"apiVersion", field(owner, "apiVersion")},
          {"kind", field(owner, "kind")},
          {"name", field(owner, "metadata", "name")},
          {"uid", field(owner, "metadata", "uid")},
          {"controller", true},
          {"blockOwnerDeletion", true}};
}

const Json& controller_of(const Json& object) {
  const Json& references = field(object, "metadata", "ownerReferences");
  if (references.is_array())
    for (const Json& reference : references)
      if (flag_of(field(reference, "controller"))) return reference;
  return no_value();
}

const Json& condition_of(const Json& conditions, std::string_view type) {
  if (conditions.is_array())
    for (const Json& condition : conditions)
      if (text_of(field(condition, "type")) == type) return condition;
  return no_value();
}

void set_condition(Json& conditions, const Condition& condition, const World& world,
                   ConditionTimes times) {
  if (!conditions.is_array()) conditions = Json::array();
  const Json& stood = condition_of(conditions, condition.type);
  const bool same_status = text_of(field(stood, "status")) == condition.status;
  if (same_status && text_of(field(stood, "reason")) == condition.reason) return;
  const std::string now = timestamp(world);
  Json made{{"type", condition.type}, {"status", condition.status}};
  made["lastTransitionTime"] = same_status ? field(stood, "lastTransitionTime") : Json(now);
  if (times == ConditionTimes::update) made["lastUpdateTime"] = now;
  if (times == ConditionTimes::probe) made["lastProbeTime"] = nullptr;
  if (!condition.reason.empty()) made["reason"] = condition.reason;
  if (!condition.message.empty()) made["message"] = condition.message;
  for (Json& one : conditions)
    if (&one == &stood) {
      one = std::move(made);
      return;
    }
  conditions.push_back(std::move(made));
}

void remove_condition(Json& conditions, std::string_view type) {
  if (!conditions.is_array()) return;
  for (std::size_t at = 0; at < conditions.size(); ++at)
    if (text_of(field(conditions[at], "type")) == type) {
      conditions.erase(at);
      return;
    }
}

void write_status(Objects& objects, const ObjectRef& ref, const Json& object, const Json& status) {
  Json patch = merge_patch_between(object_of(field(object, "status")), status);
  if (!patch.empty()) objects.edit(ref, {{"status", std::move(patch)}});
}

void set_count(Json& status, const char* name, std::int64_t count) {
  if (count != 0)
    status[name] = count;
  else
    status.erase(name);
}

}  // namespace ostler::lab
