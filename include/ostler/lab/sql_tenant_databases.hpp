#pragma once

#include "ostler/base/secret.hpp"
#include "ostler/lab/shop.hpp"
#include "ostler/transport/sql.hpp"

#include <map>
#include <memory>

namespace ostler::lab {

/// Tenants in a PostgreSQL behind a connector. One session per database is kept, and made anew when
/// the server ended it. Waits for locks only for moments: whoever holds one may need us to go on.
class SqlTenantDatabases final : public TenantDatabases {
 public:
  /// `owner` is the connection string of the role that owns the tenants, for any database of its
  /// server.
  SqlTenantDatabases(World& world, SqlConnector& connector, Secret owner);
  ~SqlTenantDatabases() override;

  bool has(const std::string& database) const override;
  Result<void> take_order(const std::string& database, const ShopCode& code,
                          const std::string& uuid) override;
  Result<void> take_pos_order(const std::string& database, const ShopCode& code,
                              const std::string& uuid) override;
  Result<std::vector<std::string>> missing_orders(const std::string& database,
                                                  const std::vector<std::string>& uuids) override;
  Result<std::int64_t> registry_counter(const std::string& database) override;
  std::vector<JobPart> update(const RunningPod& pod, const ShopCode& code) override;
  void update_killed(const RunningPod& pod) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostler::lab
