// A shop on the real stack.
#pragma once

#include "tests/contract/shop.hpp"
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

class StackShop final : private StackParts, public Shop, private TenantView {
 public:
  StackShop();
  ~StackShop() override;

  std::string image(const std::string& tag) const override;
  TenantView& tenant() override { return *this; }
  std::unique_ptr<Visitors> visitors() override;

 private:
  std::unique_ptr<SqlSession> connect_as_admin(const std::string& to);
  void run(const std::string& statement);
  std::string ask(const std::string& statement);
  std::vector<std::string> ask_list(const std::string& statement);

  std::vector<std::string> tables() override;
  std::vector<std::string> columns() override;
  std::string owner_of(const std::string& table) override;
  std::optional<std::string> version_of(const std::string& module) override;
  std::int64_t registry_counter() override;
  std::size_t rows_of(const std::string& table) override;
  std::size_t advisory_locks() override;
  std::size_t sessions_of(const std::string& application) override;

  std::unique_ptr<SqlSession> admin_;
  Json images_;
};

}  // namespace ostler
