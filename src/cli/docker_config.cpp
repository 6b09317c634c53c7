// Logins that `docker login` stored.
#include "docker_config.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/hash.hpp"
#include "ostler/base/json.hpp"
#include "ostler/base/text.hpp"

#include <cstdlib>

namespace ostler {
namespace {

Failure refused(std::string message) {
  return {FailureKind::refused, std::move(message),
          "Log in again with docker login, or name user and password references.", "credentials"};
}

std::string host_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  std::string host = scheme == std::string::npos ? url : url.substr(scheme + 3);
  return host.substr(0, host.find('/'));
}

Result<DockerLogin> ask_helper(const std::string& helper, const std::string& host,
                               ProcessRunner& processes) {
  if (helper.find('/') != std::string::npos)
    return refused("docker configuration: the credential helper's name is not a name");
  ProcessRequest request;
  request.arguments = {"docker-credential-" + helper, "get"};
  request.input = host;
  Result<ProcessResult> answer = processes.run(request);
  if (!answer) return refused(answer.failure().message);
  if (answer->exit_code != 0)
    return refused(fmt::format("docker-credential-{} has no login for {} (exit {})", helper, host,
                               answer->exit_code));
  const Result<Json> login = parse_json(answer->output, "answer of the credential helper");
  wipe(answer->output);
  if (!login) return refused(fmt::format("docker-credential-{} gave no usable answer", helper));
  return DockerLogin{text_at(*login, "/Username"),
                     std::make_shared<Secret>(text_at(*login, "/Secret"))};
}

}  // namespace

Result<DockerLogin> docker_login_from(const std::string& text, const std::string& host,
                                      ProcessRunner& processes) {
  const Result<Json> config = parse_json(text, "docker configuration");
  if (!config || !config->is_object()) return refused("the docker configuration is not JSON");
  const auto member = [](const Json& object, const std::string& name) -> const Json* {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
  };
  if (const Json* helper = member(value_at(*config, "/credHelpers"), host);
      helper != nullptr && helper->is_string())
    return ask_helper(helper->get<std::string>(), host, processes);
  const Json* entry = member(value_at(*config, "/auths"), host);
  if (entry == nullptr) entry = member(value_at(*config, "/auths"), "https://" + host);
  if (entry != nullptr && !text_at(*entry, "/auth").empty()) {
    std::optional<std::string> login = from_base64(text_at(*entry, "/auth"));
    const std::size_t colon = login ? login->find(':') : std::string::npos;
    if (colon == std::string::npos)
      return refused(fmt::format("the docker configuration's login for {} cannot be read", host));
    DockerLogin found{login->substr(0, colon), std::make_shared<Secret>(login->substr(colon + 1))};
    wipe(*login);
    return found;
  }
  if (const std::string store = text_at(*config, "/credsStore"); !store.empty())
    return ask_helper(store, host, processes);
  return refused(fmt::format("the docker configuration has no login for {}", host));
}

Result<DockerLogin> docker_login(const std::string& url, ProcessRunner& processes) {
  const char* folder = std::getenv("DOCKER_CONFIG");
  const char* home = std::getenv("HOME");
  const std::string path = folder != nullptr
                               ? std::string(folder) + "/config.json"
                               : std::string(home == nullptr ? "" : home) + "/.docker/config.json";
  Result<std::string> text = read_file(path, 1 << 20);
  if (!text) return refused(text.failure().message);
  Result<DockerLogin> login = docker_login_from(*text, host_of(url), processes);
  wipe(*text);
  return login;
}

}  // namespace ostler
