// Uploads of blobs to a registry.
#include "lab/registry/registry_uploads.hpp"

#include "lab/registry/registry_guard.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"

namespace ostler::lab {
namespace {

Served unknown_upload() {
  return registry_error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry",
                        "blob upload unknown");
}

Served stored(const RegistryCall& call, const std::string& digest) {
  Served served;
  served.response.status = 201;
  served.response.headers = {
      {"location", fmt::format("{}/v2/{}/blobs/{}", call.base, call.repository, digest)},
      {"docker-content-digest", digest}};
  return served;
}

/// The bytes that everyone has who has an image of the shop are kept once.
SharedBytes shared(std::string bytes, const std::string& digest) {
  for (const ShopImage& image : shop_images())
    if (const auto found = image.blobs.find(digest); found != image.blobs.end())
      return found->second;
  return std::make_shared<const std::string>(std::move(bytes));
}

}  // namespace

Served RegistryUploads::progress(const RegistryCall& call, const std::string& id,
                                 int status) const {
  const std::size_t size = running_.at(id).bytes.size();
  Served served;
  served.response.status = status;
  served.response.headers = {{"location", fmt::format("{}/v2/{}/blobs/uploads/{}?_state={}",
                                                      call.base, call.repository, id, size)},
                             {"docker-upload-uuid", id},
                             {"range", fmt::format("0-{}", size == 0 ? 0 : size - 1)}};
  return served;
}

Served RegistryUploads::start(const RegistryCall& call) {
  const std::string mounted = call.target.value("mount"), source = call.target.value("from");
  if (!mounted.empty() && !source.empty() && store_.mount(call.repository, source, mounted))
    return stored(call, mounted);
  // A body and a digest that come with the POST are ignored: Distribution has no single-request
  // uploads.
  const std::string id = fmt::format("0000{0:04x}-0000-4000-8000-{0:012x}", ++started_);
  running_[id].repository = call.repository;
  return progress(call, id, 202);
}

Served RegistryUploads::go_on(const RegistryCall& call) {
  const auto upload = running_.find(call.reference);
  if (upload == running_.end() || upload->second.repository != call.repository)
    return unknown_upload();
  const std::string& method = call.request.method;
  if (method == "GET" || method == "HEAD") return progress(call, call.reference, 204);
  if (method == "DELETE") {
    running_.erase(upload);
    Served served;
    served.response.status = 204;
    served.response.headers = {{"docker-upload-uuid", call.reference}};
    return served;
  }
  if (method != "PATCH" && method != "PUT") return answer_text(405, "Method not allowed\n");
  const std::string range = header_of(call.request, "content-range");
  std::string& bytes = upload->second.bytes;
  if (method == "PATCH" && !range.empty() &&
      range.substr(0, range.find('-')) != std::to_string(bytes.size()))
    return registry_error(416, "RANGE_INVALID", "invalid content range");
  if (bytes.empty())
    bytes = call.request.body;
  else
    bytes += call.request.body;
  return method == "PATCH" ? progress(call, call.reference, 202) : finish(call, call.reference);
}

Served RegistryUploads::finish(const RegistryCall& call, const std::string& id) {
  const std::string digest = call.target.value("digest");
  const auto invalid = [](const std::string& detail) {
    return registry_error(400, "DIGEST_INVALID", "provided digest did not match uploaded content",
                          detail);
  };
  if (digest.empty()) return invalid("digest missing");
  std::string& bytes = running_.at(id).bytes;
  if ("sha256:" + sha256_hex(bytes) != digest)
    return invalid(fmt::format(
        "invalid digest for referenced layer: {}, content does not match digest", digest));
  store_.put_blob(call.repository, digest, shared(std::move(bytes), digest));
  running_.erase(id);
  return stored(call, digest);
}

}  // namespace ostler::lab
