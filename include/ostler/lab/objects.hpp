#pragma once

#include "ostler/base/json.hpp"
#include "ostler/lab/world.hpp"
#include "ostler/systems/kubernetes.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ostler::lab {

/// What the API server answers: a status code, and the object, the list or the Status that goes
/// with it.
struct ApiAnswer {
  int status = 200;
  Json body;
};

/// One change of one object, told after it happened. `before` is null for a new one, `after` for
/// one that is gone.
struct Change {
  ObjectRef ref;
  std::shared_ptr<const Json> before, after;
  std::uint64_t version = 0;  ///< the resourceVersion that came with it
};

enum class PatchType { merge, json, strategic };

/// The objects of a Kubernetes API server: uid, resourceVersion, generation, creationTimestamp,
/// optimistic locking, merge and server-side-apply patches with field managers, selectors, paging,
/// deletion with dependents, and a window of past changes for watches. Objects are immutable once
/// stored; whoever holds one may keep it.
///
/// Two ways in: `find`, `each`, `put`, `edit` and `erase` are for the cluster's own controllers and
/// for scenarios, which never conflict and never fail; the others are requests of clients, checked
/// as the real server does, and answered with what it would say.
class Objects {
 public:
  using Stored = std::shared_ptr<const Json>;

  explicit Objects(World& world);

  // The cluster's own hand.

  /// What stands there now, or null.
  Stored find(const ObjectRef& ref) const;
  /// All objects of that group, kind and namespace (empty: every namespace), by name.
  std::vector<Stored> all(const ObjectRef& kind) const;
  /// Creates or replaces, status included; keeps uid and creation time of what stood there.
  Stored put(Json object);
  /// A merge patch, status included; nothing happens when the object is not there. Gives what
  /// stands there afterwards.
  Stored edit(const ObjectRef& ref, const Json& merge_patch);
  /// Removes it with all that it owns.
  void erase(const ObjectRef& ref);
  /// Called after every change, in the order of the changes; a callback may change objects itself.
  void on_change(std::function<void(const Change&)> callback);

  // Requests of clients.

  ApiAnswer get(const ObjectRef& ref) const;
  /// `kind.name` is ignored. `limit` 0: all; `resume` is the `continue` of the page before.
  ApiAnswer list(const ObjectRef& kind, const ListSelector& selector, int limit = 0,
                 const std::string& resume = "") const;
  ApiAnswer create(Json object, const std::string& manager);
  /// PUT: the whole object, with its resourceVersion as the guard when it names one.
  ApiAnswer replace(const ObjectRef& ref, Json object, const std::string& subresource,
                    const std::string& manager);
  /// Subresources: "", "status", "scale".
  ApiAnswer patch(const ObjectRef& ref, PatchType type, const Json& patch,
                  const std::string& subresource, const std::string& manager);
  /// Server-side apply: creates what is absent; a field that another manager owns with another
  /// value is a conflict unless `force`.
  ApiAnswer apply(const ObjectRef& ref, const Json& object, const std::string& manager, bool force);
  /// `options` is the body of the request: preconditions, propagationPolicy, gracePeriodSeconds.
  ApiAnswer remove(const ObjectRef& ref, const Json& options);

  // Watching.

  std::uint64_t version() const;
  /// Changes after `version` of that kind, oldest first; nothing when `version` is older than what
  /// is still known (the real server then answers 410).
  std::optional<std::vector<Change>> since(const ObjectRef& kind, std::uint64_t version) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// True when `labels` (an object of texts) fit a label selector: `a=b`, `a==b`, `a!=b`, `a in
/// (b,c)`, `a notin (b,c)`, `a`, `!a`, joined by commas.
bool labels_fit(const Json& labels, const std::string& selector);
/// True when the labels fit a selector as it stands in a Deployment or a Service: {"matchLabels":
/// …}, {"matchExpressions": …}, or a plain object of texts.
bool selected(const Json& labels, const Json& selector);

/// A Status object as the server writes it.
ApiAnswer status_answer(int code, const std::string& reason, const std::string& message,
                        const Json& details = Json::object());

}  // namespace ostler::lab
