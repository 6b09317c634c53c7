// One tenant's database, real or modelled, as tests of the lab see it: by ostler's own looks, and
// as the shop's servers do.
#pragma once

#include "ostler/lab/shop.hpp"
#include "ostler/lab/world.hpp"
#include "ostler/systems/odoo.hpp"
#include "ostler/transport/sql.hpp"

#include <functional>
#include <memory>
#include <string>

namespace ostler::lab {

struct TenantStage {
  World world{1};
  std::shared_ptr<SqlConnector> connector;
  std::shared_ptr<TenantDatabases> databases;
  std::function<Secret(const std::string& role)> dsn;
  std::string database;
  /// A cron of that name runs until what this gives is called.
  std::function<std::function<void()>(const std::string& name)> hold_cron;

  std::unique_ptr<SqlSession> session(const std::string& role,
                                      SqlAccess access = SqlAccess::read_write,
                                      const std::string& application_name = "test");
  /// The first value that ostler's role sees.
  std::string text(const std::string& statement, const std::vector<SqlValue>& parameters = {});
  Json facts();
};

/// What came of an update's process.
struct UpdateEnd {
  std::optional<int> exit_code;
  std::string log;
};
/// Runs `odoo -u sale_omni,pos_retail` of that version with the guard module; `until` looks at the
/// log after each part and ends the process there when it says so.
UpdateEnd run_update(TenantStage& stage, const std::string& version,
                     const std::function<bool(const std::string& log)>& kill = nullptr,
                     const std::string& modules = "sale_omni,pos_retail",
                     const std::string& load = "base,web,ostler_guard");

ShopCode shop_code(const std::string& version);

/// Runs `body` over every kind of tenant that this machine has, each time on a fresh one.
void on_tenants(const std::function<void(TenantStage&)>& body);

}  // namespace ostler::lab
