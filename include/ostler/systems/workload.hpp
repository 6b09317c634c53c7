#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/json.hpp"
#include "ostler/base/result.hpp"
#include "ostler/systems/kubernetes.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ostler {

/// Stands only between the two writes of a touch (restore_guarded).
inline constexpr const char* touched_annotation = "ostler.dev/touched";
/// Kept on a fenced Deployment: how many replicas it had before.
inline constexpr const char* fenced_annotation = "ostler.dev/fenced-replicas";

/// The JSON merge patch (RFC 7396) that turns `from` into `to`; an empty object when they are
/// equal.
Json merge_patch_between(const Json& from, const Json& to);

/// The breadcrumb's annotations as they stand on `object`, in the form that a merge patch puts them
/// back with: a text, or null where there is none.
Json breadcrumbs_of(const Json& object);
/// Whether a run of ostler wrote to `object` last.
bool has_breadcrumb(const Json& object);
/// The annotation's text, or nothing.
std::optional<std::string> annotation(const Json& object, const std::string& name);

/// Reads the object, asks `decide` for a merge patch (an empty object: nothing to do) and sends it
/// guarded by the object's resourceVersion. A concurrent change makes it read and decide again,
/// five times at most; then it fails as `refused` with code "diverged". An absent object is
/// `refused` with code "404". Gives the object as it then stands.
Result<Json> change_guarded(Kubernetes& kubernetes, const ObjectRef& ref,
                            const std::function<Result<Json>(const Json& now)>& decide);

/// The same for an undo. An object that stands as it should is touched all the same: it gets a new
/// resourceVersion, so that a write of ours that is still on its way (its sender timed out or died)
/// fails when it arrives, instead of landing after the undo.
Result<Json> restore_guarded(Kubernetes& kubernetes, const ObjectRef& ref,
                             const std::function<Result<Json>(const Json& now)>& decide);

/// The failure for a value that is neither ours nor the one from before.
Failure diverged(const std::string& object, const std::string& found, const std::string& expected);

/// The object, or a `refused` failure with code "404" when it is absent.
Result<Json> get_present(const KubernetesLook& kubernetes, const ObjectRef& ref);

/// The name of the container that runs Odoo: the only one, or the one named "odoo". Anything else
/// is `refused`.
Result<std::string> main_container(const Json& deployment);
/// The part of a merge patch that gives the container another image. It holds all containers, since
/// a merge patch replaces lists as a whole, and is therefore sent guarded only.
Json image_patch(const Json& deployment, const std::string& container, const std::string& image);

/// What a step remembers of a Deployment: name, replicas, image, container and our annotations.
Result<Json> workload_snapshot(const Json& deployment);
/// The merge patch that puts the Deployment back to what `workload_snapshot` remembered.
Json workload_restore_patch(const Json& now, const Json& snapshot);
/// The replicas that the Deployment's specification asks for.
std::int64_t wanted_replicas(const Json& deployment);

/// The Pods that the Deployment's selector chooses, those that are going away included.
Result<std::vector<Json>> pods_of(const KubernetesLook& kubernetes, const Json& deployment);

/// One look at a Deployment that rolls out.
struct RolloutLook {
  bool converged = false;
  std::int64_t pods = 0;  ///< that exist, those that are going away included
  std::string text;       ///< "2 of 3 updated, 3 available"
  std::string blocked;    ///< why further Pods are not made (a quota), if they are not
};
/// Fails as `permanent`, with the reason and the container's last lines, when the rollout's
/// deadline is exceeded or a container of the wanted image cannot start (crash, image not to be
/// had).
Result<RolloutLook> look_at_rollout(const KubernetesLook& kubernetes, const ObjectRef& ref);

/// Looks at one rollout again and again. What keeps Pods from being made may pass (others are going
/// away, and count until they are gone), so it fails, as `permanent` with code "FailedCreate", only
/// after a minute of it.
class RolloutWatch {
 public:
  RolloutWatch(const KubernetesLook& kubernetes, ObjectRef ref, const Clock& clock)
      : kubernetes_(kubernetes), ref_(std::move(ref)), clock_(clock) {}
  Result<RolloutLook> look();

 private:
  const KubernetesLook& kubernetes_;
  ObjectRef ref_;
  const Clock& clock_;
  std::optional<BootTime> blocked_since_;
};

/// Addresses ("ip:port", sorted) behind one port of a Service.
struct ServiceAddresses {
  std::vector<std::string> ready;    ///< take requests and are not going away
  std::vector<std::string> serving;  ///< those and the ones that still answer while they go away
};
Result<ServiceAddresses> addresses_of(const KubernetesLook& kubernetes,
                                      const std::string& name_space, const std::string& service,
                                      int port);

}  // namespace ostler
