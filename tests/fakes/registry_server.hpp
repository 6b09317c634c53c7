#pragma once

#include "tests/fakes/fake_http.hpp"

#include "ostler/base/json.hpp"
#include "ostler/base/text.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ostler {

/// The server's side of the distribution protocol for FakeHttp, at one authority, with the quirks
/// that real ones have as switches. Not a Registry: it is what the client of registries is tested
/// against.
class RegistryServer {
 public:
  explicit RegistryServer(std::string base = "https://registry.example") : url(std::move(base)) {}

  std::string url;
  std::map<std::string, std::map<std::string, std::string>>
      manifests;  ///< repository -> digest or tag -> bytes
  std::map<std::string, std::map<std::string, std::string>>
      blobs;                                 ///< repository -> digest -> bytes
  std::map<std::string, std::string> types;  ///< manifest digest -> media type
  bool wants_token = false;                  ///< challenges every request without the token "good"
  bool mounts = true;
  bool lies_about_blobs = false;  ///< HEAD says that every blob is there
  bool corrupts_blobs = false;
  std::string redirects_blobs_to;  ///< base of another host, "https://storage.example"
  std::string realm = "https://registry.example/token";
  std::vector<std::string> log;  ///< "METHOD path"

  std::string add_manifest(const std::string& repository, const std::string& tag, const Json& body);
  Json add_blob(const std::string& repository, const std::string& bytes, const std::string& type);
  /// An image of these layers; its digest.
  std::string add_image(const std::string& repository, const std::string& tag,
                        const std::vector<std::string>& layers);

  int count(std::string_view part) const;
  HttpResponse answer(const HttpRequest& request);

  std::string token_now = "good-token-of-the-test";

 private:
  HttpResponse token(const HttpRequest& request);
  HttpResponse manifest(const HttpRequest& request, const std::string& repository,
                        const std::string& reference);
  HttpResponse put_manifest(const HttpRequest& request, const std::string& repository,
                            const std::string& reference);
  HttpResponse blob(const HttpRequest& request, const std::string& repository,
                    const std::string& digest);
  HttpResponse upload(const HttpRequest& request, const std::string& repository,
                      const std::string& path);
};

/// Lets `http` reach these servers, each at its own URL.
void serve_registries(FakeHttp& http, std::vector<RegistryServer*> servers);

}  // namespace ostler
