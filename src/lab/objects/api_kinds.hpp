#pragma once

#include "ostler/base/json.hpp"
#include "ostler/systems/kubernetes.hpp"

#include <span>
#include <string>
#include <string_view>

namespace ostler::lab {

/// What the API server knows of one kind.
struct ApiKind {
  const char *group, *version, *kind, *plural, *singular, *short_name;
  bool namespaced;
  bool generation;  ///< metadata.generation counts changes of what a controller must act on
  bool status;      ///< has the subresource status, which no other write changes
  bool scale;       ///< has the subresource scale
  bool custom;      ///< defined by a CRD: no strategic patches, lists are owned as a whole
  bool guarded;     ///< a PUT must name the resourceVersion
};

/// All of them, ordered by group.
std::span<const ApiKind> api_kinds();
/// The kind of that group (the group in "group/version"), or null.
const ApiKind* find_kind(std::string_view api_version, std::string_view kind);
const ApiKind* find_plural(std::string_view group, std::string_view version,
                           std::string_view plural);

/// "apps" of "apps/v1", nothing of "v1".
std::string_view group_of(std::string_view api_version);
std::string api_version_of(const ApiKind& kind);
/// "deployments.apps", "configmaps": how messages call the resource.
std::string resource_name(const ObjectRef& ref);
/// "Deployment.apps", "ConfigMap".
std::string kind_name(const ObjectRef& ref);
/// The reference that an object's own members make.
ObjectRef ref_of(const Json& object);

}  // namespace ostler::lab
