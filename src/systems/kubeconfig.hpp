#pragma once

#include "ostler/systems/kubernetes.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ostler {

/// A program that hands out credentials (client.authentication.k8s.io).
struct ExecPlugin {
  std::string command;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string api_version;
  std::string install_hint;
  Json cluster;  ///< spec.cluster for it; null unless provideClusterInfo
};

/// One context of a kubeconfig, resolved: where the API server is and how to show who we are.
struct ClusterAccess {
  std::string server;
  TlsSettings tls;
  std::shared_ptr<const Secret> token;
  std::string token_file;  ///< wins over `token`; read again for every request
  std::string user;        ///< for basic authentication
  std::shared_ptr<const Secret> password;
  std::optional<ExecPlugin> plugin;
  std::vector<HttpHeader> impersonation;
};

/// Where the process stands, so that tests can stand elsewhere.
struct Surroundings {
  std::function<std::string(const char*)> variable;  ///< empty when it is not set
  std::string service_account = "/var/run/secrets/kubernetes.io/serviceaccount";
};
Surroundings real_surroundings();

/// Reads the kubeconfig or the in-cluster files. In a list of files the first value for a name wins
/// and missing files are skipped; paths are relative to the file they stand in.
Result<ClusterAccess> read_cluster_access(const KubernetesSettings& settings,
                                          const Surroundings& surroundings);

}  // namespace ostler
