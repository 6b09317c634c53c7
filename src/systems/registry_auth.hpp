#pragma once

#include "systems/web_address.hpp"

#include "ostler/base/result.hpp"
#include "ostler/base/secret.hpp"
#include "ostler/transport/http.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace ostler {

/// One challenge of a WWW-Authenticate header.
struct Challenge {
  std::string scheme;                             ///< lower case
  std::map<std::string, std::string> parameters;  ///< names in lower case
};

/// The challenges of one header value; none when it is malformed or longer than 8 KiB.
std::vector<Challenge> parse_challenges(std::string_view header);

/// Whether a registry may send our credentials to `realm`: over https to its own host, or to one
/// that shares its parent domain; a loopback registry also to other ports of loopback addresses.
bool realm_is_allowed(const WebAddress& registry, const WebAddress& realm);

/// Scopes of one request, "repository:NAME:pull,push", the one that writes first: some token
/// servers look at one only.
using Scopes = std::vector<std::string>;
Scopes pull_scope(const std::string& repository);
Scopes push_scope(const std::string& repository);
Scopes mount_scopes(const std::string& target, const std::string& source);

/// How one registry wants to be asked, learned from its challenges. Safe for several threads.
class RegistryLogin {
 public:
  RegistryLogin(HttpClient& http, WebAddress registry, TlsSettings tls, std::string user,
                std::shared_ptr<const Secret> password);

  /// Adds what the registry is known to want: nothing before its first challenge.
  Result<void> authorise(HttpRequest& request, const Scopes& scopes);

  /// After a 401: learns from its challenge and forgets the token of these scopes, which was not
  /// good enough. Fails when the challenge cannot be met.
  Result<void> learn(const HttpResponse& refused, const Scopes& scopes);

 private:
  struct Token {
    std::shared_ptr<const Secret> value;
    std::chrono::steady_clock::time_point stale;
  };
  enum class Manner { open, basic, bearer };

  Failure failure(FailureKind kind, std::string message, std::string hint = "") const;
  Result<Token> fetch(const Scopes& scopes) const;

  HttpClient& http_;
  WebAddress registry_;
  TlsSettings tls_;
  std::string user_;
  std::shared_ptr<const Secret> password_;
  std::mutex mutex_;
  Manner manner_ = Manner::open;
  WebAddress realm_;
  std::string service_;
  std::map<std::string, Token> tokens_;  ///< by scopes
};

}  // namespace ostler
