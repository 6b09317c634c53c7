// A shop on the lab.
#pragma once

#include "tests/contract/lab_platform.hpp"
#include "tests/contract/shop.hpp"

namespace ostler {

class LabShop final : private LabPlatform, public Shop, private TenantView {
 public:
  LabShop();

  std::string image(const std::string& tag) const override;
  TenantView& tenant() override { return *this; }
  std::unique_ptr<Visitors> visitors() override;

 private:
  ClientParts clients();
  Json state() const { return postgres.state(database); }

  std::vector<std::string> tables() override;
  std::vector<std::string> columns() override;
  std::string owner_of(const std::string& table) override;
  std::optional<std::string> version_of(const std::string& module) override;
  std::int64_t registry_counter() override;
  std::size_t rows_of(const std::string& table) override;
  std::size_t advisory_locks() override;
  std::size_t sessions_of(const std::string& application) override;
};

}  // namespace ostler
