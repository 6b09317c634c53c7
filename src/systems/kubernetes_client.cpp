// The Kubernetes API over HTTP: one request per call, nothing retried but a refused credential.
#include "systems/kubeconfig.hpp"
#include "systems/kubernetes_api.hpp"
#include "systems/kubernetes_credentials.hpp"

#include "ostler/base/text.hpp"

#include <mutex>

namespace ostler {
namespace {

constexpr int page_size = 250;
constexpr int max_pages = 2000;
constexpr int max_relists = 3;
constexpr const char* write_flags = "fieldManager=ostler&fieldValidation=Strict";
constexpr const char* json_type = "application/json";

class KubernetesClient final : public Kubernetes {
 public:
  KubernetesClient(ClusterAccess access, HttpClient& http, ProcessRunner& processes)
      : server_(access.server), http_(http), credentials_(std::move(access), processes) {}

  Result<std::optional<Json>> get(const ObjectRef& ref) const override {
    OSTLER_TRY(const ApiResource resource, resource_of(ref));
    const std::string what = asked("reading", ref.text());
    OSTLER_TRY(const HttpResponse answer, look(resource_path(ref, resource)));
    if (answer.status == 404) return absent_or_failure(answer, what);
    if (answer.status != 200) return kubernetes_failure(answer, Effect::none, what);
    OSTLER_TRY(Json object, parse_json(answer.body, what));
    return std::optional<Json>{std::move(object)};
  }

  Result<std::vector<Json>> list(const ObjectRef& kind,
                                 const ListSelector& selector) const override {
    OSTLER_TRY(const ApiResource resource, resource_of(kind));
    ObjectRef collection = kind;
    collection.name.clear();
    const std::string path = resource_path(collection, resource);
    for (int attempt = 0; attempt < max_relists; ++attempt) {
      Result<std::vector<Json>> all = list_once(collection, path, selector);
      // The pages' snapshot has expired: what was read so far may be mixed with nothing newer.
      if (!all.ok() && all.failure().code == "410") continue;
      return all;
    }
    return Failure{FailureKind::transient,
                   asked("listing", collection.text()) + ": the list expired while it was read, " +
                       std::to_string(max_relists) + " times",
                   "Try again when the API server is less busy.", "410"};
  }

  Result<std::string> pod_log(const std::string& name_space, const std::string& pod,
                              const LogQuestion& question) const override {
    const ObjectRef ref{"v1", "Pod", name_space, pod};
    std::string path = resource_path(ref, {"pods", true}, "log") +
                       fmt::format("?limitBytes={}", question.limit_bytes);
    if (!question.container.empty()) path += "&container=" + url_encoded(question.container);
    if (question.tail_lines > 0) path += fmt::format("&tailLines={}", question.tail_lines);
    const std::string what = asked("reading the log of", ref.text());
    OSTLER_TRY(const HttpResponse answer, look(path));
    if (answer.status != 200) return kubernetes_failure(answer, Effect::none, what);
    // An escape makes four characters of one; nothing that was asked for may be cut for that.
    return sanitize(answer.body, Lines::keep, 4 * question.limit_bytes);
  }

  Result<bool> allowed(const AccessQuestion& question) const override {
    Json review{{"apiVersion", "authorization.k8s.io/v1"}, {"kind", "SelfSubjectAccessReview"}};
    Json& attributes = review["spec"]["resourceAttributes"];
    attributes = {
        {"verb", question.verb}, {"group", question.group}, {"resource", question.resource}};
    if (!question.subresource.empty()) attributes["subresource"] = question.subresource;
    if (!question.name_space.empty()) attributes["namespace"] = question.name_space;
    const std::string what =
        asked("asking for the right to", sanitize(question.verb + " " + question.resource));
    HttpRequest request;
    request.method = "POST";
    request.url = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    request.headers = {{"Content-Type", json_type}};
    request.body = to_bytes(review);
    Result<HttpResponse> answer = send(std::move(request));
    if (!answer.ok()) return as_look(std::move(answer.failure()));
    if (answer->status / 100 != 2) return kubernetes_failure(*answer, Effect::none, what);
    OSTLER_TRY(const Json verdict, parse_json(answer->body, what));
    return flag_at(verdict, "/status/allowed");
  }

  Result<std::string> cluster_uid() const override {
    OSTLER_TRY(const std::optional<Json> system, get({"v1", "Namespace", "", "kube-system"}));
    const std::string uid = system ? text_at(*system, "/metadata/uid") : "";
    if (uid.empty())
      return Failure{FailureKind::permanent,
                     asked("reading", "Namespace kube-system") + ": it has no uid", "", ""};
    return uid;
  }

  Result<HttpResponse> raw_get(const std::string& path_and_query) const override {
    return look(path_and_query);
  }

  std::string server() const override { return server_; }

  Result<Json> apply(const Json& object) override {
    // The server takes JSON as the YAML that it is.
    return write("PATCH", "applying", ref_of(object), "", "&force=false",
                 "application/apply-patch+yaml", object);
  }

  Result<Json> merge_patch(const ObjectRef& ref, const Json& patch,
                           const std::string& subresource = "") override {
    return write("PATCH", "patching", ref, subresource, "", "application/merge-patch+json", patch);
  }

  Result<Json> create(const Json& object) override {
    return write("POST", "creating", ref_of(object), "", "", json_type, object);
  }

  Result<void> remove(const ObjectRef& ref, const std::string& uid = "") override {
    OSTLER_TRY(const ApiResource resource, resource_of(ref));
    Json options{
        {"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"propagationPolicy", "Background"}};
    if (!uid.empty()) options["preconditions"]["uid"] = uid;
    HttpRequest request;
    request.method = "DELETE";
    request.url = resource_path(ref, resource);
    request.headers = {{"Content-Type", json_type}};
    request.body = to_bytes(options);
    OSTLER_TRY(const HttpResponse answer, send(std::move(request)));
    const std::string what = asked("deleting", ref.text());
    if (answer.status == 404) {
      Result<std::optional<Json>> gone = absent_or_failure(answer, what);
      return gone.ok() ? Result<void>{} : Result<void>{gone.failure()};
    }
    if (answer.status / 100 != 2) return kubernetes_failure(answer, Effect::possible, what);
    return {};
  }

 private:
  static ObjectRef ref_of(const Json& object) {
    return {text_at(object, "/apiVersion"), text_at(object, "/kind"),
            text_at(object, "/metadata/namespace"), text_at(object, "/metadata/name")};
  }

  std::string asked(std::string_view verb, std::string_view object) const {
    return fmt::format("{} {} at {}", verb, object, server_);
  }

  /// 404 means absent only when the API server itself says that this object is not there, not when
  /// a path or a kind is unknown, and not when something in between has no idea of the cluster.
  static Result<std::optional<Json>> absent_or_failure(const HttpResponse& answer,
                                                       const std::string& what) {
    const Result<Json> status = parse_json(answer.body, what);
    if (status.ok() && text_at(*status, "/kind") == "Status" &&
        text_at(*status, "/reason") == "NotFound" && !text_at(*status, "/details/name").empty())
      return std::optional<Json>{};
    return kubernetes_failure(answer, Effect::none, what);
  }

  /// `request.url` is the path and query.
  Result<HttpResponse> send(HttpRequest request) const {
    const std::string path = std::exchange(request.url, "");
    request.url = server_ + path;
    request.headers.emplace_back("Accept", json_type);
    const HttpRequest bare = request;
    OSTLER_CHECK(credentials_.fill(request));
    Result<HttpResponse> answer = http_.send(request);
    // A refused credential has changed nothing, whatever was asked; once is enough.
    if (!answer.ok() || answer->status != 401 || !credentials_.refresh()) return answer;
    request = bare;
    OSTLER_CHECK(credentials_.fill(request));
    return http_.send(request);
  }

  Result<HttpResponse> look(const std::string& path) const {
    HttpRequest request;
    request.url = path;
    Result<HttpResponse> answer = send(std::move(request));
    if (!answer.ok()) return as_look(std::move(answer.failure()));
    return answer;
  }

  Result<Json> write(const std::string& method, std::string_view verb, const ObjectRef& ref,
                     const std::string& subresource, std::string_view flags, const char* type,
                     const Json& body) {
    OSTLER_TRY(const ApiResource resource, resource_of(ref));
    const std::string what = asked(verb, ref.text());
    ObjectRef place = ref;
    if (method == "POST") place.name.clear();
    HttpRequest request;
    request.method = method;
    request.url =
        fmt::format("{}?{}{}", resource_path(place, resource, subresource), write_flags, flags);
    request.headers = {{"Content-Type", type}};
    request.body = to_bytes(body);
    OSTLER_TRY(const HttpResponse answer, send(std::move(request)));
    if (answer.status / 100 != 2) return kubernetes_failure(answer, Effect::possible, what);
    Result<Json> object = parse_json(answer.body, what);
    if (!object.ok() || text_at(*object, "/metadata/name") != ref.name)
      return Failure{FailureKind::unknown, what + ": the answer does not show the object",
                     "Look at the object to see whether the change is there.", ""};
    return object;
  }

  Result<std::vector<Json>> list_once(const ObjectRef& kind, const std::string& path,
                                      const ListSelector& selector) const {
    const std::string what = asked("listing", kind.text());
    std::string query = fmt::format("?limit={}", page_size);
    if (!selector.labels.empty()) query += "&labelSelector=" + url_encoded(selector.labels);
    if (!selector.fields.empty()) query += "&fieldSelector=" + url_encoded(selector.fields);
    std::vector<Json> all;
    std::string next;
    for (int page = 0; page < max_pages; ++page) {
      OSTLER_TRY(const HttpResponse answer,
                 look(path + query + (next.empty() ? "" : "&continue=" + url_encoded(next))));
      if (answer.status != 200) return kubernetes_failure(answer, Effect::none, what);
      OSTLER_TRY(Json list, parse_json(answer.body, what));
      if (!value_at(list, "/items").is_array())
        return Failure{FailureKind::permanent, what + ": the answer is no list", "", ""};
      for (Json& item : list["items"]) {
        // Items of built-in kinds come without these two.
        item["apiVersion"] = kind.api_version;
        item["kind"] = kind.kind;
        all.push_back(std::move(item));
      }
      next = text_at(list, "/metadata/continue");
      if (next.empty()) return all;
    }
    return Failure{FailureKind::permanent,
                   fmt::format("{}: more than {} objects", what, max_pages * page_size), "", ""};
  }

  Result<ApiResource> resource_of(const ObjectRef& ref) const {
    if (const auto known = known_resource(ref.api_version, ref.kind)) return *known;
    const std::string key = ref.api_version + " " + ref.kind;
    {
      const std::lock_guard guard{mutex_};
      const auto found = discovered_.find(key);
      if (found != discovered_.end()) return found->second;
    }
    const std::string what = asked("discovering", sanitize(ref.api_version));
    OSTLER_TRY(const HttpResponse answer, look(api_path(ref.api_version)));
    if (answer.status != 200) return kubernetes_failure(answer, Effect::none, what);
    OSTLER_TRY(const Json group, parse_json(answer.body, what));
    if (const Json& resources = value_at(group, "/resources"); resources.is_array()) {
      for (const Json& resource : resources) {
        const std::string plural = text_at(resource, "/name");
        if (text_at(resource, "/kind") != ref.kind || plural.find('/') != std::string::npos)
          continue;
        const ApiResource found{plural, flag_at(resource, "/namespaced")};
        const std::lock_guard guard{mutex_};
        return discovered_.emplace(key, found).first->second;
      }
    }
    return Failure{FailureKind::permanent,
                   fmt::format("{}: there is no kind '{}'", what, sanitize(ref.kind)), "", "404"};
  }

  const std::string server_;
  HttpClient& http_;
  mutable KubernetesCredentials credentials_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, ApiResource> discovered_;
};

}  // namespace

Result<std::unique_ptr<Kubernetes>> make_kubernetes(const KubernetesSettings& settings,
                                                    HttpClient& http, ProcessRunner& processes) {
  OSTLER_TRY(ClusterAccess access, read_cluster_access(settings, real_surroundings()));
  return std::unique_ptr<Kubernetes>{
      std::make_unique<KubernetesClient>(std::move(access), http, processes)};
}

}  // namespace ostler
