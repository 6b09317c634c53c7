#pragma once

#include "ostler/config/environment.hpp"
#include "ostler/model/systems.hpp"
#include "ostler/transport/http.hpp"
#include "ostler/transport/sql.hpp"

#include <memory>

namespace ostler {

/// Every system of an environment, ready to be asked; also to be changed.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual const Looks& looks() const = 0;
  virtual Systems& systems() = 0;
};

/// Fetches the secrets and makes the clients; nothing but Kubernetes Secrets is asked for over the
/// network. `abandon` ends waiting requests. Fails with code "credentials" for a secret that cannot
/// be had.
Result<std::unique_ptr<Connection>> connect(const Environment& environment, Clock& clock,
                                            const Cancellation& abandon);

/// The same over clients of the caller's, which must outlive the connection.
Result<std::unique_ptr<Connection>> connect_over(const Environment& environment, Clock& clock,
                                                 HttpClient& http, SqlConnector& sql);

/// Asks the cluster who it is. Any other cluster than the environment file's is refused.
Result<void> verify_cluster(const Environment& environment, const Looks& looks);

}  // namespace ostler
