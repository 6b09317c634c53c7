// A shop on the real stack.
#pragma once

#include "tests/contract/shop.hpp"
#include "tests/contract/sql_tenant_view.hpp"
#include "tests/contract/stack.hpp"

#include "ostler/base/clock.hpp"
#include "ostler/transport/process.hpp"

namespace ostler {

/// What the real clients need to live.
struct StackParts {
  Cancellation cancellation;
  std::unique_ptr<Clock> clock = make_system_clock();
  std::unique_ptr<HttpClient> http = make_http_client(cancellation);
  std::unique_ptr<ProcessRunner> processes = make_process_runner();
  std::unique_ptr<SqlConnector> connector = make_sql_connector();

  ClientParts clients();
};

class StackShop final : private StackParts, public Shop {
 public:
  StackShop();
  ~StackShop() override;

  std::string image(const std::string& tag) const override;
  TenantView& tenant() override { return view_; }
  std::unique_ptr<Visitors> visitors() override;

 private:
  std::unique_ptr<SqlSession> connect_as_admin(const std::string& to);
  void run(const std::string& statement);

  SqlTenantView view_{systems.looks().postgres("main"), database};
  std::unique_ptr<SqlSession> admin_;
  Json images_;
};

}  // namespace ostler
