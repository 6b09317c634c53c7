// Reads kubeconfig files and the in-cluster service account: everything needed to speak with one
// API server.
#include "systems/kubeconfig.hpp"

#include "systems/web_address.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"
#include "ostler/config/yaml_json.hpp"

#include <sys/stat.h>

#include <cstdlib>

namespace ostler {
namespace {

Failure unusable(std::string message, std::string hint = "") {
  return {FailureKind::refused, std::move(message), std::move(hint), ""};
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string resolved(const std::string& path, const std::string& folder) {
  return path.empty() || path[0] == '/' ? path : folder + "/" + path;
}

bool others_may_write(const std::string& path) {
  struct stat state {};
  return stat(path.c_str(), &state) == 0 && (state.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

/// A named entry with the file it was found in.
struct Entry {
  Json value;
  std::string file;
};

struct Files {
  std::string current;
  std::map<std::string, Entry> contexts, clusters, users;
};

void take_entries(std::map<std::string, Entry>& into, const Json& list, const char* member,
                  const std::string& file) {
  if (!list.is_array()) return;
  for (const Json& item : list)
    into.emplace(text_at(item, "/name"), Entry{value_at(item, std::string{"/"} + member), file});
}

Result<void> take_file(Files& files, const std::string& path) {
  OSTLER_TRY(std::string text, read_file(path, 1u << 20));
  Result<Json> parsed = yaml_to_json(text, "kubeconfig " + sanitize(path));
  wipe(text);
  if (!parsed.ok()) return parsed.failure();
  if (files.current.empty()) files.current = text_at(*parsed, "/current-context");
  take_entries(files.contexts, value_at(*parsed, "/contexts"), "context", path);
  take_entries(files.clusters, value_at(*parsed, "/clusters"), "cluster", path);
  take_entries(files.users, value_at(*parsed, "/users"), "user", path);
  return {};
}

std::vector<std::string> names_of(const std::map<std::string, Entry>& entries) {
  std::vector<std::string> names;
  for (const auto& [name, unused] : entries) names.push_back(name);
  return names;
}

Result<Entry> find(const std::map<std::string, Entry>& entries, const std::string& kind,
                   const std::string& name) {
  const auto found = entries.find(name);
  if (found != entries.end()) return found->second;
  const auto near = nearest(name, names_of(entries));
  return unusable(fmt::format("the kubeconfig has no {} '{}'", kind, sanitize(name)),
                  near ? fmt::format("Did you mean '{}'?", sanitize(*near))
                       : fmt::format("It has: {}.", sanitize(join(names_of(entries), ", "))));
}

/// The bytes of `name-data` (base64), or of the file that `name` points at; empty when neither is
/// there.
Result<std::string> data_or_file(const Entry& entry, const std::string& name) {
  const std::string data = text_at(entry.value, "/" + name + "-data");
  if (!data.empty()) {
    std::optional<std::string> bytes = from_base64(data);
    if (!bytes) return unusable(fmt::format("the kubeconfig's {}-data is not base64", name));
    return std::move(*bytes);
  }
  const std::string path = text_at(entry.value, "/" + name);
  if (path.empty()) return std::string{};
  return read_file(resolved(path, folder_of(entry.file)), 1u << 20);
}

std::shared_ptr<const Secret> secret_of(std::string value) {
  return value.empty() ? nullptr : std::make_shared<const Secret>(std::move(value));
}

Result<void> take_cluster(ClusterAccess& access, const Entry& cluster) {
  if (flag_at(cluster.value, "/insecure-skip-tls-verify"))
    return unusable("the kubeconfig asks for insecure-skip-tls-verify, which ostler never does",
                    "Give the cluster's certificate-authority instead.");
  if (!text_at(cluster.value, "/proxy-url").empty())
    return unusable("the kubeconfig asks for a proxy-url, which ostler does not use",
                    "Run ostler where it reaches the API server directly.");
  access.server = text_at(cluster.value, "/server");
  const std::optional<WebAddress> address = read_web_address(access.server);
  if (!address || (address->scheme != "https" && !is_loopback(*address)))
    return unusable(
        fmt::format("the kubeconfig's server '{}' is no https URL", sanitize(access.server)),
        "Plain http:// is for loopback addresses only.");
  while (ends_with(access.server, "/")) access.server.pop_back();
  access.tls.server_name = text_at(cluster.value, "/tls-server-name");
  OSTLER_TRY(access.tls.ca_pem, data_or_file(cluster, "certificate-authority"));
  return {};
}

Result<ExecPlugin> plugin_of(const Entry& user, const Entry& cluster, const ClusterAccess& access) {
  const Json& exec = value_at(user.value, "/exec");
  if (others_may_write(user.file))
    return unusable(fmt::format("kubeconfig {} names a program to run and can be written by others",
                                sanitize(user.file)),
                    "Take the right to write from group and others: chmod go-w.");
  ExecPlugin plugin;
  plugin.command = text_at(exec, "/command");
  if (plugin.command.empty()) return unusable("the kubeconfig's exec plugin names no command");
  if (plugin.command.find('/') != std::string::npos)
    plugin.command = resolved(plugin.command, folder_of(user.file));
  plugin.api_version = text_at(exec, "/apiVersion");
  if (plugin.api_version != "client.authentication.k8s.io/v1" &&
      plugin.api_version != "client.authentication.k8s.io/v1beta1")
    return unusable(fmt::format("the exec plugin '{}' speaks '{}'", sanitize(plugin.command),
                                sanitize(plugin.api_version)),
                    "ostler speaks client.authentication.k8s.io/v1 and v1beta1.");
  if (text_at(exec, "/interactiveMode") == "Always")
    return unusable(fmt::format("the exec plugin '{}' wants a terminal", sanitize(plugin.command)),
                    "Use a plugin with interactiveMode Never or IfAvailable.");
  plugin.install_hint = text_at(exec, "/installHint");
  if (const Json& arguments = value_at(exec, "/args"); arguments.is_array())
    for (const Json& argument : arguments) plugin.arguments.push_back(text_at(argument, ""));
  if (const Json& settings = value_at(exec, "/env"); settings.is_array())
    for (const Json& setting : settings)
      plugin.environment.emplace_back(text_at(setting, "/name"), text_at(setting, "/value"));
  if (flag_at(exec, "/provideClusterInfo")) {
    plugin.cluster = {{"server", access.server}};
    if (!access.tls.ca_pem.empty())
      plugin.cluster["certificate-authority-data"] = to_base64(access.tls.ca_pem);
    if (!access.tls.server_name.empty()) plugin.cluster["tls-server-name"] = access.tls.server_name;
    if (const Json& extensions = value_at(cluster.value, "/extensions"); extensions.is_array())
      for (const Json& extension : extensions)
        if (text_at(extension, "/name") == "client.authentication.k8s.io/exec")
          plugin.cluster["config"] = value_at(extension, "/extension");
  }
  return plugin;
}

void take_impersonation(ClusterAccess& access, const Json& user) {
  if (const std::string name = text_at(user, "/as"); !name.empty())
    access.impersonation.emplace_back("Impersonate-User", name);
  if (const std::string uid = text_at(user, "/as-uid"); !uid.empty())
    access.impersonation.emplace_back("Impersonate-Uid", uid);
  if (const Json& groups = value_at(user, "/as-groups"); groups.is_array())
    for (const Json& group : groups)
      access.impersonation.emplace_back("Impersonate-Group", text_at(group, ""));
  if (const Json& extra = value_at(user, "/as-user-extra"); extra.is_object())
    for (const auto& [key, values] : extra.items())
      for (const Json& value : values)
        access.impersonation.emplace_back("Impersonate-Extra-" + url_encoded(key),
                                          text_at(value, ""));
}

Result<void> take_user(ClusterAccess& access, const Entry& user, const Entry& cluster) {
  if (!value_at(user.value, "/auth-provider").is_null())
    return unusable("the kubeconfig uses an auth-provider, which Kubernetes has removed",
                    "Use the provider's exec plugin.");
  OSTLER_TRY(access.tls.certificate_pem, data_or_file(user, "client-certificate"));
  OSTLER_TRY(std::string key, data_or_file(user, "client-key"));
  if (access.tls.certificate_pem.empty() != key.empty())
    return unusable(
        "the kubeconfig has a client certificate without its key, or the other way round");
  access.tls.private_key_pem = secret_of(std::move(key));
  access.token = secret_of(text_at(user.value, "/token"));
  access.token_file = resolved(text_at(user.value, "/tokenFile"), folder_of(user.file));
  access.user = text_at(user.value, "/username");
  access.password = secret_of(text_at(user.value, "/password"));
  if (!value_at(user.value, "/exec").is_null()) {
    OSTLER_TRY(access.plugin, plugin_of(user, cluster, access));
  }
  take_impersonation(access, user.value);
  return {};
}

Result<ClusterAccess> in_cluster(const Surroundings& surroundings) {
  const std::string host = surroundings.variable("KUBERNETES_SERVICE_HOST");
  const std::string port = surroundings.variable("KUBERNETES_SERVICE_PORT");
  const std::string token = surroundings.service_account + "/token";
  if (host.empty() || port.empty() || !file_exists(token))
    return unusable("no kubeconfig was found",
                    "Name one with $KUBECONFIG, or write it to ~/.kube/config.");
  ClusterAccess access;
  const bool bare_v6 = host.find(':') != std::string::npos && host[0] != '[';
  access.server = "https://" + (bare_v6 ? "[" + host + "]" : host) + ":" + port;
  access.token_file = token;
  OSTLER_TRY(access.tls.ca_pem, read_file(surroundings.service_account + "/ca.crt", 1u << 20));
  return access;
}

}  // namespace

Surroundings real_surroundings() {
  Surroundings surroundings;
  surroundings.variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string{value != nullptr ? value : ""};
  };
  return surroundings;
}

Result<ClusterAccess> read_cluster_access(const KubernetesSettings& settings,
                                          const Surroundings& surroundings) {
  std::string list = settings.kubeconfig;
  if (list.empty()) list = surroundings.variable("KUBECONFIG");
  const bool chosen = !list.empty();
  if (!chosen) {
    list = surroundings.variable("HOME") + "/.kube/config";
    if (!file_exists(list)) return in_cluster(surroundings);
  }
  Files files;
  int found = 0;
  for (const std::string& path : split(list, ':')) {
    if (path.empty() || !file_exists(path)) continue;
    OSTLER_CHECK(take_file(files, path));
    ++found;
  }
  if (found == 0)
    return unusable(fmt::format("the kubeconfig '{}' is not there", sanitize(list)),
                    "Correct the path in $KUBECONFIG or in the environment file.");
  const std::string& name = settings.context.empty() ? files.current : settings.context;
  if (name.empty())
    return unusable("the kubeconfig has no current-context",
                    "Name the context in the environment file under kubernetes.");
  OSTLER_TRY(const Entry context, find(files.contexts, "context", name));
  OSTLER_TRY(const Entry cluster,
             find(files.clusters, "cluster", text_at(context.value, "/cluster")));
  ClusterAccess access;
  OSTLER_CHECK(take_cluster(access, cluster));
  if (const std::string user = text_at(context.value, "/user"); !user.empty()) {
    OSTLER_TRY(const Entry who, find(files.users, "user", user));
    OSTLER_CHECK(take_user(access, who, cluster));
  }
  return access;
}

}  // namespace ostler
