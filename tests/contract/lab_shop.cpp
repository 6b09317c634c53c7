// Makes a shop on the lab, and looks at its tenant in the modelled PostgreSQL.
#include "tests/contract/lab_shop.hpp"

#include "ostler/lab/images.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <set>

namespace ostler {
namespace {

constexpr const char* tenant_name = "steps";

/// Visits in virtual time, so that they come between what the lab does by itself.
class LabVisitors final : public Visitors {
 public:
  LabVisitors(lab::World& world, lab::DoorHttp& http, Shop& shop)
      : world_(world), http_(http), host_(shop.name_space + ".example") {
    const auto proxies = shop.systems.traefik().proxies();
    REQUIRE(proxies.ok());
    proxies_ = *proxies;
    plan();
  }
  ~LabVisitors() override { world_.cancel(next_); }
  int failed() const override { return failed_; }
  int asked() const override { return asked_; }

 private:
  void plan() {
    next_ = world_.after(Milliseconds{10}, [this] {
      for (const Proxy& proxy : proxies_) visit(proxy);
      plan();
    });
  }
  void visit(const Proxy& proxy) {
    HttpRequest request;
    request.url = "http://" + proxy.address + ":8000/web/health";
    request.headers = {{"Host", host_}};
    const auto answer = http_.send(request);
    ++asked_;
    if (!answer.ok() || answer->status != 200) ++failed_;
  }

  lab::World& world_;
  lab::DoorHttp& http_;
  std::string host_;
  std::vector<Proxy> proxies_;
  lab::World::Ticket next_ = 0;
  int failed_ = 0, asked_ = 0;
};

}  // namespace

LabShop::LabShop() : LabPlatform({tenant_name}), Shop(clients(), "contract", tenant_name) {}

ClientParts LabShop::clients() {
  const auto dsn = [](int port) {
    return fmt::format("postgresql://ostler:password@127.0.0.1:{}/saas", port);
  };
  return {http, postgres.connector(), clock, kubernetes(), dsn(5432), dsn(5433)};
}

std::string LabShop::image(const std::string& tag) const {
  for (const lab::ShopImage& image : lab::shop_images())
    if (image.tag == tag)
      return fmt::format("{}/retail/odoo@{}", lab::Addresses{}.staging, image.digest);
  FAIL("the lab has no image " << tag);
  return "";
}

std::unique_ptr<Visitors> LabShop::visitors() {
  return std::make_unique<LabVisitors>(world, http, *this);
}

std::vector<std::string> LabShop::tables() {
  std::set<std::string> names;
  for (const std::string& column : columns()) names.insert(column.substr(0, column.find('.')));
  return {names.begin(), names.end()};
}

std::vector<std::string> LabShop::columns() {
  return state().at("columns").get<std::vector<std::string>>();
}

std::string LabShop::owner_of(const std::string& table) {
  return state().at("owners").value(table, "");
}

std::optional<std::string> LabShop::version_of(const std::string& module) {
  const Json modules = state().at("modules");
  const auto found = modules.find(module);
  if (found == modules.end()) return std::nullopt;
  return found->get<std::string>();
}

std::int64_t LabShop::registry_counter() {
  return state().at("counter").get<std::int64_t>();
}

std::size_t LabShop::rows_of(const std::string& table) {
  REQUIRE(table == "ostler_update");
  return state().at("updates").size();
}

std::size_t LabShop::advisory_locks() {
  return state().at("advisory").get<std::size_t>();
}

std::size_t LabShop::sessions_of(const std::string& application) {
  // It also ends them, which nobody minds who hopes that there is none.
  return static_cast<std::size_t>(postgres.end_sessions(application));
}

}  // namespace ostler
