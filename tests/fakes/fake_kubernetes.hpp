// An API server in memory, as far as a client can tell: versions, generations, conflicts, merge
// patches, server-side apply, selectors, and faults before or after an effect. What controllers do
// is in fake_controllers.hpp.
#pragma once

#include "ostler/systems/kubernetes.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ostler {

/// True when `labels` (an object of texts) fit a label selector: `a=b`, `a==b`, `a!=b`, `a in
/// (b,c)`, `a notin (b,c)`, `a`, `!a`, joined by commas.
bool labels_fit(const Json& labels, const std::string& selector);

/// Faithful where a step can notice: an object has uid, resourceVersion, generation (grows when
/// anything outside metadata and status changes) and creationTimestamp; a write that changes
/// nothing keeps the resourceVersion; `status` in a write is ignored unless the subresource is
/// `status`; a patch with a stale resourceVersion or another uid is a Conflict; apply conflicts
/// with values that others set; deleting takes the dependents along. Not simulated: admission,
/// defaults, schema, finalizers, watches. Safe to use from several threads.
class FakeKubernetes final : public Kubernetes {
 public:
  enum class Moment {
    before,
    after
  };  ///< of the effect: not applied, or applied with the answer lost

  /// A failure for a future call. `verb`: get, list, log, allowed, apply, patch, create, remove;
  /// empty: any write. `target` is part of ObjectRef::text(); empty: any.
  struct Fault {
    std::string verb;
    std::string target;
    Moment moment = Moment::before;
    Failure failure;
    int times = 1;
    int skip = 0;  ///< so many fitting calls pass first
  };

  struct Write {
    std::string verb;
    ObjectRef ref;
    Json body;
    std::string subresource;
  };

  using Hook = std::function<void(FakeKubernetes&, const ObjectRef&)>;
  FakeKubernetes();

  // What the test does as "somebody else": never fails, never counts as a write of ostler.

  /// Creates or replaces the object, with what an API server adds. Keeps a uid that is given.
  Json put(Json object);

  /// A merge patch by another hand, status included.
  Json edit(const ObjectRef& ref, const Json& patch);

  void erase(const ObjectRef& ref);

  /// What stands there now, or null. Looking this way calls no hook and is not counted.
  Json object(const ObjectRef& ref) const;

  /// Every object of the kind in the namespace (empty: all). No hook, not counted.
  std::vector<Json> objects(const std::string& kind, const std::string& name_space) const;

  void set_log(const std::string& name_space, const std::string& pod, std::string log);

  /// Called before every get and list, with the object (or the kind and namespace) that is looked
  /// at.
  void on_look(Hook hook) { look_hooks_.push_back(std::move(hook)); }
  /// Called after every successful write of ostler.
  void on_write(Hook hook) { write_hooks_.push_back(std::move(hook)); }
  void fail(Fault fault);
  void deny(const std::string& verb, const std::string& resource);
  void answer_raw(const std::string& path_and_query, HttpResponse response);

  std::vector<Write> writes;  ///< every write that ostler asked for, refused ones too
  mutable int looks = 0;      ///< gets and lists

  // KubernetesLook

  Result<std::optional<Json>> get(const ObjectRef& ref) const override;
  Result<std::vector<Json>> list(const ObjectRef& kind,
                                 const ListSelector& selector) const override;
  Result<std::string> pod_log(const std::string& name_space, const std::string& pod,
                              const LogQuestion& question) const override;
  Result<bool> allowed(const AccessQuestion& question) const override;
  Result<std::string> cluster_uid() const override;
  Result<HttpResponse> raw_get(const std::string& path_and_query) const override;

  std::string server() const override { return "https://10.99.0.1:6443"; }

  // Kubernetes

  Result<Json> apply(const Json& object) override;
  Result<Json> merge_patch(const ObjectRef& ref, const Json& patch,
                           const std::string& subresource = "") override;
  Result<Json> create(const Json& object) override;
  Result<void> remove(const ObjectRef& ref, const std::string& uid = "") override;

  static ObjectRef ref_of(const Json& object);

  /// One lock for the whole platform in memory: with one each, a hook of one that looks at the
  /// other would wait for ever.
  std::recursive_mutex& mutex() const { return mutex_; }

 private:
  enum class Status { taken, kept };

  struct Stored {
    Json object;
    std::map<std::string, Json> applied;  ///< what ostler's last apply set, by JSON pointer
  };

  static std::string text(const Json& object, const char* pointer);
  static std::string group(const std::string& api_version);
  static std::string key(const ObjectRef& ref);
  static bool guard_differs(const Json& patch, const Json& object, const char* pointer);

  std::string next_uid();
  Json store(Stored& stored, Json next, Status status);
  void erase_with_dependents(const std::string& which);

  /// `a.b=c` and `a.b!=c`, joined by commas.
  static bool fields_fit(const Json& object, const std::string& fields);

  std::optional<Failure> look(const std::string& verb, const ObjectRef& ref) const;
  std::optional<Failure> strike(const std::string& verb, const ObjectRef& ref, Moment moment) const;
  Result<Json> write(const std::string& verb, const ObjectRef& ref, const Json& body,
                     const std::string& subresource, const std::function<Result<Json>()>& effect);

  mutable std::recursive_mutex mutex_;
  std::map<std::string, Stored> objects_;
  std::map<std::string, std::string> logs_;
  std::map<std::string, HttpResponse> raw_;
  std::set<std::string> denied_;
  mutable std::vector<Fault> faults_;
  std::vector<Hook> look_hooks_, write_hooks_;
  std::uint64_t versions_ = 100, uids_ = 0;
};

}  // namespace ostler
