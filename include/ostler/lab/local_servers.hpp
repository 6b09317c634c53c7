#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/result.hpp"
#include "ostler/base/secret.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ostler::lab {

/// A loopback address at which one server of the lab listens.
struct ListenAt {
  std::string host = "127.0.0.1";
  int port = 0;
};

/// How the real servers of one lab are set up. Passwords are drawn anew where none is given; they
/// must not hold quotes, backslashes or white space.
struct LocalServersSettings {
  std::string folder;  ///< all that they write; its parents must let the servers' account through
  ListenAt postgres{"127.0.0.1", 5432}, replica{"127.0.0.1", 5433}, redis{"127.0.0.1", 6379};
  Secret admin_password, ostler_password, odoo_password, replicator_password, redis_password;
  std::vector<std::string> tenants{"alma", "brio", "cedro"};
  std::string pool = "a";
  std::string domain = "shop.example";
  Cancellation stop;  ///< breaks off their start; what runs by itself is not stopped by it
};

/// PostgreSQL with one streaming replica, and Redis, from what this machine has installed, with the
/// roles, the table of tenants and the tenants of the test stack. Nothing in them survives them:
/// they do not wait for the disk, and they end with this object or, whatever happens to it, with
/// the thread that started them.
class LocalServers {
 public:
  /// Starts them and waits until they answer. Fails with the name of the Debian package when a
  /// program is missing, with code "space" when the folder has too little room, with the last words
  /// of a server that does not come up, and as `cancelled` when `stop` is requested meanwhile.
  static Result<std::unique_ptr<LocalServers>> start(LocalServersSettings settings);
  ~LocalServers();
  LocalServers(const LocalServers&) = delete;
  LocalServers& operator=(const LocalServers&) = delete;

  /// A connection string for `role` (postgres, ostler or odoo) on the primary.
  Secret primary(const std::string& role, const std::string& database = "saas") const;
  Secret replica(const std::string& role, const std::string& database = "saas") const;
  /// redis://:PASSWORD@HOST:PORT/0
  Secret redis() const;

  /// Makes these tenants anew from the template, as they were at the start; all when none is named.
  Result<void> reset_tenants(const std::vector<std::string>& only = {});

 private:
  struct Impl;
  explicit LocalServers(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Gives each server a port of 127.0.0.1 at which nobody listens. Another program may take one
/// before its server does; the server's start then fails and says so. Fails with code "port" when
/// the kernel gives none.
Result<void> choose_free_ports(LocalServersSettings& settings);

/// Whether this machine has the programs; fails with code "missing" and the Debian package that it
/// lacks.
Result<void> local_servers_installed();

}  // namespace ostler::lab
