// A container registry, as HTTP meets it.
#include "ostler/lab/registry_door.hpp"

#include "lab/registry/byte_range.hpp"
#include "lab/registry/registry_guard.hpp"
#include "lab/registry/registry_store.hpp"
#include "lab/registry/registry_uploads.hpp"

#include "ostler/base/text.hpp"

#include <charconv>

namespace ostler::lab {
namespace {

using Headers = std::vector<HttpHeader>;

Served answer_with(int status, Headers headers, std::string body = "") {
  Served served;
  served.response.status = status;
  served.response.headers = std::move(headers);
  served.response.body = std::move(body);
  return served;
}

Served not_allowed() {
  return answer_text(405, "Method not allowed\n");
}
Served not_found() {
  return answer_text(404, "404 page not found\n");
}

bool is_digest(std::string_view text) {
  return text.size() == 71 && starts_with(text, "sha256:") &&
         text.find_first_not_of("0123456789abcdef", 7) == std::string_view::npos;
}

bool is_repository(std::string_view name) {
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-/") ==
                              std::string_view::npos;
}

bool accepts(const HttpRequest& request, std::string_view type) {
  for (const auto& [name, value] : request.headers) {
    if (name != "Accept" && name != "accept") continue;
    for (const std::string& one : split(value, ','))
      if (trim(std::string_view(one).substr(0, one.find(';'))) == type) return true;
  }
  return false;
}

bool names_etag(const HttpRequest& request, const std::string& digest) {
  const std::string value = header_of(request, "if-none-match");
  return value == digest || value == "\"" + digest + "\"";
}

/// `names` behind `last`, at most `n` of them.
struct Page {
  std::vector<std::string> names;
  std::string link;
};

Page page_of(const Target& target, const std::vector<std::string>& names, const std::string& path) {
  const std::string last = target.value("last"), wanted = target.value("n");
  std::size_t count = names.size();
  if (!wanted.empty()) std::from_chars(wanted.data(), wanted.data() + wanted.size(), count);
  Page page;
  for (const std::string& name : names) {
    if (!last.empty() && name <= last) continue;
    if (page.names.size() == count) {
      if (count > 0)
        page.link = fmt::format("<{}?last={}&n={}>; rel=\"next\"", path,
                                url_encoded(page.names.back()), count);
      break;
    }
    page.names.push_back(name);
  }
  return page;
}

/// The thing that a path below /v2/ names.
struct Route {
  enum class Kind { base, catalog, tags, manifest, blob, uploads, upload, none };
  Kind kind = Kind::none;
  std::string repository, reference;
};

Route route_of(const std::string& path) {
  using Kind = Route::Kind;
  if (path == "/v2/") return {Kind::base, "", ""};
  if (path == "/v2/_catalog") return {Kind::catalog, "", ""};
  if (!starts_with(path, "/v2/")) return {};
  const std::string rest = path.substr(4);
  const auto cut = [&rest](std::string_view mark, Kind kind) -> std::optional<Route> {
    const std::size_t at = rest.rfind(mark);
    if (at == std::string::npos || !is_repository(rest.substr(0, at))) return std::nullopt;
    return Route{kind, rest.substr(0, at), rest.substr(at + mark.size())};
  };
  if (auto route = cut("/tags/list", Kind::tags); route && route->reference.empty()) return *route;
  if (auto route = cut("/manifests/", Kind::manifest)) return *route;
  if (auto route = cut("/blobs/uploads", Kind::uploads)) {
    route->reference.erase(0, 1);
    if (!route->reference.empty()) route->kind = Kind::upload;
    return *route;
  }
  if (auto route = cut("/blobs/", Kind::blob)) return *route;
  return {};
}

std::vector<RegistryAccess> wanted_access(const Route& route, const HttpRequest& request,
                                          const Target& target) {
  if (route.kind == Route::Kind::catalog) return {{"registry", "catalog", "*"}};
  if (route.repository.empty()) return {};
  std::vector<RegistryAccess> wanted;
  const auto want = [&wanted](const std::string& repository, const std::string& action) {
    wanted.push_back({"repository", repository, action});
  };
  if (request.method == "DELETE") {
    want(route.repository, "delete");
  } else {
    want(route.repository, "pull");
    if (request.method != "GET" && request.method != "HEAD") want(route.repository, "push");
  }
  if (const std::string source = target.value("from"); !source.empty()) want(source, "pull");
  return wanted;
}

}  // namespace

struct RegistryDoor::Impl {
  World& world;
  RegistryDoorSettings settings;
  RegistryStore store;
  RegistryGuard guard{world, settings};
  RegistryUploads uploads{store};
  int throttle_count = 0, counted = 0;
  Instant throttle_window{0}, window_began{0};
  bool immutable_tags = false, failing = false;

  Impl(World& in, RegistryDoorSettings with) : world(in), settings(std::move(with)) {}

  std::optional<Served> throttled();
  Served route(const HttpRequest& request, const Target& target);
  Served tags(const RegistryCall& call) const;
  Served catalog(const Target& target) const;
  Served manifest(const RegistryCall& call);
  Served read_manifest(const RegistryCall& call) const;
  Served write_manifest(const RegistryCall& call);
  Served blob(const RegistryCall& call);
};

std::optional<Served> RegistryDoor::Impl::throttled() {
  if (throttle_count == 0) return std::nullopt;
  if (world.now() >= window_began + throttle_window) {
    window_began = world.now();
    counted = 0;
  }
  if (++counted <= throttle_count) return std::nullopt;
  const auto wait =
      std::chrono::ceil<std::chrono::seconds>(window_began + throttle_window - world.now());
  Served served = registry_error(429, "TOOMANYREQUESTS", "too many requests");
  served.response.headers.emplace_back("retry-after", std::to_string(wait.count()));
  return served;
}

Served RegistryDoor::Impl::tags(const RegistryCall& call) const {
  if (call.request.method != "GET") return not_allowed();
  const RegistryStore::Repository* found = store.find(call.repository);
  if (found == nullptr || found->manifests.empty())
    return registry_error(404, "NAME_UNKNOWN", "repository name not known to registry",
                          {{"name", call.repository}});
  std::vector<std::string> names;
  for (const auto& [tag, digest] : found->tags) names.push_back(tag);
  const Page page = page_of(call.target, names, "/v2/" + call.repository + "/tags/list");
  Served served = answer_json(200, {{"name", call.repository}, {"tags", page.names}});
  if (!page.link.empty()) served.response.headers.emplace_back("link", page.link);
  return served;
}

Served RegistryDoor::Impl::catalog(const Target& target) const {
  std::vector<std::string> names;
  for (const auto& [name, repository] : store.all())
    if (!repository.manifests.empty()) names.push_back(name);
  const Page page = page_of(target, names, "/v2/_catalog");
  Served served = answer_json(200, {{"repositories", page.names}});
  if (!page.link.empty()) served.response.headers.emplace_back("link", page.link);
  return served;
}

Served RegistryDoor::Impl::read_manifest(const RegistryCall& call) const {
  const auto unknown = [](const std::string& detail) {
    return registry_error(404, "MANIFEST_UNKNOWN", "manifest unknown", detail);
  };
  const std::string digest = store.resolve(call.repository, call.reference);
  if (digest.empty())
    return unknown(is_digest(call.reference) ? fmt::format("unknown manifest name={} revision={}",
                                                           call.repository, call.reference)
                                             : "unknown tag=" + call.reference);
  if (names_etag(call.request, digest)) return answer_with(304, {});
  const StoredManifest& found = *store.manifest(call.repository, digest);
  // It never sends these to a client that does not ask for them, and says nothing else is there.
  for (const auto& [type, words] :
       {std::pair{"application/vnd.oci.image.manifest.v1+json",
                  "OCI manifest found, but accept header does not support OCI manifests"},
        std::pair{"application/vnd.oci.image.index.v1+json",
                  "OCI index found, but accept header does not support OCI indexes"}})
    if (found.type == type && !accepts(call.request, type))
      return registry_error(404, "MANIFEST_UNKNOWN", words);
  const bool head = call.request.method == "HEAD";
  Headers headers{{"content-type", found.type},
                  {"docker-content-digest", digest},
                  {"etag", "\"" + digest + "\""}};
  if (head) headers.emplace_back("content-length", std::to_string(found.bytes->size()));
  return answer_with(200, std::move(headers), head ? "" : *found.bytes);
}

Served RegistryDoor::Impl::write_manifest(const RegistryCall& call) {
  if (immutable_tags && !is_digest(call.reference) &&
      !store.resolve(call.repository, call.reference).empty())
    return registry_error(
        412, "PRECONDITION",
        fmt::format("Failed to process request due to '{}:{}' configured as immutable.",
                    call.repository.substr(call.repository.rfind('/') + 1), call.reference));
  const std::string type = header_of(call.request, "content-type");
  const auto put = store.put_manifest(call.repository, call.reference, type,
                                      std::make_shared<const std::string>(call.request.body));
  if (const auto* trouble = std::get_if<ManifestTrouble>(&put)) {
    Json errors = Json::array();
    for (const std::string& detail : trouble->details)
      errors.push_back(
          {{"code", trouble->code}, {"message", trouble->message}, {"detail", detail}});
    if (errors.empty()) errors.push_back({{"code", trouble->code}, {"message", trouble->message}});
    return answer_json(400, {{"errors", errors}});
  }
  const auto& digest = std::get<std::string>(put);
  return answer_with(
      201, {{"location", fmt::format("{}/v2/{}/manifests/{}", call.base, call.repository, digest)},
            {"docker-content-digest", digest}});
}

Served RegistryDoor::Impl::manifest(const RegistryCall& call) {
  const std::string& method = call.request.method;
  if (method == "GET" || method == "HEAD") return read_manifest(call);
  if (method == "PUT") return write_manifest(call);
  if (method != "DELETE") return not_allowed();
  if (!store.remove_manifest(call.repository, call.reference))
    return registry_error(404, "MANIFEST_UNKNOWN", "manifest unknown");
  return answer_with(202, {});
}

Served RegistryDoor::Impl::blob(const RegistryCall& call) {
  const std::string& method = call.request.method;
  if (method != "GET" && method != "HEAD" && method != "DELETE") return not_allowed();
  if (!is_digest(call.reference))
    return registry_error(400, "DIGEST_INVALID", "provided digest did not match uploaded content",
                          "invalid checksum digest length");
  const SharedBytes bytes = store.blob(call.repository, call.reference);
  if (bytes == nullptr)
    return registry_error(404, "BLOB_UNKNOWN", "blob unknown to registry", call.reference);
  if (method == "DELETE") {
    store.remove_blob(call.repository, call.reference);
    return answer_with(202, {});
  }
  Headers headers{{"content-type", "application/octet-stream"},
                  {"docker-content-digest", call.reference},
                  {"etag", "\"" + call.reference + "\""},
                  {"accept-ranges", "bytes"},
                  {"cache-control", "max-age=31536000"}};
  if (names_etag(call.request, call.reference)) return answer_with(304, std::move(headers));
  if (method == "HEAD") {
    headers.emplace_back("content-length", std::to_string(bytes->size()));
    return answer_with(200, std::move(headers));
  }
  const ByteRange range = byte_range(header_of(call.request, "range"), bytes->size());
  if (range.kind == ByteRange::Kind::unsatisfiable) {
    Served served = answer_text(416, "invalid range: failed to overlap\n");
    served.response.headers.emplace_back("content-range", fmt::format("bytes */{}", bytes->size()));
    return served;
  }
  if (range.kind == ByteRange::Kind::whole) return answer_with(200, std::move(headers), *bytes);
  headers.emplace_back("content-range", range.content_range(bytes->size()));
  return answer_with(206, std::move(headers), bytes->substr(range.first, range.length));
}

Served RegistryDoor::Impl::route(const HttpRequest& request, const Target& target) {
  if (failing) return registry_error(503, "UNAVAILABLE", "service unavailable");
  if (auto refused = throttled()) return *refused;
  if (target.path == "/token" && settings.login == RegistryDoorSettings::Login::token)
    return guard.token(request, target);
  if (target.path == "/") return answer_with(200, {{"cache-control", "no-cache"}});
  if (target.path == "/v2") return answer_with(301, {{"location", "/v2/"}});
  const Route found = route_of(target.path);
  if (found.kind == Route::Kind::none) return not_found();
  if (auto refused = guard.refuse(request, wanted_access(found, request, target))) return *refused;
  const RegistryCall call{request, target, settings.scheme + "://" + settings.authority,
                          found.repository, found.reference};
  switch (found.kind) {
    case Route::Kind::catalog:
      return catalog(target);
    case Route::Kind::tags:
      return tags(call);
    case Route::Kind::manifest:
      return manifest(call);
    case Route::Kind::blob:
      return blob(call);
    case Route::Kind::uploads:
      return request.method == "POST" ? uploads.start(call) : not_allowed();
    case Route::Kind::upload:
      return uploads.go_on(call);
    default:
      return answer_json(200, Json::object());
  }
}

RegistryDoor::RegistryDoor(World& world, RegistryDoorSettings settings)
    : impl_(std::make_unique<Impl>(world, std::move(settings))) {}
RegistryDoor::~RegistryDoor() = default;

Served RegistryDoor::answer(const HttpRequest& request) {
  Served served = impl_->route(request, target_of(request.url));
  served.response.headers.emplace_back("docker-distribution-api-version", "registry/2.0");
  finish_transfer(request, served, impl_->settings.latency, impl_->settings.bytes_per_microsecond);
  return served;
}

const std::string& RegistryDoor::authority() const {
  return impl_->settings.authority;
}

void RegistryDoor::hold(const std::string& repository, const ShopImage& image) {
  impl_->store.hold(repository, image);
}

Json RegistryDoor::contents() const {
  Json all = Json::object();
  for (const auto& [name, repository] : impl_->store.all()) {
    Json& one = all[name];
    one = {{"tags", repository.tags}, {"manifests", Json::array()}};
    for (const auto& [digest, manifest] : repository.manifests) one["manifests"].push_back(digest);
  }
  return all;
}

std::vector<std::string> RegistryDoor::layers(const std::string& repository,
                                              const std::string& reference) const {
  const RegistryStore& store = impl_->store;
  const StoredManifest* found = store.manifest(repository, store.resolve(repository, reference));
  if (found != nullptr && !found->main_child.empty())
    found = store.manifest(repository, found->main_child);
  if (found == nullptr || found->blobs.empty()) return {};
  for (const std::string& digest : found->blobs)
    if (store.blob(repository, digest) == nullptr) return {};
  return {found->blobs.begin() + 1, found->blobs.end()};
}

void RegistryDoor::throttle(int count, Instant window) {
  impl_->throttle_count = count;
  impl_->throttle_window = window;
  impl_->window_began = impl_->world.now();
  impl_->counted = 0;
}

void RegistryDoor::lose_blob(const std::string& digest) {
  impl_->store.lose(digest);
}
void RegistryDoor::keep_tags(bool immutable) {
  impl_->immutable_tags = immutable;
}
void RegistryDoor::fail(bool failing) {
  impl_->failing = failing;
}

void RegistryImages::add(const RegistryDoor& registry) {
  registries_.push_back(&registry);
}

void RegistryImages::know(const ShopImage& image) {
  const Json manifest = parse_json(*image.manifest, "manifest").value();
  known_[text_at(value_at(manifest, "/layers").back(), "/digest")] = image.code;
}

const ShopCode* RegistryImages::code(std::string_view reference) const {
  const std::size_t slash = reference.find('/');
  if (slash == std::string_view::npos) return nullptr;
  const std::string_view host = reference.substr(0, slash), rest = reference.substr(slash + 1);
  const std::size_t at = rest.find('@'), colon = rest.substr(0, at).rfind(':');
  const std::string repository(rest.substr(0, std::min(at, colon)));
  std::string wanted = "latest";
  if (at != std::string_view::npos)
    wanted = rest.substr(at + 1);
  else if (colon != std::string_view::npos)
    wanted = rest.substr(colon + 1);
  for (const RegistryDoor* registry : registries_) {
    if (registry->authority() != host) continue;
    const std::vector<std::string> layers = registry->layers(repository, wanted);
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
      if (const auto known = known_.find(*layer); known != known_.end()) return &known->second;
      if (const ShopCode* code = code_of_layer(*layer)) return code;
    }
  }
  return nullptr;
}

}  // namespace ostler::lab
