#pragma once

#include "ostler/base/json.hpp"
#include "ostler/base/result.hpp"
#include "ostler/systems/kubernetes.hpp"
#include "ostler/systems/traefik.hpp"

#include <functional>
#include <string>

namespace ostler {

/// Which workload a canary was copied from, and which Service stands before it.
inline constexpr const char* copied_from_annotation = "ostler.dev/copied-from";
inline constexpr const char* canary_service_annotation = "ostler.dev/service";

/// A second Deployment of the new image beside the stable one, with a Service of its own.
struct CanaryAim {
  std::string name_space;
  std::string web_workload;    ///< the Deployment that is copied
  std::string workload;        ///< the canary's Deployment
  std::string stable_service;  ///< the Service that is copied
  std::string service;         ///< the canary's Service
  int port = 0;                ///< of both Services
  std::string image;
  std::int64_t replicas = 0;
};

/// The canary's Deployment: the web workload with other labels (no selector of the stable side
/// chooses its Pods), the new image, no queue runner and no cron threads. Pure.
Result<Json> canary_deployment(const CanaryAim& aim, const Json& web, const Json& stable_service,
                               const Breadcrumb& breadcrumb);
/// The canary's Service. Pure; fails as `refused` when the stable Service lacks the port.
Result<Json> canary_service(const CanaryAim& aim, const Json& stable_service,
                            const Breadcrumb& breadcrumb);

/// The object without what the server puts in, and without literal values of variables that look
/// secret: those are never journaled and are taken from the cluster when the object is put back.
Json remembered(const Json& object);

/// What steps remember of a canary: {"deployment": object or null, "service": object or null,
/// "service_name": text}. With an empty `service` the name is taken from the Deployment's
/// annotation, if there is one.
Result<Json> canary_snapshot(const KubernetesLook& kubernetes, const std::string& name_space,
                             const std::string& workload, const std::string& service);

/// Where a Service still takes requests from a route: "route odoo-web lists it", "traefik-1 has it
/// loaded for route odoo-web"; empty when nowhere.
Result<std::string> still_routed(const KubernetesLook& kubernetes, const TraefikLook& traefik,
                                 const std::string& name_space, const std::string& service);

/// How a procedure here waits: asks until true; `found` is what to show meanwhile.
using CanaryWait = std::function<Result<void>(
    const std::string& what, const std::function<Result<bool>(std::string& found)>& look)>;

/// Removes a canary once no proxy has its Service loaded, and waits until its Pods are gone.
/// `refused` with code "diverged" when the Deployment is not ours.
Result<void> remove_canary(Kubernetes& kubernetes, const TraefikLook& traefik,
                           const std::string& name_space, const std::string& workload,
                           const std::string& service, const CanaryWait& wait);

/// Puts a canary back to what `canary_snapshot` remembered, whichever step changed it since, and
/// waits until that is rolled out.
Result<void> restore_canary(Kubernetes& kubernetes, const TraefikLook& traefik,
                            const std::string& name_space, const std::string& workload,
                            const Json& snapshot, const CanaryWait& wait);

}  // namespace ostler
