#pragma once

#include "lab/postgres/modelled_server.hpp"
#include "lab/shop/update_book.hpp"

namespace ostler::lab {

/// The shop's servers and updates on the modelled server.
class ModelledTenants final : public TenantDatabases {
 public:
  explicit ModelledTenants(ModelledServer& server) : server_(server) {}

  bool has(const std::string& database) const override;
  Result<void> take_order(const std::string& database, const ShopCode& code,
                          const std::string& uuid) override;
  Result<void> take_pos_order(const std::string& database, const ShopCode& code,
                              const std::string& uuid) override;
  Result<std::vector<std::string>> missing_orders(const std::string& name,
                                                  const std::vector<std::string>& uuids) override;
  Result<std::int64_t> registry_counter(const std::string& name) override;
  std::vector<JobPart> update(const RunningPod& pod, const ShopCode& code) override;
  void update_killed(const RunningPod& pod) override { updates_.kill(pod); }

 private:
  enum class Kind { checkout, till };
  Result<ModelledDatabase*> find(const std::string& database) const;
  Result<void> take(Kind kind, const std::string& name, const ShopCode& code,
                    const std::string& uuid);
  const ModelledInsert& insert_of(Kind kind, ModelledDatabase& database, const ShopCode& code);

  ModelledServer& server_;
  UpdateBook updates_;
};

/// How a connection that the server does not accept fails.
Failure no_connection(const ModelledServer& server, const std::string& where,
                      const std::string& database);

}  // namespace ostler::lab
