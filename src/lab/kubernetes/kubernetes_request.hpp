#pragma once

#include "lab/kubernetes/kubernetes_tables.hpp"
#include "lab/objects/api_kinds.hpp"

#include "ostler/lab/door.hpp"
#include "ostler/lab/objects.hpp"

#include <optional>
#include <string>

namespace ostler::lab {

/// A request for objects, as its URL says it.
struct ApiRequest {
  const HttpRequest* http = nullptr;
  Target target;
  const ApiKind* kind = nullptr;
  ObjectRef ref;            ///< without a name: the collection
  std::string subresource;  ///< "", "status", "scale", "log", "proxy", "eviction"
  std::string below;        ///< what stands behind the subresource (of "proxy"): "web/health"
  std::string verb;         ///< get, list, watch, create, update, patch, delete, deletecollection

  bool collection() const { return ref.name.empty(); }
  /// "deployments/scale": how rights name it.
  std::string resource() const;
  /// Who writes: the query's fieldManager, else the program that the User-Agent names.
  std::string manager() const;
  /// Whether the client wants a table, and what is to be in its rows.
  std::optional<RowObject> table() const;
};

/// Reads the request; nothing when its path is none of the API's objects.
std::optional<ApiRequest> read_api_request(const HttpRequest& request);
/// True when the path lies in a group and version that is served.
bool is_served_version(const Target& target);

}  // namespace ostler::lab
