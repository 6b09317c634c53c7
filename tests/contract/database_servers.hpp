// PostgreSQL with a replica, and Redis: those that the lab starts, and the stack's.
#pragma once

#include <functional>
#include <string>

namespace ostler {

/// Connection strings.
struct DatabaseServers {
  std::string main, replica;  ///< as role ostler, on database saas
  std::string owner;          ///< as the owner of the tenants, on database saas
  std::string admin;          ///< as superuser, on database postgres
  std::string redis;
};

/// Runs `suite` over the servers of the lab, where this machine has their programs, and over those
/// of the stack, where there is one.
void over_database_servers(const std::function<void(const DatabaseServers&)>& suite);

}  // namespace ostler
