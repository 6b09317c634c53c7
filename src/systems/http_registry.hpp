#pragma once

#include "systems/registry_auth.hpp"
#include "systems/web_address.hpp"

#include "ostler/systems/registry.hpp"

#include <atomic>
#include <memory>
#include <string>

namespace ostler {

/// Whether a request changes something: then an error of the server leaves the outcome open.
enum class RegistryEffect { none, write };

/// A registry over HTTP. The class is in a header because copying between two of them joins their
/// requests.
class HttpRegistry final : public Registry {
 public:
  HttpRegistry(const RegistrySettings& settings, HttpClient& http);

  Result<std::optional<Descriptor>> head(const std::string& repository,
                                         const std::string& reference) const override;
  Result<Manifest> manifest(const std::string& repository,
                            const std::string& reference) const override;
  Result<bool> has_blob(const std::string& repository, const std::string& digest) const override;
  Result<std::string> blob(const std::string& repository, const Descriptor& blob) const override;
  Result<void> stream_blob(const std::string& repository, const Descriptor& blob,
                           const std::function<bool(std::string_view)>& sink) const override;
  std::string host() const override;
  Result<CopyProgress> copy_from(const RegistryLook& source, const std::string& source_repository,
                                 const std::string& digest, const std::string& repository,
                                 const std::function<void(const CopyProgress&)>& progress) override;
  Result<void> put_tag(const std::string& repository, const std::string& tag,
                       const Manifest& manifest, const std::string& expected_digest) override;

  /// PUT of a manifest under a tag or its digest. A missing blob fails with code
  /// "MANIFEST_BLOB_UNKNOWN".
  Result<void> put_manifest(const std::string& repository, const std::string& reference,
                            const Manifest& manifest);
  Result<bool> has_blob_for_push(const std::string& repository, const std::string& digest) const;

  /// What starting an upload gave: nothing more to do, or where the bytes go.
  struct Upload {
    bool mounted = false;
    WebAddress location;
  };
  /// Opens an upload; with `source_repository` asks for the blob to be mounted from there first.
  Result<Upload> start_upload(const std::string& repository, const std::string& digest,
                              const std::string& source_repository) const;
  void cancel_upload(const std::string& repository, const Upload& upload) const;
  /// The request that ends an upload; its body is still to come.
  Result<HttpRequest> upload_request(const std::string& repository, const Upload& upload,
                                     const Descriptor& blob) const;
  /// A request whose answer is the blob itself: authorised, redirects resolved.
  Result<HttpRequest> download_request(const std::string& repository, const Descriptor& blob) const;
  /// The next blob is asked for again before it is fetched: this registry may send it from
  /// elsewhere.
  void forget_delivery() const { delivery_ = Delivery::unknown; }

  /// Sends the blob's bytes as they are.
  Result<void> upload(const std::string& repository, const Upload& upload, const Descriptor& blob,
                      std::string bytes) const;

  Failure answer_failure(const HttpResponse& response, std::string_view doing,
                         RegistryEffect effect) const;
  HttpClient& http() const { return http_; }

 private:
  HttpRequest request(const std::string& method, const std::string& repository,
                      const std::string& rest) const;
  Result<HttpResponse> exchange(HttpRequest request, const Scopes& scopes) const;
  Result<HttpResponse> exchange(HttpRequest request, const Scopes& scopes,
                                const std::function<bool(std::string_view)>* sink) const;
  Result<bool> look_for_blob(const std::string& repository, const std::string& digest,
                             const Scopes& scopes) const;
  Result<HttpRequest> follow(const HttpResponse& redirect, const WebAddress& from,
                             const Descriptor& blob) const;
  Result<Descriptor> described(const HttpResponse& response, const std::string& repository,
                               const std::string& reference) const;
  Failure named(Failure failure) const;
  bool leads_home(const WebAddress& address) const;
  bool may_lead_to(const std::optional<WebAddress>& address) const;

  std::optional<WebAddress> address_;
  std::string url_;
  TlsSettings tls_;
  HttpClient& http_;
  std::unique_ptr<RegistryLogin> login_;
  /// Once a blob came straight from the registry, the others are expected to, without asking first.
  enum class Delivery { unknown, direct, redirected };
  mutable std::atomic<Delivery> delivery_{Delivery::unknown};
};

bool is_redirect_status(int status);

/// How long a transfer of that size may take: ten minutes and what a slow line needs.
Milliseconds transfer_timeout(std::uint64_t bytes);

}  // namespace ostler
