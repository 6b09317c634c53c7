// Challenges, tokens and passwords of a registry.
#include "lab/registry/registry_guard.hpp"

#include "lab/registry/credentials.hpp"
#include "lab/registry/times.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"

namespace ostler::lab {
namespace {

constexpr std::size_t token_count_before_cleaning = 256;

/// "repository:some/name:pull,push"; a name may hold colons.
std::vector<RegistryAccess> read_scope(const std::string& scope) {
  const std::size_t first = scope.find(':'), last = scope.rfind(':');
  if (first == std::string::npos || last == first) return {};
  std::vector<RegistryAccess> read;
  for (const std::string& action : split(std::string_view(scope).substr(last + 1), ','))
    read.push_back({scope.substr(0, first), scope.substr(first + 1, last - first - 1), action});
  return read;
}

bool has(const std::vector<RegistryAccess>& granted, const RegistryAccess& wanted) {
  return std::any_of(granted.begin(), granted.end(), [&wanted](const RegistryAccess& one) {
    return one.type == wanted.type && one.name == wanted.name &&
           (one.action == wanted.action || one.action == "*");
  });
}

Served unauthorized(const std::string& challenge, const std::vector<RegistryAccess>& wanted) {
  Json detail = Json::array();
  for (const RegistryAccess& access : wanted)
    detail.push_back(
        {{"Type", access.type}, {"Class", ""}, {"Name", access.name}, {"Action", access.action}});
  Served served = registry_error(401, "UNAUTHORIZED", "authentication required", detail);
  served.response.headers.emplace_back("www-authenticate", challenge);
  return served;
}

}  // namespace

Served registry_error(int status, const std::string& code, const std::string& message,
                      const Json& detail) {
  Json error{{"code", code}, {"message", message}};
  if (!detail.is_null()) error["detail"] = detail;
  return answer_json(status, {{"errors", Json::array({error})}});
}

std::string RegistryGuard::challenge(const std::vector<RegistryAccess>& wanted,
                                     std::string_view error) const {
  if (settings_.login == RegistryDoorSettings::Login::basic)
    return fmt::format("Basic realm=\"{}\"", settings_.service);
  const std::string realm = settings_.realm.empty()
                                ? settings_.scheme + "://" + settings_.authority + "/token"
                                : settings_.realm;
  std::string text = fmt::format(R"(Bearer realm="{}",service="{}")", realm, settings_.service);
  std::vector<std::string> scopes;
  for (const RegistryAccess& access : wanted) {
    const std::string thing = access.type + ":" + access.name + ":";
    if (!scopes.empty() && starts_with(scopes.back(), thing))
      scopes.back() += "," + access.action;
    else
      scopes.push_back(thing + access.action);
  }
  if (!scopes.empty()) text += fmt::format(",scope=\"{}\"", join(scopes, " "));
  if (!error.empty()) text += fmt::format(",error=\"{}\"", error);
  return text;
}

std::optional<Served> RegistryGuard::refuse(const HttpRequest& request,
                                            const std::vector<RegistryAccess>& wanted) const {
  if (settings_.login == RegistryDoorSettings::Login::open) return std::nullopt;
  const Credentials sent = credentials_of(request);
  if (settings_.login == RegistryDoorSettings::Login::basic) {
    if (sent.scheme == Credentials::Scheme::basic && sent.name == settings_.user &&
        sent.secret == settings_.password)
      return std::nullopt;
    return unauthorized(challenge(wanted, ""), wanted);
  }
  if (sent.scheme != Credentials::Scheme::bearer)
    return unauthorized(challenge(wanted, ""), wanted);
  const auto token = tokens_.find(sent.secret);
  if (token == tokens_.end() || token->second.ends <= world_.now())
    return unauthorized(challenge(wanted, "invalid_token"), wanted);
  for (const RegistryAccess& access : wanted)
    if (!has(token->second.granted, access))
      return unauthorized(challenge(wanted, "insufficient_scope"), wanted);
  return std::nullopt;
}

Served RegistryGuard::token(const HttpRequest& request, const Target& target) {
  // Clients try OAuth's POST first and fall back to GET on this answer.
  if (request.method != "GET") return answer_text(405, "only GET\n");
  const Credentials sent = credentials_of(request);
  const bool named = sent.scheme == Credentials::Scheme::basic;
  const bool pusher = named && sent.name == settings_.user && sent.secret == settings_.password;
  if (named && !pusher) {
    Served served = registry_error(401, "UNAUTHORIZED", "wrong user or password");
    served.response.headers.emplace_back("www-authenticate", "Basic realm=\"registry\"");
    return served;
  }
  Token token{world_.now() + settings_.token_lifetime, {}};
  for (const auto& [name, value] : target.query) {
    if (name != "scope") continue;
    for (const std::string& scope : split(value, ' '))
      for (RegistryAccess& access : read_scope(scope))
        if (access.type == "repository" && (pusher || access.action == "pull"))
          token.granted.push_back(std::move(access));
  }
  if (tokens_.size() >= token_count_before_cleaning)
    std::erase_if(tokens_, [this](const auto& one) { return one.second.ends <= world_.now(); });
  const std::string text = sha256_hex(fmt::format("{} {}", settings_.authority, ++given_));
  tokens_.emplace(text, std::move(token));
  return answer_json(
      200, {{"token", text},
            {"access_token", text},
            {"expires_in",
             std::chrono::duration_cast<std::chrono::seconds>(settings_.token_lifetime).count()},
            {"issued_at", iso_time(world_.wall())}});
}

}  // namespace ostler::lab
