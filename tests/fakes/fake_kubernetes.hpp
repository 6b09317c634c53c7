// An API server in memory, as far as a client can tell: versions, generations, conflicts, merge
// patches, server-side apply, selectors, and faults before or after an effect. What controllers do
// is in fake_controllers.hpp.
#pragma once

#include "ostler/systems/kubernetes.hpp"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ostler {

/// True when `labels` (an object of texts) fit a label selector: `a=b`, `a==b`, `a!=b`, `a in
/// (b,c)`, `a notin (b,c)`, `a`, `!a`, joined by commas.
inline bool labels_fit(const Json& labels, const std::string& selector) {
  const auto trimmed = [](std::string text) {
    const auto first = text.find_first_not_of(' ');
    if (first == std::string::npos) return std::string{};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
  };
  const auto value_of = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = labels.find(name);
    if (found == labels.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
  };
  std::vector<std::string> terms{""};
  int depth = 0;
  for (const char letter : selector) {
    depth += letter == '(' ? 1 : letter == ')' ? -1 : 0;
    if (letter == ',' && depth == 0)
      terms.emplace_back();
    else
      terms.back() += letter;
  }
  for (std::string term : terms) {
    term = trimmed(term);
    if (term.empty()) continue;
    const auto open = term.find('(');
    if (open != std::string::npos) {
      const std::string head = trimmed(term.substr(0, open));
      const bool negated = head.size() > 6 && head.substr(head.size() - 6) == " notin";
      const std::string name = trimmed(head.substr(0, head.rfind(' ')));
      std::set<std::string> wanted;
      std::string word;
      for (const char letter : term.substr(open + 1, term.find(')') - open - 1) + ",") {
        if (letter != ',') {
          word += letter;
          continue;
        }
        wanted.insert(trimmed(word));
        word.clear();
      }
      const auto value = value_of(name);
      const bool in = value && wanted.count(*value) > 0;
      if (in == negated) return false;
    } else if (const auto unequal = term.find("!="); unequal != std::string::npos) {
      if (value_of(trimmed(term.substr(0, unequal))) == trimmed(term.substr(unequal + 2)))
        return false;
    } else if (const auto equal = term.find('='); equal != std::string::npos) {
      const auto start = term.find_first_not_of('=', equal);
      const std::string wanted = start == std::string::npos ? "" : trimmed(term.substr(start));
      if (value_of(trimmed(term.substr(0, equal))) != wanted) return false;
    } else if (term[0] == '!') {
      if (value_of(trimmed(term.substr(1)))) return false;
    } else if (!value_of(term)) {
      return false;
    }
  }
  return true;
}

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

  FakeKubernetes() {
    put({{"apiVersion", "v1"},
         {"kind", "Namespace"},
         {"metadata", {{"name", "kube-system"}, {"uid", "05713e55-0000-4000-8000-0000c1057e12"}}}});
  }

  // What the test does as "somebody else": never fails, never counts as a write of ostler.

  /// Creates or replaces the object, with what an API server adds. Keeps a uid that is given.
  Json put(Json object) {
    const std::lock_guard guard{mutex_};
    const ObjectRef ref = ref_of(object);
    Stored& stored = objects_[key(ref)];
    object["metadata"]["uid"] = object["metadata"].value(
        "uid", stored.object.is_null() ? next_uid() : text(stored.object, "/metadata/uid"));
    return store(stored, std::move(object), Status::taken);
  }

  /// A merge patch by another hand, status included.
  Json edit(const ObjectRef& ref, const Json& patch) {
    const std::lock_guard guard{mutex_};
    Stored& stored = objects_.at(key(ref));
    Json object = stored.object;
    object.merge_patch(patch);
    return store(stored, std::move(object), Status::taken);
  }

  void erase(const ObjectRef& ref) {
    const std::lock_guard guard{mutex_};
    erase_with_dependents(key(ref));
  }

  /// What stands there now, or null. Looking this way calls no hook and is not counted.
  Json object(const ObjectRef& ref) const {
    const std::lock_guard guard{mutex_};
    const auto found = objects_.find(key(ref));
    return found == objects_.end() ? Json{} : found->second.object;
  }

  /// Every object of the kind in the namespace (empty: all). No hook, not counted.
  std::vector<Json> objects(const std::string& kind, const std::string& name_space) const {
    const std::lock_guard guard{mutex_};
    std::vector<Json> result;
    for (const auto& [unused, stored] : objects_) {
      if (text(stored.object, "/kind") != kind) continue;
      if (!name_space.empty() && text(stored.object, "/metadata/namespace") != name_space) continue;
      result.push_back(stored.object);
    }
    return result;
  }

  void set_log(const std::string& name_space, const std::string& pod, std::string log) {
    const std::lock_guard guard{mutex_};
    logs_[name_space + "/" + pod] = std::move(log);
  }

  /// Called before every get and list, with the object (or the kind and namespace) that is looked
  /// at.
  void on_look(Hook hook) { look_hooks_.push_back(std::move(hook)); }
  /// Called after every successful write of ostler.
  void on_write(Hook hook) { write_hooks_.push_back(std::move(hook)); }
  void fail(Fault fault) {
    const std::lock_guard guard{mutex_};
    faults_.push_back(std::move(fault));
  }
  void deny(const std::string& verb, const std::string& resource) {
    denied_.insert(verb + " " + resource);
  }
  void answer_raw(const std::string& path_and_query, HttpResponse response) {
    raw_[path_and_query] = std::move(response);
  }

  std::vector<Write> writes;  ///< every write that ostler asked for, refused ones too
  mutable int looks = 0;      ///< gets and lists

  // KubernetesLook

  Result<std::optional<Json>> get(const ObjectRef& ref) const override {
    const std::lock_guard guard{mutex_};
    if (auto failure = look("get", ref)) return *failure;
    const auto found = objects_.find(key(ref));
    if (found == objects_.end()) return std::optional<Json>{};
    return std::optional<Json>{found->second.object};
  }

  Result<std::vector<Json>> list(const ObjectRef& kind,
                                 const ListSelector& selector) const override {
    const std::lock_guard guard{mutex_};
    if (auto failure = look("list", kind)) return *failure;
    std::vector<Json> result;
    for (const auto& [unused, stored] : objects_) {
      const Json& object = stored.object;
      if (text(object, "/kind") != kind.kind) continue;
      if (group(text(object, "/apiVersion")) != group(kind.api_version)) continue;
      if (!kind.name_space.empty() && text(object, "/metadata/namespace") != kind.name_space)
        continue;
      const Json labels = object.at("metadata").value("labels", Json::object());
      if (labels_fit(labels, selector.labels) && fields_fit(object, selector.fields))
        result.push_back(object);
    }
    return result;
  }

  Result<std::string> pod_log(const std::string& name_space, const std::string& pod,
                              const LogQuestion& question) const override {
    const std::lock_guard guard{mutex_};
    const ObjectRef ref{"v1", "Pod", name_space, pod};
    if (auto failure = strike("log", ref, Moment::before)) return *failure;
    const auto found = logs_.find(name_space + "/" + pod);
    if (found == logs_.end())
      return Failure{FailureKind::permanent, ref.text() + " is not there", "", "404"};
    std::string log = found->second;
    if (question.tail_lines > 0) {
      std::size_t from = log.size();
      for (int line = 0; line <= question.tail_lines && from != std::string::npos && from > 0;
           ++line)
        from = log.rfind('\n', from - 1);
      if (from != std::string::npos && from > 0) log = log.substr(from + 1);
    }
    return log.substr(0, question.limit_bytes);
  }

  Result<bool> allowed(const AccessQuestion& question) const override {
    const std::lock_guard guard{mutex_};
    const ObjectRef ref{"", question.resource, question.name_space, ""};
    if (auto failure = strike("allowed", ref, Moment::before)) return *failure;
    const std::string resource = question.subresource.empty()
                                     ? question.resource
                                     : question.resource + "/" + question.subresource;
    return denied_.count(question.verb + " " + resource) == 0;
  }

  Result<std::string> cluster_uid() const override {
    auto system = get(ObjectRef{"v1", "Namespace", "", "kube-system"});
    if (!system.ok()) return system.failure();
    return text(**system, "/metadata/uid");
  }

  Result<HttpResponse> raw_get(const std::string& path_and_query) const override {
    const std::lock_guard guard{mutex_};
    const auto found = raw_.find(path_and_query);
    if (found != raw_.end()) return found->second;
    HttpResponse response;
    response.status = path_and_query == "/version" ? 200 : 404;
    response.body = path_and_query == "/version"
                        ? R"({"major":"1","minor":"36","gitVersion":"v1.36.3"})"
                        : "{}";
    return response;
  }

  std::string server() const override { return "https://10.99.0.1:6443"; }

  // Kubernetes

  Result<Json> apply(const Json& object) override {
    const std::lock_guard guard{mutex_};
    const ObjectRef ref = ref_of(object);
    return write("apply", ref, object, "", [&]() -> Result<Json> {
      Stored& stored = objects_[key(ref)];
      Json wanted = object;
      wanted.erase("status");
      const std::map<std::string, Json> leaves = leaves_of(wanted);
      Json next = stored.object;
      if (next.is_null()) {
        next = Json::object();
        next["metadata"]["uid"] = next_uid();
      }
      for (const auto& [path, value] : leaves) {
        const Json::json_pointer pointer{path};
        if (is_identity(path) || !next.contains(pointer) || next.at(pointer) == value) continue;
        if (stored.applied.count(path) == 0)
          return conflict(ref, "Apply failed with 1 conflict: conflict with \"other\": " + path);
      }
      for (const auto& [path, unused] : stored.applied)
        if (leaves.count(path) == 0) erase_leaf(next, path);
      for (const auto& [path, value] : leaves) next[Json::json_pointer{path}] = value;
      stored.applied = leaves;
      return store(stored, std::move(next), Status::kept);
    });
  }

  Result<Json> merge_patch(const ObjectRef& ref, const Json& patch,
                           const std::string& subresource = "") override {
    const std::lock_guard guard{mutex_};
    return write("patch", ref, patch, subresource, [&]() -> Result<Json> {
      const auto found = objects_.find(key(ref));
      if (found == objects_.end())
        return Failure{FailureKind::permanent, ref.text() + " is not there", "", "404"};
      Stored& stored = found->second;
      Json change = patch;
      if (subresource == "scale")
        change = {{"spec", {{"replicas", patch.at("spec").at("replicas")}}}};
      if (subresource != "status") change.erase("status");
      if (guard_differs(patch, stored.object, "/metadata/resourceVersion"))
        return conflict(ref, "the object has been modified");
      if (guard_differs(patch, stored.object, "/metadata/uid"))
        return Failure{FailureKind::permanent, ref.text() + ": metadata.uid: field is immutable",
                       "", "422"};
      Json next = stored.object;
      next.merge_patch(change);
      next["metadata"]["resourceVersion"] = stored.object["metadata"]["resourceVersion"];
      Json after =
          store(stored, std::move(next), subresource == "status" ? Status::taken : Status::kept);
      if (subresource != "scale") return after;
      Json scale{
          {"apiVersion", "autoscaling/v1"}, {"kind", "Scale"}, {"metadata", after["metadata"]}};
      scale["spec"] = Json::object();
      // As the real one, which leaves a zero out.
      if (after["spec"]["replicas"] != 0) scale["spec"]["replicas"] = after["spec"]["replicas"];
      return scale;
    });
  }

  Result<Json> create(const Json& object) override {
    const std::lock_guard guard{mutex_};
    const ObjectRef ref = ref_of(object);
    return write("create", ref, object, "", [&]() -> Result<Json> {
      if (objects_.count(key(ref)) > 0)
        return Failure{FailureKind::refused, ref.text() + " exists already", "", "AlreadyExists"};
      Stored& stored = objects_[key(ref)];
      Json next = object;
      next.erase("status");
      next["metadata"]["uid"] = next_uid();
      return store(stored, std::move(next), Status::taken);
    });
  }

  Result<void> remove(const ObjectRef& ref, const std::string& uid = "") override {
    const std::lock_guard guard{mutex_};
    Result<Json> done = write("remove", ref, Json{{"uid", uid}}, "", [&]() -> Result<Json> {
      const auto found = objects_.find(key(ref));
      if (found == objects_.end()) return Json{};
      if (!uid.empty() && text(found->second.object, "/metadata/uid") != uid)
        return conflict(ref, "the UID in the precondition does not match");
      erase_with_dependents(key(ref));
      return Json{};
    });
    if (!done.ok()) return done.failure();
    return {};
  }

  static ObjectRef ref_of(const Json& object) {
    return {text(object, "/apiVersion"), text(object, "/kind"), text(object, "/metadata/namespace"),
            text(object, "/metadata/name")};
  }

  /// One lock for the whole platform in memory: with one each, a hook of one that looks at the
  /// other would wait for ever.
  std::recursive_mutex& mutex() const { return mutex_; }

 private:
  enum class Status { taken, kept };

  struct Stored {
    Json object;
    std::map<std::string, Json> applied;  ///< what ostler's last apply set, by JSON pointer
  };

  static std::string text(const Json& object, const char* pointer) {
    const Json::json_pointer at{pointer};
    return object.contains(at) && object.at(at).is_string() ? object.at(at).get<std::string>() : "";
  }
  static std::string group(const std::string& api_version) {
    const auto slash = api_version.find('/');
    return slash == std::string::npos ? "" : api_version.substr(0, slash);
  }
  static std::string key(const ObjectRef& ref) {
    return group(ref.api_version) + "/" + ref.kind + "/" + ref.name_space + "/" + ref.name;
  }
  static bool is_identity(const std::string& path) {
    return path == "/apiVersion" || path == "/kind" || path == "/metadata/name" ||
           path == "/metadata/namespace";
  }
  static bool guard_differs(const Json& patch, const Json& object, const char* pointer) {
    return !text(patch, pointer).empty() && text(patch, pointer) != text(object, pointer);
  }
  static Failure conflict(const ObjectRef& ref, const std::string& why) {
    return Failure{FailureKind::refused, ref.text() + ": " + why, "", "Conflict"};
  }

  /// Lists count as one leaf (atomic), objects do not.
  static std::map<std::string, Json> leaves_of(const Json& object) {
    std::map<std::string, Json> result;
    const std::function<void(const Json&, const Json::json_pointer&)> walk =
        [&](const Json& value, const Json::json_pointer& at) {
          if (!value.is_object() || value.empty()) {
            result[at.to_string()] = value;
            return;
          }
          for (const auto& [name, member] : value.items()) walk(member, at / name);
        };
    walk(object, Json::json_pointer{});
    return result;
  }
  static void erase_leaf(Json& object, const std::string& path) {
    const Json::json_pointer pointer{path};
    if (is_identity(path) || !object.contains(pointer)) return;
    object.at(pointer.parent_pointer()).erase(pointer.back());
  }

  std::string next_uid() { return fmt::format("00000000-0000-4000-8000-{:012}", ++uids_); }

  Json store(Stored& stored, Json next, Status status) {
    const Json before = stored.object;
    if (!before.is_null() && status == Status::kept) {
      next.erase("status");
      if (before.contains("status")) next["status"] = before["status"];
    }
    // Of a Deployment, and of nothing else, a changed annotation counts as a change of the
    // specification.
    const auto essence = [](Json object) {
      const Json annotations = text(object, "/kind") == "Deployment"
                                   ? object.at("metadata").value("annotations", Json{})
                                   : Json{};
      object.erase("metadata");
      object.erase("status");
      object["annotations"] = annotations;
      return object;
    };
    static const std::set<std::string> without_generation{"ConfigMap", "Namespace", "Node",
                                                          "Secret",    "Service",   "Lease"};
    const bool counts = without_generation.count(text(next, "/kind")) == 0;
    Json& metadata = next["metadata"];
    if (before.is_null()) {
      if (counts && !metadata.contains("generation")) metadata["generation"] = 1;
      if (!metadata.contains("creationTimestamp"))
        metadata["creationTimestamp"] = "2026-11-24T09:00:00Z";
    } else {
      for (const char* fixed : {"creationTimestamp", "generation", "resourceVersion"})
        if (before["metadata"].contains(fixed)) metadata[fixed] = before["metadata"][fixed];
      if (next == before) return before;
      if (counts && essence(next) != essence(before))
        metadata["generation"] = before["metadata"]["generation"].get<std::int64_t>() + 1;
    }
    metadata["resourceVersion"] = std::to_string(++versions_);
    // A field that another hand or a patch (operation Update) changed is theirs: a later apply
    // conflicts with it.
    for (auto leaf = stored.applied.begin(); leaf != stored.applied.end();) {
      const Json::json_pointer pointer{leaf->first};
      const bool same = next.contains(pointer) && next.at(pointer) == leaf->second;
      leaf = same ? std::next(leaf) : stored.applied.erase(leaf);
    }
    stored.object = std::move(next);
    return stored.object;
  }

  void erase_with_dependents(const std::string& which) {
    const auto found = objects_.find(which);
    if (found == objects_.end()) return;
    const std::string uid = text(found->second.object, "/metadata/uid");
    objects_.erase(found);
    std::vector<std::string> dependents;
    for (const auto& [name, stored] : objects_) {
      const Json owners = stored.object.at("metadata").value("ownerReferences", Json::array());
      for (const Json& owner : owners)
        if (owner.value("uid", "") == uid) dependents.push_back(name);
    }
    for (const std::string& dependent : dependents) erase_with_dependents(dependent);
  }

  /// `a.b=c` and `a.b!=c`, joined by commas.
  static bool fields_fit(const Json& object, const std::string& fields) {
    std::size_t from = 0;
    while (from < fields.size()) {
      std::size_t to = fields.find(',', from);
      if (to == std::string::npos) to = fields.size();
      const std::string term = fields.substr(from, to - from);
      from = to + 1;
      const auto equal = term.find('=');
      if (equal == std::string::npos) continue;
      const bool negated = equal > 0 && term[equal - 1] == '!';
      std::string path = "/" + term.substr(0, negated ? equal - 1 : equal);
      for (char& letter : path)
        if (letter == '.') letter = '/';
      const bool same = text(object, path.c_str()) == term.substr(term.find_last_of('=') + 1);
      if (same == negated) return false;
    }
    return true;
  }

  std::optional<Failure> look(const std::string& verb, const ObjectRef& ref) const {
    ++looks;
    // Looking is const for ostler; that the world moves meanwhile is what the hooks are for.
    auto& self = const_cast<FakeKubernetes&>(*this);
    for (const Hook& hook : look_hooks_) hook(self, ref);
    return strike(verb, ref, Moment::before);
  }

  std::optional<Failure> strike(const std::string& verb, const ObjectRef& ref,
                                Moment moment) const {
    const bool is_write =
        verb == "apply" || verb == "patch" || verb == "create" || verb == "remove";
    for (Fault& fault : faults_) {
      if (fault.moment != moment || fault.times == 0) continue;
      if (fault.verb.empty() ? !is_write : fault.verb != verb) continue;
      if (ref.text().find(fault.target) == std::string::npos) continue;
      if (fault.skip > 0) {
        --fault.skip;
        continue;
      }
      --fault.times;
      return fault.failure;
    }
    return std::nullopt;
  }

  Result<Json> write(const std::string& verb, const ObjectRef& ref, const Json& body,
                     const std::string& subresource, const std::function<Result<Json>()>& effect) {
    writes.push_back({verb, ref, body, subresource});
    if (auto failure = strike(verb, ref, Moment::before)) return *failure;
    Result<Json> done = effect();
    if (!done.ok()) return done;
    for (const Hook& hook : write_hooks_) hook(*this, ref);
    if (auto failure = strike(verb, ref, Moment::after)) return *failure;
    return done;
  }

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
