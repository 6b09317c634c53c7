#pragma once

#include "ostler/base/json.hpp"
#include "ostler/lab/shop.hpp"
#include "ostler/lab/world.hpp"
#include "ostler/transport/sql.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ostler::lab {

struct ModelledPostgresSettings {
  std::vector<std::string> tenants{"alma", "brio", "cedro"};
  std::string pool = "a";
  std::string domain = "shop.example";
  int replica_port = 5433;  ///< a connection string with this port means the replica
};

/// A PostgreSQL server with the shop's tenants, in memory: transactions per session, advisory
/// locks, the locks that a migration meets, an update's course, and a replica. It answers the
/// statements that ostler sends and no others: an unknown one fails with its text. Sessions may be
/// used from several threads; everything else from one. Sessions must not outlive it.
class ModelledPostgres {
 public:
  explicit ModelledPostgres(World& world, ModelledPostgresSettings settings = {});
  ~ModelledPostgres();
  ModelledPostgres(const ModelledPostgres&) = delete;
  ModelledPostgres& operator=(const ModelledPostgres&) = delete;

  SqlConnector& connector();
  TenantDatabases& databases();

  // What scenarios make happen.

  /// A cron of that name runs until it is ended; it holds its row meanwhile.
  void run_cron(const std::string& database, const std::string& name,
                const std::string& application_name = "odoo-1");
  void end_cron(const std::string& database, const std::string& name);
  /// A job of queue_job is in state `started` until it is ended.
  void start_job(const std::string& database, const std::string& uuid);
  void end_job(const std::string& database, const std::string& uuid);
  /// So many orders are in state `broken`.
  void break_orders(const std::string& database, std::uint64_t count);
  /// The replica replays what was written this long ago.
  void set_replica_lag(Instant lag);
  /// The server ends all sessions, and refuses new ones until it is started.
  void stop();
  void start();
  /// Ends the sessions whose application name begins so; gives how many there were.
  int end_sessions(const std::string& application_prefix);

  /// What stands in a database: modules with their versions, versions alone, modules in transit,
  /// columns, NOT NULLs, tables' owners, ledgers, counter, and how many orders and advisory locks
  /// there are. Only what is committed.
  Json state(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostler::lab
