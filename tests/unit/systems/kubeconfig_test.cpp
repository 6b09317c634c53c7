#include "systems/kubeconfig.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/hash.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

using namespace ostler;

namespace {

/// A folder of its own with the files of one test.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("ostler-test-" + random_hex(12))) {
    std::filesystem::create_directories(path_);
    surroundings.variable = [this](const char* name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::string{} : found->second;
    };
    surroundings.service_account = path("sa");
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    REQUIRE(write_file_atomically(path(name), text).ok());
    return path(name);
  }

  std::map<std::string, std::string> variables;
  Surroundings surroundings;

 private:
  std::filesystem::path path_;
};

std::string config(const std::string& cluster, const std::string& user) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: prod\n"
         "contexts:\n- name: prod\n  context: {cluster: c, user: u}\n"
         "clusters:\n- name: c\n  cluster: " +
         cluster + "\nusers:\n- name: u\n  user: " + user + "\n";
}

const char* const plain_cluster = "{server: 'https://api.example:6443/'}";

Result<ClusterAccess> read(const Folder& folder, const std::string& file,
                           const std::string& context = "") {
  return read_cluster_access({file, context}, folder.surroundings);
}

}  // namespace

TEST_CASE("a context gives server, authority, certificate and key", "[kubeconfig]") {
  const Folder folder;
  folder.write("pki/ca.pem", "CA");
  const std::string file = folder.write(
      "config", config("{server: 'https://api.example:6443/', certificate-authority: pki/ca.pem, "
                       "tls-server-name: kubernetes}",
                       "{client-certificate-data: " + to_base64("CERT") +
                           ", client-key-data: " + to_base64("KEY") + "}"));
  const auto access = read(folder, file);
  REQUIRE(access.ok());
  CHECK(access->server == "https://api.example:6443");
  CHECK(access->tls.ca_pem == "CA");
  CHECK(access->tls.server_name == "kubernetes");
  CHECK(access->tls.certificate_pem == "CERT");
  REQUIRE(access->tls.private_key_pem);
  CHECK(access->tls.private_key_pem->reveal() == "KEY");
}

TEST_CASE("tokens, basic authentication and impersonation are read", "[kubeconfig]") {
  const Folder folder;
  const auto token =
      read(folder, folder.write("a", config(plain_cluster,
                                            "{token: abcdefgh, as: deployer, as-uid: '7', "
                                            "as-groups: [one, two], as-user-extra: {team: [x]}}")));
  REQUIRE(token.ok());
  CHECK(token->token->reveal() == "abcdefgh");
  CHECK(token->impersonation == std::vector<HttpHeader>{{"Impersonate-User", "deployer"},
                                                        {"Impersonate-Uid", "7"},
                                                        {"Impersonate-Group", "one"},
                                                        {"Impersonate-Group", "two"},
                                                        {"Impersonate-Extra-team", "x"}});
  const auto file = read(folder, folder.write("b", config(plain_cluster, "{tokenFile: tok}")));
  REQUIRE(file.ok());
  CHECK(file->token_file == folder.path("tok"));
  const auto basic = read(
      folder, folder.write("c", config(plain_cluster, "{username: bob, password: secret-word}")));
  REQUIRE(basic.ok());
  CHECK(basic->user == "bob");
  CHECK(basic->password->reveal() == "secret-word");
}

TEST_CASE("in a list of files the first value for a name wins and missing files are skipped",
          "[kubeconfig]") {
  Folder folder;
  const std::string first =
      folder.write("first/config", config("{server: 'https://one'}", "{token: token-one}"));
  const std::string second =
      folder.write("second/config", config("{server: 'https://two'}", "{token: token-two}") +
                                        "# a second context\n");
  folder.variables["KUBECONFIG"] = folder.path("missing") + ":" + first + ":" + second;
  const auto access = read(folder, "");
  REQUIRE(access.ok());
  CHECK(access->server == "https://one");
  CHECK(access->token->reveal() == "token-one");
}

TEST_CASE("without a kubeconfig the Pod's service account is used", "[kubeconfig]") {
  Folder folder;
  folder.variables = {{"HOME", folder.path("")},
                      {"KUBERNETES_SERVICE_HOST", "10.96.0.1"},
                      {"KUBERNETES_SERVICE_PORT", "443"}};
  folder.write("sa/token", "tok");
  folder.write("sa/ca.crt", "CA");
  const auto access = read(folder, "");
  REQUIRE(access.ok());
  CHECK(access->server == "https://10.96.0.1:443");
  CHECK(access->token_file == folder.path("sa/token"));
  CHECK(access->tls.ca_pem == "CA");
  folder.variables["KUBERNETES_SERVICE_HOST"] = "fd00::1";
  CHECK(read(folder, "")->server == "https://[fd00::1]:443");
  folder.variables.erase("KUBERNETES_SERVICE_HOST");
  CHECK(read(folder, "").failure().message == "no kubeconfig was found");
}

TEST_CASE("an exec plugin is read with its arguments, environment and cluster", "[kubeconfig]") {
  const Folder folder;
  const auto access = read(
      folder,
      folder.write("dir/config",
                   config(plain_cluster,
                          "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login, "
                          "args: [get, token], env: [{name: A, value: b}], "
                          "interactiveMode: IfAvailable, provideClusterInfo: true}}")));
  REQUIRE(access.ok());
  REQUIRE(access->plugin);
  CHECK(access->plugin->command == folder.path("dir") + "/./login");
  CHECK(access->plugin->arguments == std::vector<std::string>{"get", "token"});
  CHECK(access->plugin->environment ==
        std::vector<std::pair<std::string, std::string>>{{"A", "b"}});
  CHECK(access->plugin->cluster["server"] == "https://api.example:6443");
}

TEST_CASE("what ostler never does is refused", "[kubeconfig]") {
  const Folder folder;
  const auto refusal = [&](const std::string& cluster, const std::string& user) {
    const auto access = read(folder, folder.write("config", config(cluster, user)));
    REQUIRE_FALSE(access.ok());
    CHECK(access.failure().kind == FailureKind::refused);
    return access.failure().message;
  };
  CHECK(refusal("{server: 'https://x', insecure-skip-tls-verify: true}", "{}")
            .find("insecure-skip-tls-verify") != std::string::npos);
  CHECK(refusal("{server: 'http://x'}", "{}").find("no https URL") != std::string::npos);
  CHECK(refusal("{server: 'http://10.0.0.1:6443'}", "{}").find("no https URL") !=
        std::string::npos);
  CHECK(refusal("{server: 'https://x', proxy-url: 'http://p'}", "{}").find("proxy-url") !=
        std::string::npos);
  CHECK(refusal(plain_cluster, "{auth-provider: {name: gcp}}").find("auth-provider") !=
        std::string::npos);
  CHECK(refusal(plain_cluster, "{client-certificate-data: Q0VSVA==}").find("without its key") !=
        std::string::npos);
  CHECK(refusal(plain_cluster, "{client-certificate-data: '***'}").find("not base64") !=
        std::string::npos);
  CHECK(refusal(plain_cluster,
                "{exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}}")
            .find("v1alpha1") != std::string::npos);
  CHECK(refusal(plain_cluster,
                "{exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: "
                "Always}}")
            .find("wants a terminal") != std::string::npos);
}

TEST_CASE("a kubeconfig with a program that others may write is refused", "[kubeconfig]") {
  const Folder folder;
  const std::string file = folder.write(
      "config",
      config(plain_cluster, "{exec: {command: x, apiVersion: client.authentication.k8s.io/v1}}"));
  REQUIRE(read(folder, file).ok());
  REQUIRE(chmod(file.c_str(), 0666) == 0);
  CHECK(read(folder, file).failure().message.find("can be written by others") != std::string::npos);
}

TEST_CASE("a name that is not there is answered with the nearest one", "[kubeconfig]") {
  const Folder folder;
  const std::string file = folder.write("config", config(plain_cluster, "{}"));
  const auto access = read(folder, file, "prdo");
  REQUIRE_FALSE(access.ok());
  CHECK(access.failure().message == "the kubeconfig has no context 'prdo'");
  CHECK(access.failure().hint == "Did you mean 'prod'?");
}
