#pragma once

#include "tests/contract/shop.hpp"

namespace ostler {

/// A tenant's database in a PostgreSQL, which must outlive this.
class SqlTenantView final : public TenantView {
 public:
  SqlTenantView(const PostgresLook& server, std::string database)
      : server_(server), database_(std::move(database)) {}

  std::vector<std::string> tables() override;
  std::vector<std::string> columns() override;
  std::string owner_of(const std::string& table) override;
  std::optional<std::string> version_of(const std::string& module) override;
  std::int64_t registry_counter() override;
  std::size_t rows_of(const std::string& table) override;
  std::size_t advisory_locks() override;
  std::size_t sessions_of(const std::string& application) override;

 private:
  std::string ask(const std::string& statement);
  std::vector<std::string> ask_list(const std::string& statement);

  const PostgresLook& server_;
  std::string database_;
};

}  // namespace ostler
