#pragma once

#include "ostler/base/json.hpp"
#include "ostler/base/result.hpp"
#include "ostler/transport/http.hpp"
#include "ostler/transport/process.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ostler {

/// One object of the Kubernetes API, by name.
struct ObjectRef {
  std::string api_version;  ///< "v1", "apps/v1", "traefik.io/v1alpha1"
  std::string kind;         ///< "Deployment"
  std::string name_space;   ///< empty for cluster-scoped kinds
  std::string name;
  /// "Deployment odoo-pool-a/odoo-web", for messages and as the identity of a step's target.
  std::string text() const;
  bool operator==(const ObjectRef&) const = default;
};

/// References to the kinds that ostler deals with.
ObjectRef deployment_ref(std::string name_space, std::string name);
ObjectRef service_ref(std::string name_space, std::string name);
ObjectRef job_ref(std::string name_space, std::string name);
ObjectRef autoscaler_ref(std::string name_space, std::string name);
ObjectRef config_map_ref(std::string name_space, std::string name);
ObjectRef traefik_service_ref(std::string name_space, std::string name);

struct ListSelector {
  std::string labels;  ///< label selector, or empty
  std::string fields;  ///< field selector, or empty
};

/// What a right is asked for: SelfSubjectAccessReview's resourceAttributes.
struct AccessQuestion {
  std::string verb;
  std::string group;
  std::string resource;
  std::string subresource;
  std::string name_space;
};

struct LogQuestion {
  std::string container;
  int tail_lines = 0;  ///< 0: the whole log
  std::size_t limit_bytes = 4u << 20;
};

/// Looking at a cluster. All reads are quorum reads (no resourceVersion in the request).
class KubernetesLook {
 public:
  virtual ~KubernetesLook() = default;
  /// The object, or nothing when the server says 404 for it. 401 and 403 are never "absent".
  virtual Result<std::optional<Json>> get(const ObjectRef& ref) const = 0;
  /// Every object of the kind in the namespace (empty: all namespaces), over all pages.
  virtual Result<std::vector<Json>> list(const ObjectRef& kind_and_namespace,
                                         const ListSelector& selector) const = 0;
  virtual Result<std::string> pod_log(const std::string& name_space, const std::string& pod,
                                      const LogQuestion& question) const = 0;
  virtual Result<bool> allowed(const AccessQuestion& question) const = 0;
  /// The uid of the namespace kube-system: what identifies a cluster.
  virtual Result<std::string> cluster_uid() const = 0;
  /// GET of any path of the API server, as JSON (for /version and pods' proxies).
  virtual Result<HttpResponse> raw_get(const std::string& path_and_query) const = 0;
  /// "https://10.99.0.1:6443", for messages.
  virtual std::string server() const = 0;
};

/// Who writes: every write carries it as annotations, so that a lost journal can be adopted and a
/// late writer recognised.
struct Breadcrumb {
  std::string run;
  std::uint64_t epoch = 0;
  std::uint64_t opno = 0;
};

/// Annotation names of the breadcrumb, under the prefix ostler.dev/.
inline constexpr const char* run_annotation = "ostler.dev/run";
inline constexpr const char* epoch_annotation = "ostler.dev/epoch";
inline constexpr const char* opno_annotation = "ostler.dev/opno";

/// The breadcrumb as the object that belongs under metadata.annotations.
Json annotations_of(const Breadcrumb& breadcrumb);

/// Changing a cluster. Nothing is retried inside. A 409 is `refused` with code "Conflict" or
/// "AlreadyExists", and no answer after the request left is `unknown` or `timeout`.
class Kubernetes : public KubernetesLook {
 public:
  /// Server-side apply with field manager `ostler`, without force, with strict field validation;
  /// creates what is absent. For objects that ostler owns as a whole.
  virtual Result<Json> apply(const Json& object) = 0;
  /// A JSON merge patch (RFC 7396) by field manager `ostler`. With metadata.resourceVersion inside,
  /// a concurrent change makes it fail with "Conflict". `subresource` e.g. "scale" or empty.
  virtual Result<Json> merge_patch(const ObjectRef& ref, const Json& patch,
                                   const std::string& subresource = "") = 0;
  /// POST; an existing object makes it fail with "AlreadyExists".
  virtual Result<Json> create(const Json& object) = 0;
  /// Deletes that very object (uid precondition when `uid` is not empty), its dependents in the
  /// background; success when it is already gone.
  virtual Result<void> remove(const ObjectRef& ref, const std::string& uid = "") = 0;
};

struct KubernetesSettings {
  std::string kubeconfig;  ///< a path, or a `:`-separated list; empty: $KUBECONFIG, ~/.kube/config,
                           ///< in-cluster
  std::string context;     ///< empty: the current one
};

/// Reads the kubeconfig (client certificate, token, token file, exec plugin) or the in-cluster
/// files and makes a client. `insecure-skip-tls-verify` is refused. Nothing is sent yet.
Result<std::unique_ptr<Kubernetes>> make_kubernetes(const KubernetesSettings& settings,
                                                    HttpClient& http, ProcessRunner& processes);

/// A Deployment's state, derived from its object (platform rule: converged means observedGeneration
/// has caught up, all replicas updated and available, none left over).
struct RolloutState {
  std::int64_t wanted = 0, updated = 0, ready = 0, available = 0, total = 0;
  bool observed = false;  ///< the controller has seen the newest generation
  bool converged = false;
  bool failed = false;       ///< ProgressDeadlineExceeded
  std::string text() const;  ///< "2 of 3 updated, 3 available, 1 old left"
};
RolloutState rollout_state(const Json& deployment);

/// The image of the container named `container`, or of the only one when empty; empty when there is
/// none.
std::string container_image(const Json& deployment, const std::string& container = "");

}  // namespace ostler
