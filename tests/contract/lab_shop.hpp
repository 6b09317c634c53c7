// A shop on the lab.
#pragma once

#include "tests/contract/lab_platform.hpp"
#include "tests/contract/shop.hpp"

#include "ostler/lab/local_servers.hpp"

namespace ostler {

/// How the lab's clients reach PostgreSQL.
struct LabConnector {
  std::unique_ptr<SqlConnector> real = make_sql_connector();
};

class LabShop final : private LabConnector, private LabPlatform, public Shop {
 public:
  /// Its tenant is modelled.
  LabShop();
  /// Its tenant is in a PostgreSQL that the lab has started.
  explicit LabShop(lab::LocalServers& servers);

  std::string image(const std::string& tag) const override;
  TenantView& tenant() override { return *view_; }
  std::unique_ptr<Visitors> visitors() override;

 private:
  ClientParts modelled_clients();
  ClientParts real_clients(const lab::LocalServers& servers);

  std::unique_ptr<TenantView> view_;
};

}  // namespace ostler
