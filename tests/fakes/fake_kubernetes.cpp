// What is asked of the API server in memory, and what a test plans for it.
#include "tests/fakes/fake_kubernetes.hpp"

namespace ostler {

FakeKubernetes::FakeKubernetes() {
  put({{"apiVersion", "v1"},
       {"kind", "Namespace"},
       {"metadata", {{"name", "kube-system"}, {"uid", "05713e55-0000-4000-8000-0000c1057e12"}}}});
}

Json FakeKubernetes::object(const ObjectRef& ref) const {
  const std::lock_guard guard{mutex_};
  const auto found = objects_.find(key(ref));
  return found == objects_.end() ? Json{} : found->second.object;
}

std::vector<Json> FakeKubernetes::objects(const std::string& kind,
                                          const std::string& name_space) const {
  const std::lock_guard guard{mutex_};
  std::vector<Json> result;
  for (const auto& [unused, stored] : objects_) {
    if (text(stored.object, "/kind") != kind) continue;
    if (!name_space.empty() && text(stored.object, "/metadata/namespace") != name_space) continue;
    result.push_back(stored.object);
  }
  return result;
}

void FakeKubernetes::set_log(const std::string& name_space, const std::string& pod,
                             std::string log) {
  const std::lock_guard guard{mutex_};
  logs_[name_space + "/" + pod] = std::move(log);
}

void FakeKubernetes::fail(Fault fault) {
  const std::lock_guard guard{mutex_};
  faults_.push_back(std::move(fault));
}

void FakeKubernetes::deny(const std::string& verb, const std::string& resource) {
  denied_.insert(verb + " " + resource);
}

void FakeKubernetes::answer_raw(const std::string& path_and_query, HttpResponse response) {
  raw_[path_and_query] = std::move(response);
}

Result<std::optional<Json>> FakeKubernetes::get(const ObjectRef& ref) const {
  const std::lock_guard guard{mutex_};
  if (auto failure = look("get", ref)) return *failure;
  const auto found = objects_.find(key(ref));
  if (found == objects_.end()) return std::optional<Json>{};
  return std::optional<Json>{found->second.object};
}

Result<std::vector<Json>> FakeKubernetes::list(const ObjectRef& kind,
                                               const ListSelector& selector) const {
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

Result<std::string> FakeKubernetes::pod_log(const std::string& name_space, const std::string& pod,
                                            const LogQuestion& question) const {
  const std::lock_guard guard{mutex_};
  const ObjectRef ref{"v1", "Pod", name_space, pod};
  if (auto failure = strike("log", ref, Moment::before)) return *failure;
  const auto found = logs_.find(name_space + "/" + pod);
  if (found == logs_.end())
    return Failure{FailureKind::permanent, ref.text() + " is not there", "", "404"};
  std::string log = found->second;
  if (question.tail_lines > 0) {
    std::size_t from = log.size();
    for (int line = 0; line <= question.tail_lines && from != std::string::npos && from > 0; ++line)
      from = log.rfind('\n', from - 1);
    if (from != std::string::npos && from > 0) log = log.substr(from + 1);
  }
  return log.substr(0, question.limit_bytes);
}

Result<bool> FakeKubernetes::allowed(const AccessQuestion& question) const {
  const std::lock_guard guard{mutex_};
  const ObjectRef ref{"", question.resource, question.name_space, ""};
  if (auto failure = strike("allowed", ref, Moment::before)) return *failure;
  const std::string resource = question.subresource.empty()
                                   ? question.resource
                                   : question.resource + "/" + question.subresource;
  return denied_.count(question.verb + " " + resource) == 0;
}

Result<std::string> FakeKubernetes::cluster_uid() const {
  auto system = get(ObjectRef{"v1", "Namespace", "", "kube-system"});
  if (!system.ok()) return system.failure();
  return text(**system, "/metadata/uid");
}

Result<HttpResponse> FakeKubernetes::raw_get(const std::string& path_and_query) const {
  const std::lock_guard guard{mutex_};
  const auto found = raw_.find(path_and_query);
  if (found != raw_.end()) return found->second;
  HttpResponse response;
  response.status = path_and_query == "/version" ? 200 : 404;
  response.body =
      path_and_query == "/version" ? R"({"major":"1","minor":"36","gitVersion":"v1.36.3"})" : "{}";
  return response;
}

ObjectRef FakeKubernetes::ref_of(const Json& object) {
  return {text(object, "/apiVersion"), text(object, "/kind"), text(object, "/metadata/namespace"),
          text(object, "/metadata/name")};
}

std::string FakeKubernetes::text(const Json& object, const char* pointer) {
  const Json::json_pointer at{pointer};
  return object.contains(at) && object.at(at).is_string() ? object.at(at).get<std::string>() : "";
}

std::string FakeKubernetes::group(const std::string& api_version) {
  const auto slash = api_version.find('/');
  return slash == std::string::npos ? "" : api_version.substr(0, slash);
}

std::string FakeKubernetes::key(const ObjectRef& ref) {
  return group(ref.api_version) + "/" + ref.kind + "/" + ref.name_space + "/" + ref.name;
}

std::optional<Failure> FakeKubernetes::look(const std::string& verb, const ObjectRef& ref) const {
  ++looks;
  // Looking is const for ostler; that the world moves meanwhile is what the hooks are for.
  auto& self = const_cast<FakeKubernetes&>(*this);
  for (const Hook& hook : look_hooks_) hook(self, ref);
  return strike(verb, ref, Moment::before);
}

std::optional<Failure> FakeKubernetes::strike(const std::string& verb, const ObjectRef& ref,
                                              Moment moment) const {
  const bool is_write = verb == "apply" || verb == "patch" || verb == "create" || verb == "remove";
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

}  // namespace ostler
