#pragma once

#include "systems/kubeconfig.hpp"

#include "ostler/base/clock.hpp"
#include "ostler/transport/process.hpp"

#include <mutex>
#include <optional>
#include <string>

namespace ostler {

/// Puts credentials into requests: static ones, a token file that is read again, or those of an
/// exec plugin, kept until they expire. Safe to use from several threads.
class KubernetesCredentials {
 public:
  KubernetesCredentials(ClusterAccess access, ProcessRunner& processes);

  Result<void> fill(HttpRequest& request);
  /// After a 401: true when asking again may give another credential.
  bool refresh();

 private:
  struct Granted {
    std::shared_ptr<const Secret> token;
    std::string certificate_pem;
    std::shared_ptr<const Secret> private_key_pem;
    std::optional<WallTime> expires;
  };

  Result<void> read_token_file();
  Result<void> ask_plugin();
  Result<Granted> granted_by(const Json& answer) const;
  Failure refused(std::string_view why) const;

  const ClusterAccess access_;
  ProcessRunner& processes_;
  std::mutex mutex_;
  std::shared_ptr<const Secret> file_token_;
  std::optional<Granted> granted_;
};

}  // namespace ostler
