// An S3 store, as HTTP meets it.
#include "ostler/lab/s3_door.hpp"

#include "lab/registry/byte_range.hpp"
#include "lab/registry/credentials.hpp"
#include "lab/registry/times.hpp"
#include "lab/storage/s3_answers.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"

#include <charconv>

namespace ostler::lab {
namespace {

struct S3Call {
  const HttpRequest& request;
  const Target& target;
  std::string bucket_name, key;
  std::string header(std::string_view name) const { return header_of(request, name); }
};

Served method_not_allowed(const HttpRequest& request) {
  return s3_error(405, "MethodNotAllowed",
                  "The specified method is not allowed against this resource.",
                  {{"Method", request.method}, {"ResourceType", "SERVICE"}});
}

Served without_body(int status, std::vector<HttpHeader> headers = {}) {
  Served served;
  served.response.status = status;
  served.response.headers = std::move(headers);
  return served;
}

Served precondition_failed(const std::string& condition) {
  return s3_error(412, "PreconditionFailed",
                  "At least one of the pre-conditions you specified did not hold.",
                  {{"Condition", condition}});
}

bool is_bucket_name(const std::string& name) {
  return name.size() >= 3 && name.size() <= 63 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string::npos;
}

/// The body of a request that came in signed chunks, which S3's own tools send: each has its length
/// in hex and its signature in a line of its own.
std::string without_chunks(const std::string& body) {
  std::string bytes;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t line = body.find("\r\n", at);
    std::size_t length = 0;
    if (line == std::string::npos) break;
    std::from_chars(body.data() + at, body.data() + line, length, 16);
    if (length == 0) break;
    bytes += body.substr(line + 2, length);
    at = line + 2 + length + 2;
  }
  return bytes;
}

bool checksum_fits(const std::string& given, const std::string& bytes) {
  const auto digest = from_base64(given);
  return digest && to_hex(*digest) == sha256_hex(bytes);
}

}  // namespace

struct S3Door::Impl {
  World& world;
  S3DoorSettings settings;
  S3Store store{world};
  bool slow = false;

  Impl(World& in, S3DoorSettings with) : world(in), settings(std::move(with)) {}

  std::optional<Served> refuse(const HttpRequest& request) const;
  Served route(const HttpRequest& request, const Target& target);
  Served bucket_call(const S3Call& call);
  Served create_bucket(const S3Call& call);
  Served write_configuration(const S3Call& call, S3Bucket& bucket);
  Served read_bucket(const S3Call& call, const S3Bucket& bucket) const;
  Served delete_bucket(const S3Call& call, const S3Bucket& bucket);
  Served object_call(const S3Call& call, S3Bucket& bucket);
  Served read_object(const S3Call& call, const S3Bucket& bucket) const;
  Served write_object(const S3Call& call, S3Bucket& bucket);
  Served delete_object(const S3Call& call, S3Bucket& bucket);
};

std::optional<Served> S3Door::Impl::refuse(const HttpRequest& request) const {
  const Credentials sent = credentials_of(request);
  if (sent.scheme == Credentials::Scheme::none)
    return s3_error(403, "AccessDenied", "Access Denied.");
  const bool within = request.aws.has_value();
  if (!within && header_of(request, "x-amz-date").empty() && header_of(request, "date").empty())
    return s3_error(403, "AccessDenied",
                    "AWS authentication requires a valid Date or x-amz-date header.");
  if (sent.scheme != Credentials::Scheme::aws)
    return s3_error(400, "InvalidArgument", "Unsupported Authorization Type");
  if (!within && header_of(request, "x-amz-content-sha256").empty())
    return s3_error(400, "InvalidRequest",
                    "Missing required header for this request: x-amz-content-sha256");
  // Versity's own answer, though one would expect 403.
  if (sent.name != settings.access_key)
    return s3_error(404, "XAdminUserNotFound", "No user exists with the provided access key ID.");
  if (within ? sent.secret != settings.secret_key : sent.signature.size() != 64)
    return s3_error(403, "SignatureDoesNotMatch",
                    "The request signature we calculated does not match the signature you "
                    "provided. Check your key and signing method.",
                    {{"AWSAccessKeyId", sent.name}});
  return std::nullopt;
}

Served S3Door::Impl::create_bucket(const S3Call& call) {
  if (store.find(call.bucket_name) != nullptr)
    return s3_error(409, "BucketAlreadyOwnedByYou",
                    "Your previous request to create the named bucket succeeded and you already "
                    "own it.",
                    {{"BucketName", call.bucket_name}});
  S3BucketSettings wanted;
  wanted.object_lock = call.header("x-amz-bucket-object-lock-enabled") == "true";
  store.create(call.bucket_name, wanted);
  return without_body(200, {{"location", "/" + call.bucket_name}});
}

Served S3Door::Impl::write_configuration(const S3Call& call, S3Bucket& bucket) {
  if (!call.target.has("versioning")) return s3_not_implemented();
  for (const char* status : {"Enabled", "Suspended"}) {
    if (call.request.body.find(fmt::format("<Status>{}</Status>", status)) == std::string::npos)
      continue;
    if (bucket.object_lock && std::string_view(status) == "Suspended")
      return s3_error(409, "InvalidBucketState",
                      "An Object Lock configuration is present on this bucket, so the versioning "
                      "state cannot be changed.");
    bucket.versioning = status;
    return without_body(200);
  }
  return s3_error(400, "MalformedXML",
                  "The XML you provided was not well-formed or did not validate against our "
                  "published schema.");
}

Served S3Door::Impl::read_bucket(const S3Call& call, const S3Bucket& bucket) const {
  const Target& target = call.target;
  const std::string name_space = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
  const S3Details named{{"BucketName", call.bucket_name}};
  if (target.has("encryption") || target.has("lifecycle")) return s3_not_implemented();
  if (target.has("versioning")) {
    const std::string status =
        bucket.versioning.empty() ? "" : "<Status>" + bucket.versioning + "</Status>";
    return s3_xml(fmt::format("<VersioningConfiguration {}>{}</VersioningConfiguration>",
                              name_space, status));
  }
  if (target.has("object-lock")) {
    if (!bucket.object_lock)
      return s3_error(404, "ObjectLockConfigurationNotFoundError",
                      "Object Lock configuration does not exist for this bucket.", named);
    const auto days = bucket.retention.count() / 24;
    const std::string rule =
        days == 0 ? "<Rule></Rule>"
                  : fmt::format(
                        "<Rule><DefaultRetention><Days>{}</Days><Mode>COMPLIANCE</Mode>"
                        "</DefaultRetention></Rule>",
                        days);
    return s3_xml("<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>" + rule +
                  "</ObjectLockConfiguration>");
  }
  if (target.has("location"))
    return s3_xml(fmt::format("<LocationConstraint {}></LocationConstraint>", name_space));
  if (target.has("policy"))
    return s3_error(404, "NoSuchBucketPolicy", "The bucket policy does not exist.", named);
  if (target.has("cors"))
    return s3_error(404, "NoSuchCORSConfiguration", "The CORS configuration does not exist", named);
  if (target.has("tagging"))
    return s3_error(404, "NoSuchTagSet", "The TagSet does not exist.", named);
  if (target.has("acl") || target.has("uploads")) return s3_not_implemented();
  if (target.has("versions")) return s3_list_versions(call.bucket_name, bucket, target);
  Served served = s3_list(call.bucket_name, bucket, target, settings.access_key);
  served.response.headers.emplace_back("x-amz-bucket-region", settings.region);
  return served;
}

Served S3Door::Impl::delete_bucket(const S3Call& call, const S3Bucket& bucket) {
  if (!bucket.objects.empty())
    return s3_error(409, "BucketNotEmpty",
                    bucket.versioning.empty()
                        ? "The bucket you tried to delete is not empty."
                        : "The bucket you tried to delete is not empty. You must delete all "
                          "versions in the bucket.",
                    {{"BucketName", call.bucket_name}});
  store.remove(call.bucket_name);
  return without_body(204);
}

Served S3Door::Impl::bucket_call(const S3Call& call) {
  const std::string& method = call.request.method;
  if (method == "PUT" && call.key.empty() && call.target.query.empty()) return create_bucket(call);
  S3Bucket* bucket = store.find(call.bucket_name);
  if (bucket == nullptr)
    return s3_error(404, "NoSuchBucket", "The specified bucket does not exist.",
                    {{"BucketName", call.bucket_name}});
  if (!call.key.empty()) return object_call(call, *bucket);
  if (method == "PUT") return write_configuration(call, *bucket);
  if (method == "GET") return read_bucket(call, *bucket);
  if (method == "DELETE") return delete_bucket(call, *bucket);
  if (method == "HEAD") return without_body(200, {{"x-amz-bucket-region", settings.region}});
  if (method == "POST")
    return precondition_failed("Bucket POST must be of the enclosure-type multipart/form-data");
  return method_not_allowed(call.request);
}

Served S3Door::Impl::read_object(const S3Call& call, const S3Bucket& bucket) const {
  const std::string id = call.target.value("versionId");
  const S3Version* found = bucket.version(call.key, id);
  if (found == nullptr || found->delete_marker) {
    if (!id.empty() && found == nullptr)
      return s3_error(404, "NoSuchVersion", "The specified version does not exist.",
                      {{"Key", call.key}, {"VersionId", id}});
    Served served = s3_error(404, "NoSuchKey", "The specified key does not exist.");
    if (found != nullptr) served.response.headers.emplace_back("x-amz-delete-marker", "true");
    return served;
  }
  const std::string bare_etag = replace_all(found->etag, "\"", "");
  const auto names_it = [&](const std::string& value) {
    return value == "*" || replace_all(value, "\"", "") == bare_etag;
  };
  if (const std::string match = call.header("if-match"); !match.empty() && !names_it(match))
    return precondition_failed("If-Match");
  const std::size_t size = found->bytes->size();
  std::vector<HttpHeader> headers{{"content-type", found->content_type},
                                  {"etag", found->etag},
                                  {"last-modified", http_time(found->modified)},
                                  {"accept-ranges", "bytes"},
                                  {"x-amz-storage-class", "STANDARD"}};
  if (!bucket.versioning.empty()) headers.emplace_back("x-amz-version-id", found->id);
  if (found->retain_until) {
    headers.emplace_back("x-amz-object-lock-mode", found->governance ? "GOVERNANCE" : "COMPLIANCE");
    headers.emplace_back("x-amz-object-lock-retain-until-date", iso_time(*found->retain_until));
  }
  if (const std::string none = call.header("if-none-match"); !none.empty() && names_it(none))
    return without_body(304, std::move(headers));
  const ByteRange range = byte_range(call.header("range"), size);
  if (range.kind == ByteRange::Kind::unsatisfiable)
    return s3_error(
        416, "InvalidRange", "The requested range is not satisfiable",
        {{"RangeRequested", call.header("range")}, {"ActualObjectSize", std::to_string(size)}});
  const bool part = range.kind == ByteRange::Kind::part;
  if (part) headers.emplace_back("content-range", range.content_range(size));
  Served served = without_body(part ? 206 : 200, std::move(headers));
  if (call.request.method == "HEAD")
    served.response.headers.emplace_back("content-length", std::to_string(range.length));
  else
    served.response.body = found->bytes->substr(range.first, range.length);
  return served;
}

Served S3Door::Impl::write_object(const S3Call& call, S3Bucket& bucket) {
  if (!call.header("x-amz-copy-source").empty() || call.target.has("partNumber") ||
      call.target.has("retention") || call.target.has("legal-hold") || call.target.has("tagging"))
    return s3_not_implemented();
  const S3Version* there = bucket.newest(call.key);
  if (call.header("if-none-match") == "*" && there != nullptr)
    return precondition_failed("If-None-Match");
  const std::string match = call.header("if-match");
  if (!match.empty() && there == nullptr)
    return s3_error(404, "NoSuchKey", "The specified key does not exist.");
  if (!match.empty() && replace_all(match, "\"", "") != replace_all(there->etag, "\"", ""))
    return precondition_failed("If-Match");
  S3Version version;
  std::string bytes = starts_with(call.header("x-amz-content-sha256"), "STREAMING-")
                          ? without_chunks(call.request.body)
                          : call.request.body;
  if (const std::string given = call.header("x-amz-checksum-sha256"); !given.empty()) {
    const auto digest = from_base64(given);
    if (!digest || digest->size() != 32)
      return s3_error(400, "InvalidRequest", "Value for x-amz-checksum-sha256 header is invalid.");
    if (!checksum_fits(given, bytes))
      return s3_error(400, "BadDigest",
                      "The SHA256 you specified did not match the calculated checksum.");
  }
  if (const std::string until = call.header("x-amz-object-lock-retain-until-date");
      !until.empty()) {
    if (!bucket.object_lock)
      return s3_error(400, "InvalidRequest", "Bucket is missing ObjectLockConfiguration");
    version.retain_until = read_iso_time(until);
    version.governance = call.header("x-amz-object-lock-mode") == "GOVERNANCE";
  }
  version.content_type = call.header("content-type");
  if (version.content_type.empty()) version.content_type = "binary/octet-stream";
  version.bytes = std::make_shared<const std::string>(std::move(bytes));
  const S3Version& stored = store.put(bucket, call.key, std::move(version));
  std::vector<HttpHeader> headers{{"etag", stored.etag},
                                  {"x-amz-object-size", std::to_string(stored.bytes->size())}};
  if (!bucket.versioning.empty()) headers.emplace_back("x-amz-version-id", stored.id);
  return without_body(200, std::move(headers));
}

Served S3Door::Impl::delete_object(const S3Call& call, S3Bucket& bucket) {
  const std::string id = call.target.value("versionId");
  if (id.empty()) {
    const S3Version* marker = store.remove(bucket, call.key);
    if (marker == nullptr) return without_body(204);
    return without_body(204, {{"x-amz-version-id", marker->id}, {"x-amz-delete-marker", "true"}});
  }
  const S3Version* found = bucket.version(call.key, id);
  if (found == nullptr) return without_body(204, {{"x-amz-version-id", id}});
  if (store.locked(*found, call.header("x-amz-bypass-governance-retention") == "true"))
    return s3_error(403, "AccessDenied", "Access Denied because object protected by object lock.");
  std::vector<HttpHeader> headers{{"x-amz-version-id", id}};
  if (found->delete_marker) headers.emplace_back("x-amz-delete-marker", "true");
  store.remove(bucket, call.key, id);
  return without_body(204, std::move(headers));
}

Served S3Door::Impl::object_call(const S3Call& call, S3Bucket& bucket) {
  const std::string& method = call.request.method;
  if (method == "PUT") return write_object(call, bucket);
  if (method == "DELETE") return delete_object(call, bucket);
  if (method == "POST") return s3_not_implemented();
  if (method != "GET" && method != "HEAD") return method_not_allowed(call.request);
  for (const char* unknown : {"tagging", "acl", "retention", "legal-hold", "attributes"})
    if (call.target.has(unknown)) return s3_not_implemented();
  return read_object(call, bucket);
}

Served S3Door::Impl::route(const HttpRequest& request, const Target& target) {
  if (target.path == "/health") return answer_text(200, "OK");
  if (slow) return s3_error(503, "SlowDown", "Please reduce your request rate.");
  if (auto refused = refuse(request)) return *refused;
  if (target.path == "/") {
    return request.method == "GET" ? s3_list_buckets(store, settings.access_key, settings.region)
                                   : method_not_allowed(request);
  }
  const std::size_t slash = target.path.find('/', 1);
  S3Call call{request, target, target.path.substr(1, slash - 1), ""};
  if (slash != std::string::npos) call.key = target.path.substr(slash + 1);
  if (!is_bucket_name(call.bucket_name))
    return s3_error(400, "InvalidBucketName", "The specified bucket is not valid.",
                    {{"BucketName", call.bucket_name}});
  return bucket_call(call);
}

S3Door::S3Door(World& world, S3DoorSettings settings)
    : impl_(std::make_unique<Impl>(world, std::move(settings))) {}
S3Door::~S3Door() = default;

Served S3Door::answer(const HttpRequest& request) {
  Served served = impl_->route(request, target_of(request.url));
  served.response.headers.emplace_back("server", "VERSITYGW");
  served.response.headers.emplace_back("date", http_time(impl_->world.wall()));
  finish_transfer(request, served, impl_->settings.latency, impl_->settings.bytes_per_microsecond);
  return served;
}

void S3Door::add_bucket(const std::string& name, const S3BucketSettings& settings) {
  impl_->store.create(name, settings);
}

void S3Door::put(const std::string& bucket, const std::string& key, std::string bytes,
                 const std::string& content_type) {
  S3Bucket* found = impl_->store.find(bucket);
  if (found == nullptr) return;
  S3Version version;
  version.content_type = content_type;
  version.bytes = std::make_shared<const std::string>(std::move(bytes));
  impl_->store.put(*found, key, std::move(version));
}

std::optional<std::string> S3Door::object(const std::string& bucket, const std::string& key) const {
  const S3Bucket* found = impl_->store.find(bucket);
  const S3Version* newest = found == nullptr ? nullptr : found->newest(key);
  if (newest == nullptr) return std::nullopt;
  return *newest->bytes;
}

std::vector<std::string> S3Door::keys(const std::string& bucket) const {
  std::vector<std::string> there;
  if (const S3Bucket* found = impl_->store.find(bucket); found != nullptr)
    for (const auto& [key, versions] : found->objects)
      if (found->newest(key) != nullptr) there.push_back(key);
  return there;
}

void S3Door::slow_down(bool slow) {
  impl_->slow = slow;
}

}  // namespace ostler::lab
