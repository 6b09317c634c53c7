#pragma once

#include "ostler/systems/kubernetes.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ostler {

/// How a kind appears in paths.
struct ApiResource {
  std::string plural;
  bool namespaced = true;
};

/// For the kinds ostler deals with; nothing for others, which discovery knows.
std::optional<ApiResource> known_resource(const std::string& api_version, const std::string& kind);

/// "/apis/apps/v1" or "/api/v1".
std::string api_path(const std::string& api_version);
/// The collection, or the object when `ref` has a name, or its subresource.
std::string resource_path(const ObjectRef& ref, const ApiResource& resource,
                          const std::string& subresource = "");

enum class Effect { none, possible };

/// Why the API server did not do it, from its answer (any status but 2xx). `what` says what was
/// asked of whom. Pure.
Failure kubernetes_failure(const HttpResponse& answer, Effect effect, std::string_view what);

/// The same failure of the transport, seen as one of a request that changes nothing: never
/// `unknown`.
Failure as_look(Failure failure);

}  // namespace ostler
