// The API server over HTTP.
#include "ostler/lab/kubernetes_door.hpp"

#include "lab/kubernetes/kubernetes_discovery.hpp"
#include "lab/kubernetes/kubernetes_pods.hpp"
#include "lab/kubernetes/kubernetes_rights.hpp"
#include "lab/kubernetes/kubernetes_watch.hpp"
#include "lab/kubernetes/protobuf.hpp"
#include "lab/objects/api_status.hpp"
#include "lab/objects/field_names.hpp"
#include "lab/objects/objects_answers.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <variant>

namespace ostler::lab {
namespace {

using namespace std::chrono_literals;

/// How long the server takes on an idle cluster.
constexpr Instant read_time = 2ms;
constexpr Instant write_time = 5ms;

Served as_served(const ApiAnswer& answer) {
  return answer_json(answer.status, answer.body);
}

Served no_such_path() {
  return answer_text(404, "404 page not found\n");
}

ApiAnswer no_such_resource() {
  return status_answer(404, "NotFound", "the server could not find the requested resource");
}

ApiAnswer not_allowed() {
  return status_answer(405, "MethodNotAllowed",
                       "the server does not allow this method on the requested resource");
}

/// The body as JSON, or why it is none.
std::variant<Json, ApiAnswer> read_body(const HttpRequest& request) {
  if (request.body.empty()) return Json::object();
  if (header_of(request, "content-type").find("protobuf") != std::string::npos) {
    if (std::optional<Json> object = read_protobuf(request.body)) return std::move(*object);
    return status_answer(415, "UnsupportedMediaType",
                         "the body of the request was in an unknown format - accepted media types "
                         "include: application/json");
  }
  Result<Json> object = parse_json(request.body, "body of the request");
  if (!object.ok()) return bad_request(object.failure().message);
  return std::move(*object);
}

std::optional<PatchType> patch_type(const std::string& content_type) {
  if (starts_with(content_type, "application/merge-patch+json")) return PatchType::merge;
  if (starts_with(content_type, "application/json-patch+json")) return PatchType::json;
  if (starts_with(content_type, "application/strategic-merge-patch+json"))
    return PatchType::strategic;
  return std::nullopt;
}

bool is_apply(const ApiRequest& request) {
  return request.verb == "patch" &&
         starts_with(header_of(*request.http, "content-type"), "application/apply-patch+yaml");
}

std::string quoted_fields(const std::vector<std::string>& fields) {
  std::vector<std::string> words;
  for (const std::string& field : fields) words.push_back("unknown field \"" + field + "\"");
  return join(words, ", ");
}

/// What a whole object must say of itself to fit its URL, filled in where it says nothing.
std::optional<ApiAnswer> fit_to_url(const ApiRequest& request, Json& object) {
  if (!object.is_object()) return bad_request("the body of the request is no object");
  const std::string version = text_at(object, "/apiVersion");
  const std::string kind = text_at(object, "/kind");
  if (request.subresource == "scale" || request.subresource == "eviction") return std::nullopt;
  if (!kind.empty() && kind != request.ref.kind)
    return bad_request(
        fmt::format("{} in version \"{}\" cannot be handled as a {}: converting to "
                    "({}): unknown conversion",
                    kind, version, request.ref.kind, request.ref.kind));
  if (!version.empty() && version != request.ref.api_version)
    return bad_request(
        fmt::format("the API version in the data ({}) does not match the expected API version ({})",
                    version, request.ref.api_version));
  object["apiVersion"] = request.ref.api_version;
  object["kind"] = request.ref.kind;
  if (!object["metadata"].is_object()) object["metadata"] = Json::object();
  if (request.ref.name_space.empty()) return std::nullopt;
  // An empty one is none: kubectl's protobuf writes every text.
  const std::string space = text_at(object, "/metadata/namespace");
  if (!space.empty() && space != request.ref.name_space)
    return bad_request(
        "the namespace of the provided object does not match the namespace sent on the request");
  object["metadata"]["namespace"] = request.ref.name_space;
  return std::nullopt;
}

/// Why what a client sends is not even looked at as an object: `unknown` are the fields that it
/// does not have.
std::optional<ApiAnswer> undecodable(const ApiRequest& request, const Json& body,
                                     const std::vector<std::string>& unknown) {
  const bool patched = request.verb == "patch" && !is_apply(request);
  std::optional<WrongType> wrong;
  // What becomes of a patch is seen when it is made.
  if (body.is_object() && !patched && request.subresource != "eviction")
    wrong = wrong_type(request.subresource == "scale" ? "Scale" : request.kind->kind, body);
  // Apply knows its schema whatever the validation, and the server has no better code for it.
  if (is_apply(request)) {
    if (!wrong && unknown.empty()) return std::nullopt;
    return status_answer(
        500, "",
        fmt::format("failed to create typed patch object ({}/{}; {}, Kind={}): {}",
                    request.ref.name_space, request.ref.name, request.ref.api_version,
                    request.ref.kind,
                    wrong ? wrong->applying
                          : fmt::format(".{}: field not declared in schema", unknown.front())));
  }
  const bool strict = request.target.value("fieldValidation") == "Strict" && !unknown.empty();
  if (!wrong && !strict) return std::nullopt;
  const std::string words =
      wrong ? wrong->decoding : "strict decoding error: " + quoted_fields(unknown);
  if (patched) return invalid({}, {invalid_field("patch", request.http->body, words)});
  return bad_request(fmt::format("{0} in version \"{1}\" cannot be handled as a {0}: {2}",
                                 request.kind->kind, request.kind->version, words));
}

}  // namespace

struct KubernetesDoor::Impl {
  World& world;
  Objects& objects;
  Pods& pods;
  Programs& programs;
  std::string token;
  Rights rights;
  PodHttp pod_http;

  bool is_known(const HttpRequest& request) const {
    if (token.empty()) return true;
    if (request.bearer) return request.bearer->reveal() == token;
    return header_of(request, "authorization") == "Bearer " + token;
  }

  /// The answer to everything that is not about objects; nothing for the rest.
  std::optional<Served> about_itself(const HttpRequest& request, const Target& target) const;
  /// Why the request is not to be answered at all; nothing when it is.
  std::optional<ApiAnswer> refusal(const ApiRequest& request) const;

  Served read(const ApiRequest& request);
  Served list(const ApiRequest& request) const;
  Served as_table(const ApiRequest& request, Json body, RowObject form) const;
  Served write(const ApiRequest& request);
  ApiAnswer patch(const ApiRequest& request, Json body);
  ApiAnswer remove(const ApiRequest& request, Json options);
  ApiAnswer change(const ApiRequest& request, Json body);
};

KubernetesDoor::KubernetesDoor(World& world, Objects& objects, Pods& pods, Programs& programs,
                               std::string token)
    : impl_(new Impl{world, objects, pods, programs, std::move(token), {}, {}}) {}

KubernetesDoor::~KubernetesDoor() = default;

void KubernetesDoor::deny(const std::string& verb, const std::string& resource) {
  impl_->rights.deny(verb, resource);
}

void KubernetesDoor::set_pod_http(PodHttp serve) {
  impl_->pod_http = std::move(serve);
}

std::optional<Served> KubernetesDoor::Impl::about_itself(const HttpRequest& request,
                                                         const Target& target) const {
  if (request.method == "GET") return discovery_answer(target);
  if (request.method != "POST") return std::nullopt;
  const std::vector<std::string> parts = target.parts();
  if (parts.size() != 4 || parts[3].find("review") == std::string::npos) return std::nullopt;
  const auto question = read_body(request);
  if (const auto* refusal = std::get_if<ApiAnswer>(&question)) return as_served(*refusal);
  const std::optional<ApiAnswer> review = rights.review(target, std::get<Json>(question));
  if (!review) return std::nullopt;
  return as_served(*review);
}

std::optional<ApiAnswer> KubernetesDoor::Impl::refusal(const ApiRequest& request) const {
  const std::string& below = request.subresource;
  const bool is_pod = request.ref.kind == "Pod";
  const bool served = below.empty() || (below == "status" && request.kind->status) ||
                      (below == "scale" && request.kind->scale) ||
                      (is_pod && (below == "log" || below == "proxy" || below == "eviction"));
  if (!served) return no_such_resource();
  if (!rights.allowed(request.verb, request.resource())) return rights.forbidden(request);
  if (!request.target.value("dryRun").empty()) return bad_request("dryRun is not supported");
  return std::nullopt;
}

Served KubernetesDoor::answer(const HttpRequest& request) {
  if (!impl_->is_known(request))
    return as_served(status_answer(401, "Unauthorized", "Unauthorized"));
  const Target target = target_of(request.url);
  const std::optional<ApiRequest> read = read_api_request(request);
  Served served;
  if (!read) {
    if (std::optional<Served> itself = impl_->about_itself(request, target))
      served = std::move(*itself);
    else
      served = is_served_version(target) ? as_served(no_such_resource()) : no_such_path();
  } else if (const auto refusal = impl_->refusal(*read)) {
    served = as_served(*refusal);
  } else if (read->subresource == "proxy") {
    served = proxy_answer(impl_->objects, impl_->pods, impl_->programs, impl_->pod_http, *read);
  } else if (request.method == "GET") {
    served = impl_->read(*read);
  } else {
    served = impl_->write(*read);
    served.took += write_time - read_time;
  }
  served.took += read_time;
  return served;
}

std::optional<std::unique_ptr<Watch>> KubernetesDoor::watch(const HttpRequest& request) {
  if (request.method != "GET" || !impl_->is_known(request)) return std::nullopt;
  const std::optional<ApiRequest> read = read_api_request(request);
  if (!read || impl_->refusal(*read)) return std::nullopt;
  if (read->subresource == "log" && read->target.value("follow") == "true") {
    if (log_refusal(impl_->objects, *read).status != 200) return std::nullopt;
    const std::string lines = read->target.value("tailLines");
    return follow_log(impl_->objects, impl_->pods, read->ref,
                      lines.empty() ? -1 : std::strtoll(lines.c_str(), nullptr, 10));
  }
  if (read->verb != "watch" || !read->subresource.empty()) return std::nullopt;
  auto stream = watch_objects(impl_->world, impl_->objects, *read);
  if (!stream.ok()) return std::nullopt;
  return std::move(*stream);
}

Served KubernetesDoor::Impl::read(const ApiRequest& request) {
  if (request.subresource == "log") {
    const ApiAnswer refusal = log_refusal(objects, request);
    return refusal.status == 200 ? log_answer(pods, request) : as_served(refusal);
  }
  if (request.verb == "watch") {
    auto stream = watch_objects(world, objects, request);
    if (!stream.ok()) return as_served(bad_request(stream.failure().message));
    return answer_text(200, (*stream)->next(), "application/json");
  }
  if (request.collection()) return list(request);
  const Objects::Stored found = objects.find(request.ref);
  if (!found) return as_served(not_found(request.ref));
  if (request.subresource == "scale") return answer_json(200, scale_of(*found));
  if (const auto form = request.table()) return as_table(request, *found, *form);
  return answer_json(200, *found);
}

Served KubernetesDoor::Impl::list(const ApiRequest& request) const {
  const Target& target = request.target;
  const std::string limit = target.value("limit");
  ApiAnswer answer =
      objects.list(request.ref, {target.value("labelSelector"), target.value("fieldSelector")},
                   limit.empty() ? 0 : std::atoi(limit.c_str()), target.value("continue"));
  const auto form = request.table();
  if (answer.status != 200 || !form) return as_served(answer);
  return as_table(request, std::move(answer.body), *form);
}

Served KubernetesDoor::Impl::as_table(const ApiRequest& request, Json body, RowObject form) const {
  std::vector<const Json*> rows;
  Json metadata = Json::object();
  if (body.contains("items")) {
    metadata = body["metadata"];
    for (Json& item : body["items"]) {
      item["apiVersion"] = request.ref.api_version;
      item["kind"] = request.ref.kind;
      rows.push_back(&item);
    }
  } else {
    metadata["resourceVersion"] = text_at(body, "/metadata/resourceVersion");
    rows.push_back(&body);
  }
  return answer_json(200, table_of(*request.kind, rows, world.wall(), form, metadata));
}

Served KubernetesDoor::Impl::write(const ApiRequest& request) {
  auto read = read_body(*request.http);
  if (const auto* refusal = std::get_if<ApiAnswer>(&read)) return as_served(*refusal);
  Json& body = std::get<Json>(read);
  if (request.verb == "delete" || request.verb == "deletecollection")
    return as_served(remove(request, std::move(body)));
  std::vector<std::string> unknown;
  // A JSON patch is a list of operations, not a part of the object.
  if (body.is_object() && (request.subresource.empty() || request.subresource == "status"))
    unknown = take_unknown_fields(*request.kind, body);
  const std::string strictness = request.target.value("fieldValidation");
  if (const auto refusal = undecodable(request, body, unknown)) return as_served(*refusal);
  Served served = as_served(change(request, std::move(body)));
  if (strictness != "Ignore")
    for (const std::string& field : unknown)
      served.response.headers.emplace_back("warning",
                                           fmt::format(R"(299 - "unknown field \"{}\"")", field));
  return served;
}

ApiAnswer KubernetesDoor::Impl::change(const ApiRequest& request, Json body) {
  if (request.verb == "patch") return patch(request, std::move(body));
  if (request.subresource == "eviction") {
    if (request.verb != "create") return not_allowed();
    return evict(objects, request.ref, body);
  }
  if (const auto misfit = fit_to_url(request, body)) return *misfit;
  if (request.verb == "update" && !request.collection())
    return objects.replace(request.ref, std::move(body), request.subresource, request.manager());
  if (request.verb != "create" || !request.collection()) return not_allowed();
  if (request.kind->namespaced && request.ref.name_space.empty() &&
      text_at(body, "/metadata/namespace").empty())
    return bad_request("an empty namespace may not be set during creation");
  return objects.create(std::move(body), request.manager());
}

ApiAnswer KubernetesDoor::Impl::patch(const ApiRequest& request, Json body) {
  if (request.collection()) return not_allowed();
  const std::string type = header_of(*request.http, "content-type");
  if (is_apply(request)) {
    if (request.target.value("fieldManager").empty())
      return invalid({"meta.k8s.io/v1", "PatchOptions", "", ""},
                     {required_field("fieldManager", "is required for apply patch")});
    if (const auto misfit = fit_to_url(request, body)) return *misfit;
    return objects.apply(request.ref, body, request.manager(),
                         request.target.value("force") == "true");
  }
  const auto known = patch_type(type);
  if (!known)
    return status_answer(415, "UnsupportedMediaType",
                         "the body of the request was in an unknown format - accepted media types "
                         "include: application/json-patch+json, application/merge-patch+json, "
                         "application/strategic-merge-patch+json, application/apply-patch+yaml");
  return objects.patch(request.ref, *known, body, request.subresource, request.manager());
}

ApiAnswer KubernetesDoor::Impl::remove(const ApiRequest& request, Json options) {
  const Target& target = request.target;
  for (const char* name : {"propagationPolicy", "gracePeriodSeconds"}) {
    const std::string value = target.value(name);
    if (value.empty()) continue;
    if (std::string_view(name) == "gracePeriodSeconds")
      options[name] = std::atoi(value.c_str());
    else
      options[name] = value;
  }
  if (!request.collection()) return objects.remove(request.ref, options);
  const ApiAnswer chosen =
      objects.list(request.ref, {target.value("labelSelector"), target.value("fieldSelector")});
  if (chosen.status == 200)
    for (const Json& item : chosen.body["items"])
      objects.remove({request.ref.api_version, request.ref.kind,
                      text_at(item, "/metadata/namespace"), text_at(item, "/metadata/name")},
                     options);
  return chosen;
}

}  // namespace ostler::lab
