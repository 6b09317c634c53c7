// One bucket of an S3-compatible store, addressed by path. Requests are signed by the HTTP client.
#include "ostler/systems/object_store.hpp"

#include "systems/xml.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"

namespace ostler {

namespace {

constexpr std::size_t object_limit = 64u << 20;
/// Pages of 1,000 keys; more than that is no list of records.
constexpr int page_limit = 200;

enum class Effect { none, write };

/// The digest of `bytes` as S3 wants it: the 32 bytes in base64.
std::string checksum_of(std::string_view bytes) {
  const std::string hex = sha256_hex(bytes);
  const auto digit = [&hex](std::size_t at) {
    return hex[at] <= '9' ? hex[at] - '0' : hex[at] - 'a' + 10;
  };
  std::string digest;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    digest += static_cast<char>(digit(at) * 16 + digit(at + 1));
  }
  return to_base64(digest);
}

class Bucket final : public ObjectStore {
 public:
  Bucket(ObjectStoreSettings settings, HttpClient& http)
      : settings_(std::move(settings)), http_(http) {
    while (ends_with(settings_.endpoint, "/")) settings_.endpoint.pop_back();
  }

  Result<bool> exists() const override {
    OSTLER_TRY(const HttpResponse response, send(request("HEAD", "", "")));
    if (response.status == 200) return true;
    if (response.status == 404) return false;
    return answer_failure(response, "looking for the bucket", Effect::none);
  }

  Result<std::string> versioning() const override {
    OSTLER_TRY(const XmlElement root,
               ask("versioning=", "VersioningConfiguration", "its versioning"));
    return root.text_of("Status");
  }

  Result<bool> object_lock() const override {
    auto root = ask("object-lock=", "ObjectLockConfiguration", "its object lock");
    if (!root.ok()) {
      if (root.failure().code == "ObjectLockConfigurationNotFoundError") return false;
      return root.failure();
    }
    return root->text_of("ObjectLockEnabled") == "Enabled";
  }

  Result<std::vector<StoredObject>> list(const std::string& prefix) const override;
  Result<std::optional<std::string>> get(const std::string& key) const override;
  Result<void> put_if_absent(const std::string& key, const std::string& bytes,
                             const std::string& content_type) override;

  std::string text() const override {
    const auto scheme = settings_.endpoint.find("://");
    const std::string host =
        scheme == std::string::npos ? settings_.endpoint : settings_.endpoint.substr(scheme + 3);
    return sanitize("s3://" + settings_.bucket + " at " + host.substr(0, host.find('/')));
  }

 private:
  /// `query` is sorted, and every name in it has a `=`: it is signed as it stands.
  HttpRequest request(const std::string& method, const std::string& key,
                      const std::string& query) const {
    HttpRequest made;
    made.method = method;
    made.url = settings_.endpoint + "/" + url_encoded(settings_.bucket);
    if (!key.empty()) made.url += "/" + url_encoded(key, Slash::keep);
    if (!query.empty()) made.url += "?" + query;
    made.aws = settings_.credentials;
    made.tls.ca_pem = settings_.ca_pem;
    return made;
  }

  Result<HttpResponse> send(const HttpRequest& made) const {
    auto response = http_.send(made);
    if (!response.ok()) return with_context(response.failure(), text());
    return response;
  }

  Result<XmlElement> ask(const std::string& query, std::string_view root,
                         std::string_view what) const {
    OSTLER_TRY(const HttpResponse response, send(request("GET", "", query)));
    if (response.status != 200) {
      return answer_failure(response, fmt::format("asking for {}", what), Effect::none);
    }
    OSTLER_TRY(XmlElement element, parse_xml(response.body, "the answer of " + text()));
    if (element.name != root) {
      return Failure{FailureKind::permanent,
                     fmt::format("{}: asking for {} gave '{}', expected '{}'", text(), what,
                                 sanitize(element.name), root),
                     "", ""};
    }
    return element;
  }

  Failure answer_failure(const HttpResponse& response, std::string_view doing, Effect effect) const;

  ObjectStoreSettings settings_;
  HttpClient& http_;
};

/// The store's own code, "NoSuchBucket"; where the answer has no body, the one that its status
/// stands for.
std::string error_code(const HttpResponse& response) {
  if (!response.body.empty() && response.body.size() < (64u << 10)) {
    const auto root = parse_xml(response.body, "error");
    if (root.ok() && root->name == "Error")
      return sanitize(root->text_of("Code"), Lines::escape, 64);
  }
  switch (response.status) {
    case 403:
      return "AccessDenied";
    case 404:
      return "NotFound";
    case 412:
      return "PreconditionFailed";
    case 501:
      return "NotImplemented";
    case 503:
      return "SlowDown";
    default:
      return std::to_string(response.status);
  }
}

FailureKind answer_kind(int status, const std::string& code, Effect effect) {
  if (status == 429 || status == 503 || code == "SlowDown" ||
      code == "ConditionalRequestConflict" || code == "OperationAborted") {
    return FailureKind::transient;
  }
  if (status == 501) return FailureKind::permanent;
  // A store may have kept the object before it answered with an error.
  if (status >= 500 || status == 408)
    return effect == Effect::write ? FailureKind::unknown : FailureKind::transient;
  if (status == 401 || status == 403 || status == 409 || status == 412) return FailureKind::refused;
  return FailureKind::permanent;
}

Failure Bucket::answer_failure(const HttpResponse& response, std::string_view doing,
                               Effect effect) const {
  const std::string code = error_code(response);
  Failure failure{
      answer_kind(response.status, code, effect),
      fmt::format("{}: {} was answered with {} {}", text(), doing, response.status, code), "",
      code};
  if (code == "RequestTimeTooSkewed") {
    failure.hint = fmt::format("Set this machine's clock; the store's says {}.",
                               sanitize(response.header("date")));
  } else if (code == "SignatureDoesNotMatch" || code == "InvalidAccessKeyId" ||
             code == "AccessDenied") {
    failure.hint =
        "Check the access key, the secret key and the region, and what they may do in this bucket.";
  } else if (code == "NoSuchBucket") {
    failure.hint = "Create the bucket, or correct its name.";
  } else if (const auto region = response.header("x-amz-bucket-region");
             !region.empty() && response.status / 100 == 3) {
    failure.hint = fmt::format("The bucket is in region {}.", sanitize(region));
  }
  return failure;
}

Result<std::vector<StoredObject>> Bucket::list(const std::string& prefix) const {
  std::vector<StoredObject> found;
  std::string token;
  for (int page = 0; page < page_limit; ++page) {
    std::string query = token.empty() ? "" : "continuation-token=" + url_encoded(token) + "&";
    query += "list-type=2&max-keys=1000&prefix=" + url_encoded(prefix);
    OSTLER_TRY(const XmlElement root, ask(query, "ListBucketResult", "its objects"));
    for (const XmlElement& entry : root.children) {
      if (entry.name != "Contents") continue;
      found.push_back({entry.text_of("Key"),
                       std::strtoull(entry.text_of("Size").c_str(), nullptr, 10),
                       entry.text_of("ETag"), entry.text_of("LastModified")});
    }
    if (root.text_of("IsTruncated") != "true") return found;
    token = root.text_of("NextContinuationToken");
    if (token.empty()) {
      return Failure{FailureKind::permanent, text() + ": a list goes on, but does not say where",
                     "", ""};
    }
  }
  return Failure{FailureKind::permanent,
                 fmt::format("{}: more than {} objects begin with '{}'", text(), page_limit * 1000,
                             sanitize(prefix)),
                 "", ""};
}

Result<std::optional<std::string>> Bucket::get(const std::string& key) const {
  HttpRequest made = request("GET", key, "");
  made.max_body = object_limit;
  OSTLER_TRY(HttpResponse response, send(made));
  if (response.status == 200) return std::optional<std::string>(std::move(response.body));
  if (response.status == 404 && error_code(response) == "NoSuchKey")
    return std::optional<std::string>();
  return answer_failure(response, "reading '" + sanitize(key) + "'", Effect::none);
}

Result<void> Bucket::put_if_absent(const std::string& key, const std::string& bytes,
                                   const std::string& content_type) {
  HttpRequest made = request("PUT", key, "");
  made.body = bytes;
  made.headers = {{"Content-Type", content_type},
                  {"If-None-Match", "*"},
                  // A bucket with a default retention takes no object without a checksum.
                  {"x-amz-checksum-sha256", checksum_of(bytes)}};
  OSTLER_TRY(const HttpResponse response, send(made));
  if (response.status == 200 || response.status == 201) return {};
  Failure failure = answer_failure(response, "storing '" + sanitize(key) + "'", Effect::write);
  if (response.status == 412) {
    failure.message = fmt::format("{}: '{}' exists already", text(), sanitize(key));
    failure.code = "PreconditionFailed";
  }
  return failure;
}

}  // namespace

std::unique_ptr<ObjectStore> make_object_store(const ObjectStoreSettings& settings,
                                               HttpClient& http) {
  return std::make_unique<Bucket>(settings, http);
}

}  // namespace ostler
