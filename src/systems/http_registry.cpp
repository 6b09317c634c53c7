// Looks at a registry and writes tags and manifests (OCI distribution specification 1.1).
#include "systems/http_registry.hpp"

#include "systems/image_name.hpp"
#include "systems/registry_manifest.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/json.hpp"
#include "ostler/base/text.hpp"

namespace ostler {

namespace {

constexpr std::size_t manifest_limit = 8u << 20;
constexpr std::uint64_t small_blob_limit = 16u << 20;
constexpr int redirect_limit = 3;

/// The first error of the answer's body: "MANIFEST_UNKNOWN" and the server's words.
std::pair<std::string, std::string> server_error(const HttpResponse& response) {
  if (response.body.empty() || response.body.size() > (64u << 10)) return {};
  const auto body = parse_json(response.body, "error");
  if (!body.ok()) return {};
  return {sanitize(text_at(*body, "/errors/0/code"), Lines::escape, 64),
          sanitize(text_at(*body, "/errors/0/message"), Lines::escape, 300)};
}

FailureKind answer_kind(int status, RegistryEffect effect) {
  if (status == 429 || status == 503) return FailureKind::transient;
  if (status >= 500 || status == 408) {
    return effect == RegistryEffect::write ? FailureKind::unknown : FailureKind::transient;
  }
  return status == 404 ? FailureKind::permanent : FailureKind::refused;
}

Failure bad_name(std::string_view what, std::string_view value) {
  return {FailureKind::refused,
          fmt::format("'{}' is no {}", sanitize(value, Lines::escape, 300), what), "", ""};
}

Result<void> check_names(const std::string& repository, const std::string& reference) {
  if (!is_repository_name(repository)) return bad_name("name of a repository", repository);
  if (!is_tag(reference) && !is_digest(reference)) return bad_name("tag or digest", reference);
  return {};
}

}  // namespace

bool is_redirect_status(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Milliseconds transfer_timeout(std::uint64_t bytes) {
  constexpr std::uint64_t slow_bytes_per_second = 128u << 10;
  return std::chrono::minutes(10) + std::chrono::seconds(bytes / slow_bytes_per_second);
}

HttpRegistry::HttpRegistry(const RegistrySettings& settings, HttpClient& http)
    : address_(read_web_address(settings.url)), url_(settings.url), http_(http) {
  tls_.ca_pem = settings.ca_pem;
  if (address_ && address_->path == "/") address_->path.clear();
  login_ = std::make_unique<RegistryLogin>(http, address_.value_or(WebAddress{}), tls_,
                                           settings.user, settings.password);
}

std::string HttpRegistry::host() const {
  return address_ ? address_->authority() : sanitize(url_);
}

Failure HttpRegistry::named(Failure failure) const {
  return with_context(std::move(failure), "registry " + host());
}

Failure HttpRegistry::answer_failure(const HttpResponse& response, std::string_view doing,
                                     RegistryEffect effect) const {
  const auto [code, words] = server_error(response);
  Failure failure{
      answer_kind(response.status, effect),
      fmt::format("registry {}: {} was answered with {}", host(), doing, response.status), "",
      std::to_string(response.status)};
  if (!code.empty()) failure.message += " " + code;
  if (!words.empty()) failure.message += " (" + words + ")";
  if (code == "MANIFEST_BLOB_UNKNOWN") failure.code = code;
  if (code == "TOOMANYREQUESTS") failure.kind = FailureKind::transient;
  if (response.status == 401 || response.status == 403) {
    failure.hint = "Check `credentials` of this registry and what they may do in this repository.";
  } else if (const auto after = response.header("retry-after"); !after.empty()) {
    failure.hint =
        fmt::format("The registry asks to wait: {}.", sanitize(after, Lines::escape, 64));
  }
  return failure;
}

HttpRequest HttpRegistry::request(const std::string& method, const std::string& repository,
                                  const std::string& rest) const {
  HttpRequest made;
  made.method = method;
  made.url = address_.value_or(WebAddress{}).text() + "/v2/" + repository + rest;
  made.tls = tls_;
  return made;
}

Result<HttpResponse> HttpRegistry::exchange(HttpRequest request, const Scopes& scopes) const {
  return exchange(std::move(request), scopes, nullptr);
}

/// Sends the request, with a new token once more when the first answer is a 401.
Result<HttpResponse> HttpRegistry::exchange(
    HttpRequest request, const Scopes& scopes,
    const std::function<bool(std::string_view)>* sink) const {
  if (!address_ || !address_->path.empty()) {
    return Failure{FailureKind::refused,
                   fmt::format("'{}' is no URL of a registry", sanitize(url_)),
                   "Write it as https://HOST or https://HOST:PORT.", ""};
  }
  if (address_->scheme != "https" && !is_loopback(*address_)) {
    return Failure{FailureKind::refused,
                   fmt::format("registry {}: http:// is only for loopback addresses", host()),
                   "Write https://.", ""};
  }
  for (int attempt = 0;; ++attempt) {
    OSTLER_CHECK(login_->authorise(request, scopes));
    auto response = sink == nullptr ? http_.send(request) : http_.stream(request, *sink);
    if (!response.ok()) return named(response.failure());
    if (response->status != 401 || attempt > 0) return response;
    OSTLER_CHECK(login_->learn(*response, scopes));
  }
}

Result<Descriptor> HttpRegistry::described(const HttpResponse& response,
                                           const std::string& repository,
                                           const std::string& reference) const {
  Descriptor found;
  found.media_type = sanitize(response.header("content-type"), Lines::escape, 256);
  found.digest = response.header("docker-content-digest");
  found.size = std::strtoull(std::string(response.header("content-length")).c_str(), nullptr, 10);
  if (!is_digest(found.digest) || found.size == 0) {
    // Registries of older specifications leave them out.
    OSTLER_TRY(const Manifest read, manifest(repository, reference));
    return read.descriptor;
  }
  if (is_digest(reference) && found.digest != reference) {
    return Failure{FailureKind::permanent,
                   fmt::format("registry {}: asked for {} of {}, it names {}", host(), reference,
                               repository, found.digest),
                   "", ""};
  }
  return found;
}

Result<std::optional<Descriptor>> HttpRegistry::head(const std::string& repository,
                                                     const std::string& reference) const {
  OSTLER_CHECK(check_names(repository, reference));
  HttpRequest asked = request("HEAD", repository, "/manifests/" + reference);
  asked.headers = {{"Accept", manifest_types}};
  OSTLER_TRY(const HttpResponse response, exchange(std::move(asked), pull_scope(repository)));
  if (response.status == 404) return std::optional<Descriptor>();
  if (response.status != 200) {
    return answer_failure(response, fmt::format("looking for {} of {}", reference, repository),
                          RegistryEffect::none);
  }
  OSTLER_TRY(Descriptor found, described(response, repository, reference));
  return std::optional<Descriptor>(std::move(found));
}

Result<Manifest> HttpRegistry::manifest(const std::string& repository,
                                        const std::string& reference) const {
  OSTLER_CHECK(check_names(repository, reference));
  HttpRequest asked = request("GET", repository, "/manifests/" + reference);
  asked.headers = {{"Accept", manifest_types}};
  asked.max_body = manifest_limit;
  OSTLER_TRY(HttpResponse response, exchange(std::move(asked), pull_scope(repository)));
  if (response.status == 404) {
    return Failure{FailureKind::permanent,
                   fmt::format("registry {}: {} has no {}", host(), repository, reference),
                   "Check the repository, and the tag or digest.", "404"};
  }
  if (response.status != 200) {
    return answer_failure(response, fmt::format("reading {} of {}", reference, repository),
                          RegistryEffect::none);
  }
  const std::string promised(response.header("docker-content-digest"));
  const std::string type(response.header("content-type"));
  auto read = parse_manifest(std::move(response.body), type);
  if (!read.ok()) return named(with_context(read.failure(), repository + " " + reference));
  for (const std::string& expected : {is_digest(reference) ? reference : std::string(), promised}) {
    if (starts_with(expected, "sha256:") && expected != read->descriptor.digest) {
      return Failure{FailureKind::permanent,
                     fmt::format("registry {}: the manifest {} of {} has the digest {}", host(),
                                 sanitize(expected), repository, read->descriptor.digest),
                     "Do not use this registry before it is known why it sends other bytes.", ""};
    }
  }
  return read;
}

Result<bool> HttpRegistry::look_for_blob(const std::string& repository, const std::string& digest,
                                         const Scopes& scopes) const {
  OSTLER_CHECK(check_names(repository, digest));
  OSTLER_TRY(const HttpResponse response,
             exchange(request("HEAD", repository, "/blobs/" + digest), scopes));
  // A redirect leads to where the blob is stored.
  if (response.status == 200 || is_redirect_status(response.status)) return true;
  if (response.status == 404) return false;
  return answer_failure(response, fmt::format("looking for blob {} of {}", digest, repository),
                        RegistryEffect::none);
}

Result<bool> HttpRegistry::has_blob(const std::string& repository,
                                    const std::string& digest) const {
  return look_for_blob(repository, digest, pull_scope(repository));
}

Result<bool> HttpRegistry::has_blob_for_push(const std::string& repository,
                                             const std::string& digest) const {
  return look_for_blob(repository, digest, push_scope(repository));
}

Result<std::string> HttpRegistry::blob(const std::string& repository,
                                       const Descriptor& blob) const {
  if (blob.size > small_blob_limit) {
    return Failure{FailureKind::permanent,
                   fmt::format("registry {}: blob {} of {} is longer than {}", host(), blob.digest,
                               repository, format_bytes(small_blob_limit)),
                   "", ""};
  }
  std::string bytes;
  OSTLER_CHECK(stream_blob(repository, blob, [&bytes](std::string_view part) {
    bytes += part;
    return true;
  }));
  return bytes;
}

bool HttpRegistry::leads_home(const WebAddress& address) const {
  return address.scheme == address_->scheme && address.host == address_->host &&
         address.port == address_->port;
}

/// Redirects and upload locations: home, or over https to a public place; a loopback registry may
/// name its own kind.
bool HttpRegistry::may_lead_to(const std::optional<WebAddress>& address) const {
  return address &&
         (leads_home(*address) || (address->scheme == "https" && !is_private_literal(*address)) ||
          (is_loopback(*address_) && is_loopback(*address)));
}

/// The request that a redirected blob is fetched with. Credentials stay with the registry.
Result<HttpRequest> HttpRegistry::follow(const HttpResponse& redirect, const WebAddress& from,
                                         const Descriptor& blob) const {
  const auto target = resolve_location(from, redirect.header("location"));
  if (!may_lead_to(target)) {
    return Failure{
        FailureKind::refused,
        fmt::format("registry {}: it sends us for blob {} to a place that is not allowed", host(),
                    blob.digest),
        "Redirects are followed to https:// and public addresses only.", ""};
  }
  HttpRequest next;
  next.url = target->text();
  // The storage behind a registry has a certificate of its own world.
  if (leads_home(*target) || is_loopback(*target)) next.tls = tls_;
  return next;
}

Result<void> HttpRegistry::stream_blob(const std::string& repository, const Descriptor& blob,
                                       const std::function<bool(std::string_view)>& sink) const {
  OSTLER_CHECK(check_names(repository, blob.digest));
  Sha256 hash;
  std::uint64_t received = 0;
  const std::function<bool(std::string_view)> watch = [&](std::string_view part) {
    received += part.size();
    hash.update(part);
    return received <= blob.size && sink(part);
  };
  HttpRequest asked = request("GET", repository, "/blobs/" + blob.digest);
  asked.timeout = transfer_timeout(blob.size);
  Result<HttpResponse> response = exchange(asked, pull_scope(repository), &watch);
  WebAddress from = *address_;
  for (int hop = 0; response.ok() && is_redirect_status(response->status) && hop < redirect_limit;
       ++hop) {
    OSTLER_TRY(HttpRequest next, follow(*response, from, blob));
    next.timeout = asked.timeout;
    if (const auto address = read_web_address(next.url)) from = *address;
    response = http_.stream(next, watch);
    if (!response.ok()) return named(response.failure());
  }
  const std::string what = fmt::format("blob {} of {}", blob.digest, repository);
  if (received > blob.size) {
    return named({FailureKind::permanent, what + " is longer than its manifest says", "", ""});
  }
  if (!response.ok()) return response.failure();
  if (response->status != 200)
    return answer_failure(*response, "reading " + what, RegistryEffect::none);
  if (received != blob.size || "sha256:" + hash.hex() != blob.digest) {
    return named({FailureKind::permanent, what + " does not have that digest or size",
                  "Do not use this registry before it is known why it sends other bytes.", ""});
  }
  return {};
}

Result<void> HttpRegistry::put_manifest(const std::string& repository, const std::string& reference,
                                        const Manifest& manifest) {
  OSTLER_CHECK(check_names(repository, reference));
  HttpRequest asked = request("PUT", repository, "/manifests/" + reference);
  asked.headers = {{"Content-Type", manifest.descriptor.media_type}};
  asked.body = manifest.bytes;
  OSTLER_TRY(const HttpResponse response, exchange(std::move(asked), push_scope(repository)));
  if (response.status == 201 || response.status == 200) return {};
  return answer_failure(response,
                        fmt::format("writing the manifest {} of {}", reference, repository),
                        RegistryEffect::write);
}

Result<void> HttpRegistry::put_tag(const std::string& repository, const std::string& tag,
                                   const Manifest& manifest, const std::string& expected_digest) {
  if (!is_tag(tag)) return bad_name("tag", tag);
  const std::string& wanted = manifest.descriptor.digest;
  const auto diverged = [&](const std::string& found) {
    return Failure{FailureKind::refused,
                   fmt::format("registry {}: tag '{}' of {} points to {}, expected {}", host(), tag,
                               repository, found.empty() ? "nothing" : found,
                               expected_digest.empty() ? "nothing" : expected_digest),
                   "Someone else moved the tag: find out who, then plan again.", "diverged"};
  };
  OSTLER_TRY(const std::optional<Descriptor> before, head(repository, tag));
  // Repositories with immutable tags refuse a second write even of the same digest.
  if (before && before->digest == wanted) return {};
  const std::string found = before ? before->digest : "";
  if (found != expected_digest) return diverged(found);
  OSTLER_CHECK(put_manifest(repository, tag, manifest));
  const auto after = head(repository, tag);
  if (!after.ok()) {
    Failure failure = after.failure();
    failure.kind = FailureKind::unknown;
    return failure;
  }
  if (!*after || (*after)->digest != wanted) return diverged(*after ? (*after)->digest : "");
  return {};
}

std::unique_ptr<Registry> make_registry(const RegistrySettings& settings, HttpClient& http) {
  return std::make_unique<HttpRegistry>(settings, http);
}

}  // namespace ostler
