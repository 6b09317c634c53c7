// The server's side of the distribution protocol, for FakeHttp.
#include "tests/fakes/registry_server.hpp"

#include "ostler/base/hash.hpp"

namespace ostler {

namespace {

HttpResponse error(int status, const std::string& code) {
  return json_answer(
      status, {{"errors", Json::array({{{"code", code}, {"message", "said by the server"}}})}});
}

}  // namespace

std::string RegistryServer::add_manifest(const std::string& repository, const std::string& tag,
                                         const Json& body) {
  const std::string bytes = to_bytes(body);
  const std::string digest = "sha256:" + sha256_hex(bytes);
  manifests[repository][digest] = bytes;
  if (!tag.empty()) manifests[repository][tag] = bytes;
  types[digest] = text_at(body, "/mediaType");
  return digest;
}

Json RegistryServer::add_blob(const std::string& repository, const std::string& bytes,
                              const std::string& type) {
  const std::string digest = "sha256:" + sha256_hex(bytes);
  blobs[repository][digest] = bytes;
  return {{"mediaType", type}, {"digest", digest}, {"size", bytes.size()}};
}

std::string RegistryServer::add_image(const std::string& repository, const std::string& tag,
                                      const std::vector<std::string>& layers) {
  Json body{{"schemaVersion", 2},
            {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
            {"config", add_blob(repository, "{}", "application/vnd.oci.image.config.v1+json")},
            {"layers", Json::array()}};
  for (const std::string& layer : layers) {
    body["layers"].push_back(add_blob(repository, layer, "application/vnd.oci.image.layer.v1.tar"));
  }
  return add_manifest(repository, tag, body);
}

int RegistryServer::count(std::string_view part) const {
  int found = 0;
  for (const std::string& line : log) found += line.find(part) != std::string::npos;
  return found;
}

HttpResponse RegistryServer::answer(const HttpRequest& request) {
  const std::string path = request.url.substr(url.size());
  log.push_back(request.method + " " + path);
  if (starts_with(path, "/token")) return token(request);
  if (wants_token && (request.bearer == nullptr || request.bearer->reveal() != token_now)) {
    return http_answer(
        401, "", {{"www-authenticate", "Bearer realm=\"" + realm + "\",service=\"registry\""}});
  }
  const std::string rest = path.substr(0, path.find('?'));
  if (const auto at = rest.find("/manifests/"); at != std::string::npos) {
    return manifest(request, rest.substr(4, at - 4), rest.substr(at + 11));
  }
  if (const auto at = rest.find("/blobs/uploads/"); at != std::string::npos) {
    return upload(request, rest.substr(4, at - 4), path);
  }
  if (const auto at = rest.find("/blobs/"); at != std::string::npos) {
    return blob(request, rest.substr(4, at - 4), rest.substr(at + 7));
  }
  return http_answer(404);
}

HttpResponse RegistryServer::token(const HttpRequest& request) {
  if (request.basic_password != nullptr && request.basic_password->reveal() != "right-password")
    return http_answer(401);
  return json_answer(200, {{"token", token_now}, {"expires_in", 300}});
}

HttpResponse RegistryServer::manifest(const HttpRequest& request, const std::string& repository,
                                      const std::string& reference) {
  auto& known = manifests[repository];
  if (request.method == "PUT") return put_manifest(request, repository, reference);
  const auto found = known.find(reference);
  if (found == known.end()) return error(404, "MANIFEST_UNKNOWN");
  const std::string digest = "sha256:" + sha256_hex(found->second);
  return http_answer(200, request.method == "HEAD" ? "" : found->second,
                     {{"content-type", types[digest]},
                      {"docker-content-digest", digest},
                      {"content-length", std::to_string(found->second.size())}});
}

HttpResponse RegistryServer::put_manifest(const HttpRequest& request, const std::string& repository,
                                          const std::string& reference) {
  const auto body = parse_json(request.body, "manifest");
  if (!body.ok()) return error(400, "MANIFEST_INVALID");
  std::vector<std::string> needed;
  if (value_at(*body, "/config").is_object()) needed.push_back(text_at(*body, "/config/digest"));
  for (const Json& layer : value_at(*body, "/layers")) needed.push_back(text_at(layer, "/digest"));
  for (const std::string& digest : needed) {
    if (!blobs[repository].count(digest)) return error(400, "MANIFEST_BLOB_UNKNOWN");
  }
  for (const Json& child : value_at(*body, "/manifests")) {
    if (!manifests[repository].count(text_at(child, "/digest")))
      return error(400, "MANIFEST_BLOB_UNKNOWN");
  }
  const std::string digest = "sha256:" + sha256_hex(request.body);
  manifests[repository][digest] = request.body;
  manifests[repository][reference] = request.body;
  types[digest] = text_at(*body, "/mediaType");
  return http_answer(201);
}

HttpResponse RegistryServer::blob(const HttpRequest& request, const std::string& repository,
                                  const std::string& digest) {
  const auto found = blobs[repository].find(digest);
  if (request.method == "HEAD" && lies_about_blobs) return http_answer(200);
  if (found == blobs[repository].end()) return error(404, "BLOB_UNKNOWN");
  if (request.method == "HEAD") return http_answer(200);
  if (!redirects_blobs_to.empty()) {
    return http_answer(307, "", {{"location", redirects_blobs_to + "/" + digest + "?signature=x"}});
  }
  std::string bytes = found->second;
  if (corrupts_blobs) bytes[0] = static_cast<char>(bytes[0] ^ 1);
  return http_answer(200, bytes);
}

HttpResponse RegistryServer::upload(const HttpRequest& request, const std::string& repository,
                                    const std::string& path) {
  if (request.method == "DELETE") return http_answer(204);
  if (request.method == "POST") {
    const auto from = path.find("from="), mount = path.find("mount=");
    if (from != std::string::npos && mounts) {
      const std::string source =
          replace_all(path.substr(from + 5, path.find('&', from) - from - 5), "%2F", "/");
      const std::string digest = path.substr(mount + 6);
      if (blobs[source].count(digest)) {
        blobs[repository][digest] = blobs[source][digest];
        return http_answer(201);
      }
    }
    return http_answer(202, "",
                       {{"location", "/v2/" + repository + "/blobs/uploads/session?state=1"}});
  }
  const std::string digest = replace_all(path.substr(path.find("digest=") + 7), "%3A", ":");
  if ("sha256:" + sha256_hex(request.body) != digest) return error(400, "DIGEST_INVALID");
  blobs[repository][digest] = request.body;
  return http_answer(201);
}

void serve_registries(FakeHttp& http, std::vector<RegistryServer*> servers) {
  http.serve([servers = std::move(servers)](const HttpRequest& request) -> Result<HttpResponse> {
    for (RegistryServer* server : servers) {
      if (starts_with(request.url, server->url + "/")) return server->answer(request);
    }
    return Failure{FailureKind::transient, "nobody answers", "", ""};
  });
}

}  // namespace ostler
