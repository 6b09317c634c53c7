#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/result.hpp"
#include "ostler/base/secret.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ostler {

/// How one server is trusted and how it trusts us. TLS 1.2 or newer, peer and host name always
/// verified.
struct TlsSettings {
  std::string ca_pem;       ///< trust only these authorities; empty: the system's
  std::string server_name;  ///< verify against this name instead of the URL's host; usually empty
  std::string certificate_pem;                    ///< client certificate, or empty
  std::shared_ptr<const Secret> private_key_pem;  ///< of the client certificate
};

/// Access key of an S3-compatible store, used to sign a request (AWS Signature Version 4, service
/// s3).
struct AwsCredentials {
  std::string access_key;
  std::shared_ptr<const Secret> secret_key;
  std::string region = "us-east-1";
};

using HttpHeader = std::pair<std::string, std::string>;

/// One request. Nothing is retried, no redirect is followed, no cookie is kept: callers decide.
struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<HttpHeader> headers;
  std::string body;
  std::shared_ptr<const Secret> bearer;  ///< sent as `Authorization: Bearer`
  std::string basic_user;                ///< with `basic_password` sent as `Authorization: Basic`
  std::shared_ptr<const Secret> basic_password;
  std::optional<AwsCredentials> aws;
  TlsSettings tls;
  Milliseconds connect_timeout{5000};
  Milliseconds timeout{30000};  ///< for the whole exchange
  std::size_t max_body =
      16u << 20;  ///< a longer answer is a permanent failure, not a truncated one
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;  ///< names in lower case
  std::string body;
  /// The first header of that (lower-case) name, or an empty text.
  std::string_view header(std::string_view name) const;
};

/// A way to send requests. Safe to use from several threads. Any HTTP status is a response;
/// failures are: `transient` when no byte of the request left (DNS, connection refused, TLS
/// handshake), `unknown` when it did and no complete answer came (reset, truncated), `timeout` when
/// the time ran out after that, `cancelled`, and `permanent` for what would fail again (bad URL,
/// certificate not trusted, answer over the limit; the last is `unknown` for another method than
/// GET and HEAD, since the effect may be there). Plain http goes to loopback and private addresses
/// only, nothing goes to link-local ones. Messages name host and port and never carry a header, a
/// query or a body.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  virtual Result<HttpResponse> send(const HttpRequest& request) = 0;

  /// All at once, results in the order of the requests; takes as long as the slowest.
  virtual std::vector<Result<HttpResponse>> send_all(const std::vector<HttpRequest>& requests);

  /// Sends `request` and hands the body of a 2xx answer to `sink` piece by piece as it arrives;
  /// `sink` returning false ends the transfer as cancelled. The body of any other answer is in the
  /// response. `max_body` does not count here, and `timeout` bounds how long nothing moves, not the
  /// whole.
  virtual Result<HttpResponse> stream(const HttpRequest& request,
                                      const std::function<bool(std::string_view)>& sink) = 0;

  /// Downloads by `source` and uploads the same bytes by `target` (its `body` is ignored) through a
  /// bounded buffer, with nothing on disk; `watch` sees every piece on its way (for hashing and
  /// progress). The upload is `length` bytes long and is not completed when the download fails or
  /// has another length: the target then sees a broken request. The result is the target's answer,
  /// or the failure of the side that failed first.
  virtual Result<HttpResponse> pipe(const HttpRequest& source, const HttpRequest& target,
                                    std::uint64_t length,
                                    const std::function<bool(std::string_view)>& watch) = 0;
};

/// The real one, on libcurl, with pooled connections for GET and HEAD; every other request gets a
/// fresh one, because libcurl repeats a request by itself when a kept connection turns out dead.
/// Ends waiting transfers when `cancellation` is requested. The first call makes the process ignore
/// SIGPIPE where it has no handler for it.
std::unique_ptr<HttpClient> make_http_client(const Cancellation& cancellation);

}  // namespace ostler
