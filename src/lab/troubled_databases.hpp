#pragma once

#include "ostler/lab/shop.hpp"

#include <set>
#include <string>

namespace ostler::lab {

/// The tenants' databases, with updates that fail half-way where a scenario says so.
class TroubledDatabases final : public TenantDatabases {
 public:
  explicit TroubledDatabases(TenantDatabases& databases) : databases_(databases) {}

  std::set<std::string> failing;  ///< tenants whose update fails after its first module

  bool has(const std::string& database) const override { return databases_.has(database); }
  Result<void> take_order(const std::string& database, const ShopCode& code,
                          const std::string& uuid) override {
    return databases_.take_order(database, code, uuid);
  }
  Result<void> take_pos_order(const std::string& database, const ShopCode& code,
                              const std::string& uuid) override {
    return databases_.take_pos_order(database, code, uuid);
  }
  Result<std::vector<std::string>> missing_orders(const std::string& database,
                                                  const std::vector<std::string>& uuids) override {
    return databases_.missing_orders(database, uuids);
  }
  Result<std::int64_t> registry_counter(const std::string& database) override {
    return databases_.registry_counter(database);
  }
  std::vector<JobPart> update(const RunningPod& pod, const ShopCode& code) override;
  void update_killed(const RunningPod& pod) override { databases_.update_killed(pod); }

 private:
  TenantDatabases& databases_;
};

}  // namespace ostler::lab
