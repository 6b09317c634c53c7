// Logs in at registries: reads their challenges, fetches tokens, and keeps credentials away from
// foreign hosts.
#include "systems/registry_auth.hpp"

#include "ostler/base/json.hpp"
#include "ostler/base/text.hpp"

#include <cctype>

namespace ostler {

namespace {

constexpr std::size_t challenge_limit = 8192;
constexpr std::size_t token_answer_limit = 64u << 10;

bool is_token_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string low(text);
  std::transform(low.begin(), low.end(), low.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return low;
}

/// Reads RFC 9110's list of challenges piece by piece.
class ChallengeReader {
 public:
  explicit ChallengeReader(std::string_view text) : rest_(text) {}

  std::vector<Challenge> read() {
    std::vector<Challenge> all;
    while (true) {
      skip(" \t,");
      if (rest_.empty()) return all;
      const std::string word = lower(token());
      if (word.empty()) return {};
      skip(" \t");
      if (!starts_with(rest_, "=")) {
        all.push_back({word, {}});
        continue;
      }
      rest_.remove_prefix(1);
      skip(" \t");
      std::string value;
      if (all.empty() || !read_value(value)) return {};
      // The first one counts, so that nothing can be appended to change it.
      all.back().parameters.emplace(word, std::move(value));
    }
  }

 private:
  void skip(std::string_view characters) {
    while (!rest_.empty() && characters.find(rest_[0]) != std::string_view::npos)
      rest_.remove_prefix(1);
  }

  std::string_view token() {
    std::size_t length = 0;
    while (length < rest_.size() && is_token_character(rest_[length])) ++length;
    const std::string_view found = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return found;
  }

  bool read_value(std::string& value) {
    if (!starts_with(rest_, "\"")) {
      value = token();
      return !value.empty();
    }
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_[0] != '"') {
      if (rest_[0] == '\\') rest_.remove_prefix(1);
      if (rest_.empty() || static_cast<unsigned char>(rest_[0]) < ' ') return false;
      value += rest_[0];
      rest_.remove_prefix(1);
    }
    if (rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view rest_;
};

/// The domain that a host shares with its siblings: "docker.io" of "registry-1.docker.io". Empty
/// when that would be a public suffix, as far as it can be told without a list of them.
std::string parent_domain(const std::string& host) {
  const auto dot = host.find('.');
  if (dot == std::string::npos) return "";
  const std::string parent = host.substr(dot + 1);
  const std::vector<std::string> labels = split(parent, '.');
  if (labels.size() < 2) return "";
  static const std::vector<std::string> public_labels{"co",  "com", "org", "net", "gov",
                                                      "edu", "ac",  "or",  "ne",  "go"};
  const bool suffix =
      labels.size() == 2 && labels[1].size() == 2 &&
      std::find(public_labels.begin(), public_labels.end(), labels[0]) != public_labels.end();
  return suffix ? "" : parent;
}

}  // namespace

std::vector<Challenge> parse_challenges(std::string_view header) {
  if (header.size() > challenge_limit) return {};
  return ChallengeReader(header).read();
}

bool realm_is_allowed(const WebAddress& registry, const WebAddress& realm) {
  if (realm.scheme != "https" && !(registry.scheme == "http" && is_loopback(realm))) return false;
  if (is_loopback(registry)) return is_loopback(realm);
  if (realm.host == registry.host) return true;
  if (is_private_literal(realm)) return false;
  if (ends_with(realm.host, "." + registry.host)) return true;
  const std::string parent = parent_domain(registry.host);
  if (parent.empty() || is_private_literal(registry)) return false;
  return realm.host == parent || ends_with(realm.host, "." + parent);
}

Scopes pull_scope(const std::string& repository) {
  return {"repository:" + repository + ":pull"};
}

Scopes push_scope(const std::string& repository) {
  return {"repository:" + repository + ":pull,push"};
}

Scopes mount_scopes(const std::string& target, const std::string& source) {
  return {"repository:" + target + ":pull,push", "repository:" + source + ":pull"};
}

RegistryLogin::RegistryLogin(HttpClient& http, WebAddress registry, TlsSettings tls,
                             std::string user, std::shared_ptr<const Secret> password)
    : http_(http),
      registry_(std::move(registry)),
      tls_(std::move(tls)),
      user_(std::move(user)),
      password_(std::move(password)) {}

Failure RegistryLogin::failure(FailureKind kind, std::string message, std::string hint) const {
  return {kind, fmt::format("registry {}: {}", registry_.authority(), message), std::move(hint),
          "401"};
}

Result<void> RegistryLogin::authorise(HttpRequest& request, const Scopes& scopes) {
  // Held while a token is fetched: several blobs at once should ask for it once.
  const std::lock_guard lock(mutex_);
  if (manner_ == Manner::basic) {
    request.basic_user = user_;
    request.basic_password = password_;
  }
  if (manner_ != Manner::bearer) return {};
  const std::string key = join(scopes, " ");
  const auto known = tokens_.find(key);
  if (known == tokens_.end() || known->second.stale <= std::chrono::steady_clock::now()) {
    OSTLER_TRY(Token token, fetch(scopes));
    tokens_[key] = std::move(token);
  }
  request.bearer = tokens_[key].value;
  return {};
}

Result<void> RegistryLogin::learn(const HttpResponse& refused, const Scopes& scopes) {
  std::vector<Challenge> challenges;
  for (const auto& [name, value] : refused.headers) {
    if (name != "www-authenticate") continue;
    for (Challenge& challenge : parse_challenges(value)) challenges.push_back(std::move(challenge));
  }
  const auto offered = [&challenges](std::string_view scheme) {
    return std::find_if(challenges.begin(), challenges.end(), [scheme](const Challenge& challenge) {
      return challenge.scheme == scheme;
    });
  };
  const std::lock_guard lock(mutex_);
  tokens_.erase(join(scopes, " "));
  if (const auto bearer = offered("bearer"); bearer != challenges.end()) {
    const auto realm = read_web_address(bearer->parameters["realm"]);
    if (!realm || !realm_is_allowed(registry_, *realm)) {
      return failure(FailureKind::refused,
                     fmt::format("it sends us for a token to '{}', which is not its own host",
                                 sanitize(bearer->parameters["realm"], Lines::escape, 200)),
                     "Check the registry's url; nothing was sent there.");
    }
    manner_ = Manner::bearer;
    realm_ = *realm;
    service_ = bearer->parameters["service"];
    return {};
  }
  if (offered("basic") != challenges.end() && password_ != nullptr && manner_ != Manner::basic) {
    manner_ = Manner::basic;
    return {};
  }
  if (offered("basic") != challenges.end()) {
    return failure(FailureKind::refused,
                   password_ == nullptr ? "it wants credentials and there are none"
                                        : "it refuses the credentials",
                   "Check `credentials` of this registry in the environment file.");
  }
  return failure(FailureKind::refused, "it wants credentials, but does not say which kind",
                 "Check the registry's url.");
}

Result<RegistryLogin::Token> RegistryLogin::fetch(const Scopes& scopes) const {
  HttpRequest request;
  request.url =
      realm_.text() + (realm_.path.find('?') == std::string::npos ? "?" : "&") + "client_id=ostler";
  if (!service_.empty()) request.url += "&service=" + url_encoded(service_);
  for (const std::string& scope : scopes) request.url += "&scope=" + url_encoded(scope);
  request.tls = tls_;
  request.max_body = token_answer_limit;
  if (password_ != nullptr) {
    request.basic_user = user_;
    request.basic_password = password_;
  }
  auto response = http_.send(request);
  if (!response.ok()) {
    return with_context(response.failure(),
                        fmt::format("registry {}: asking for a token", registry_.authority()));
  }
  if (response->status != 200) {
    const bool again = response->status == 429 || response->status >= 500;
    return failure(
        again ? FailureKind::transient : FailureKind::refused,
        fmt::format("its token server {} answered {}", realm_.authority(), response->status),
        "Check `credentials` of this registry in the environment file.");
  }
  auto body = parse_json(response->body, "the answer of the token server");
  wipe(response->body);
  if (!body.ok()) return with_context(body.failure(), "registry " + registry_.authority());
  for (const char* member : {"token", "access_token"}) {
    const auto found = body->is_object() ? body->find(member) : body->end();
    if (!body->is_object() || found == body->end() || !found->is_string()) continue;
    auto& text = found->get_ref<std::string&>();
    if (text.empty() || text.find_first_of(" \r\n") != std::string::npos) continue;
    // 60 s is what the specification says when the server does not.
    const auto seconds = std::clamp<std::int64_t>(number_at(*body, "/expires_in", 60), 0, 86400);
    const auto margin = std::max<std::int64_t>(10, seconds / 10);
    return Token{std::make_shared<Secret>(std::move(text)),
                 std::chrono::steady_clock::now() +
                     std::chrono::seconds(std::max<std::int64_t>(1, seconds - margin))};
  }
  return failure(FailureKind::permanent, "the answer of its token server has no token");
}

}  // namespace ostler
