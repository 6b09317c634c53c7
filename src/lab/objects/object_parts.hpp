// What every controller of the cluster writes into its objects: names, owners, times, conditions
// and statuses.
#pragma once

#include "ostler/lab/objects.hpp"

#include <compare>
#include <string>

namespace ostler::lab {

/// An object within its kind.
struct Name {
  std::string name_space, name;
  auto operator<=>(const Name&) const = default;
};
inline Name name_of(const ObjectRef& ref) {
  return {ref.name_space, ref.name};
}

inline ObjectRef pod_ref(const Name& name) {
  return {"v1", "Pod", name.name_space, name.name};
}
inline ObjectRef replica_set_ref(const Name& name) {
  return {"apps/v1", "ReplicaSet", name.name_space, name.name};
}

/// The time as objects carry it: whole seconds in UTC.
std::string timestamp(const World& world);
/// The virtual time of such a text; what cannot be read is the world's beginning.
Instant instant_of(const World& world, const std::string& timestamp);
/// The present without its part of a second, as objects remember it.
Instant whole_seconds(Instant time);

/// What the API server hangs on a generateName: five letters and digits without vowels.
std::string random_suffix(World& world);
/// A number in the alphabet of generated names, as pod-template-hash has it.
std::string safe_encoded(std::uint32_t number);

/// The owner reference of a controller to what it made.
Json owner_reference(const Json& owner);
/// The reference of an object's controller, or null.
const Json& controller_of(const Json& object);

/// The condition of that type, or null.
const Json& condition_of(const Json& conditions, std::string_view type);
struct Condition {
  std::string type, status, reason, message;
};
/// Whether a condition carries lastUpdateTime (a Deployment's) or lastProbeTime (a Pod's, a Job's).
enum class ConditionTimes { transition, update, probe };
/// Sets it unless one with the same status and reason stands there; the transition time stays while
/// the status does.
void set_condition(Json& conditions, const Condition& condition, const World& world,
                   ConditionTimes times = ConditionTimes::transition);
void remove_condition(Json& conditions, std::string_view type);

/// Makes the object's status what `status` says; writes nothing when it is so already.
void write_status(Objects& objects, const ObjectRef& ref, const Json& object, const Json& status);

/// Numbers that are left out of a status when they are zero.
void set_count(Json& status, const char* name, std::int64_t count);

}  // namespace ostler::lab
