// Credentials for the API server that change while ostler runs: token files and exec plugins.
#include "systems/kubernetes_credentials.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/text.hpp"

#include <unistd.h>

#include <chrono>

namespace ostler {
namespace {

/// Cloud command lines take seconds to start and to ask their provider.
constexpr Milliseconds plugin_timeout{30'000};
/// A credential is renewed so long before it expires, since a request takes its time.
constexpr Milliseconds early{10'000};

WallTime wall_now() {
  return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
}

/// What the plugins of the large clouds read from the environment; nothing else of ours is theirs.
std::vector<std::pair<std::string, std::string>> cloud_variables() {
  std::vector<std::pair<std::string, std::string>> result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view setting{*entry};
    for (const std::string_view prefix :
         {"AWS_", "AZURE_", "GOOGLE_", "CLOUDSDK_", "OIDC_", "XDG_CONFIG_HOME="}) {
      const auto equal = setting.find('=');
      if (starts_with(setting, prefix) && equal != std::string_view::npos)
        result.emplace_back(setting.substr(0, equal), setting.substr(equal + 1));
    }
  }
  return result;
}

}  // namespace

KubernetesCredentials::KubernetesCredentials(ClusterAccess access, ProcessRunner& processes)
    : access_(std::move(access)), processes_(processes) {}

Failure KubernetesCredentials::refused(std::string_view why) const {
  const std::string hint = access_.plugin && !access_.plugin->install_hint.empty()
                               ? sanitize(trim(access_.plugin->install_hint), Lines::escape, 500)
                               : "Run the same command by hand to see what it wants.";
  return {FailureKind::refused, fmt::format("credentials for {}: {}", access_.server, why), hint,
          "401"};
}

Result<void> KubernetesCredentials::fill(HttpRequest& request) {
  const std::lock_guard guard{mutex_};
  request.tls = access_.tls;
  request.bearer = access_.token;
  request.basic_user = access_.user;
  request.basic_password = access_.password;
  request.headers.insert(request.headers.end(), access_.impersonation.begin(),
                         access_.impersonation.end());
  if (!access_.token_file.empty()) {
    OSTLER_CHECK(read_token_file());
    request.bearer = file_token_;
  }
  if (!access_.plugin) return {};
  if (!granted_ || (granted_->expires && *granted_->expires - early <= wall_now()))
    OSTLER_CHECK(ask_plugin());
  if (granted_->token) request.bearer = granted_->token;
  if (!granted_->certificate_pem.empty()) {
    request.tls.certificate_pem = granted_->certificate_pem;
    request.tls.private_key_pem = granted_->private_key_pem;
  }
  return {};
}

bool KubernetesCredentials::refresh() {
  const std::lock_guard guard{mutex_};
  if (access_.plugin) {
    granted_.reset();
    return true;
  }
  // The file may have been replaced between our reading it and the server's refusing it.
  const std::shared_ptr<const Secret> before = file_token_;
  return !access_.token_file.empty() && read_token_file().ok() && file_token_ != before;
}

Result<void> KubernetesCredentials::read_token_file() {
  Result<std::string> text = read_file(access_.token_file, 64u << 10);
  if (!text.ok()) return with_context(std::move(text.failure()), "the token for " + access_.server);
  std::string token = trim(*text);
  wipe(*text);
  if (token.empty())
    return refused(fmt::format("the token file {} is empty", sanitize(access_.token_file)));
  if (file_token_ && file_token_->reveal() == token)
    wipe(token);
  else
    file_token_ = std::make_shared<const Secret>(std::move(token));
  return {};
}

Result<void> KubernetesCredentials::ask_plugin() {
  const ExecPlugin& plugin = *access_.plugin;
  Json info{{"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}};
  info["spec"]["interactive"] = false;
  if (!plugin.cluster.is_null()) info["spec"]["cluster"] = plugin.cluster;
  ProcessRequest request;
  request.arguments.push_back(plugin.command);
  request.arguments.insert(request.arguments.end(), plugin.arguments.begin(),
                           plugin.arguments.end());
  request.environment = cloud_variables();
  request.environment.insert(request.environment.end(), plugin.environment.begin(),
                             plugin.environment.end());
  request.environment.emplace_back("KUBERNETES_EXEC_INFO", to_bytes(info));
  request.timeout = plugin_timeout;
  Result<ProcessResult> ran = processes_.run(request);
  if (!ran.ok()) {
    Failure failure = refused(ran.failure().message);
    failure.kind = ran.failure().kind;
    return failure;
  }
  if (ran->exit_code != 0)
    return refused(fmt::format("the exec plugin '{}' ended with exit code {}: {}",
                               sanitize(plugin.command), ran->exit_code,
                               sanitize(trim(ran->errors), Lines::escape, 300)));
  Result<Json> answer = parse_json(ran->output, "answer of the exec plugin");
  wipe(ran->output);
  if (!answer.ok()) return refused(answer.failure().message);
  OSTLER_TRY(granted_, granted_by(*answer));
  return {};
}

Result<KubernetesCredentials::Granted> KubernetesCredentials::granted_by(const Json& answer) const {
  const ExecPlugin& plugin = *access_.plugin;
  if (text_at(answer, "/kind") != "ExecCredential" ||
      text_at(answer, "/apiVersion") != plugin.api_version)
    return refused(fmt::format("the exec plugin '{}' answered no ExecCredential of {}",
                               sanitize(plugin.command), sanitize(plugin.api_version)));
  Granted granted;
  if (std::string token = text_at(answer, "/status/token"); !token.empty())
    granted.token = std::make_shared<const Secret>(std::move(token));
  granted.certificate_pem = text_at(answer, "/status/clientCertificateData");
  if (std::string key = text_at(answer, "/status/clientKeyData"); !key.empty())
    granted.private_key_pem = std::make_shared<const Secret>(std::move(key));
  if (!granted.token && (granted.certificate_pem.empty() || !granted.private_key_pem))
    return refused(
        fmt::format("the exec plugin '{}' gave neither a token nor a certificate with its key",
                    sanitize(plugin.command)));
  granted.expires = parse_utc(text_at(answer, "/status/expirationTimestamp"));
  return granted;
}

}  // namespace ostler
