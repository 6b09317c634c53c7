// Makes a shop on the lab, and looks at its tenant in the modelled PostgreSQL.
#include "tests/contract/lab_shop.hpp"

#include "tests/contract/sql_tenant_view.hpp"

#include "ostler/lab/images.hpp"
#include "ostler/lab/sql_tenant_databases.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <set>

namespace ostler {
namespace {

constexpr const char* modelled_tenant = "steps";
constexpr const char* real_tenant = "alma";

/// A tenant's database as the model holds it.
class ModelledView final : public TenantView {
 public:
  ModelledView(lab::ModelledPostgres& postgres, std::string database)
      : postgres_(postgres), database_(std::move(database)) {}

  std::vector<std::string> tables() override {
    std::set<std::string> names;
    for (const std::string& column : columns()) names.insert(column.substr(0, column.find('.')));
    return {names.begin(), names.end()};
  }
  std::vector<std::string> columns() override {
    return state().at("columns").get<std::vector<std::string>>();
  }
  std::string owner_of(const std::string& table) override {
    return state().at("owners").value(table, "");
  }
  std::optional<std::string> version_of(const std::string& module) override {
    const Json modules = state().at("modules");
    const auto found = modules.find(module);
    if (found == modules.end()) return std::nullopt;
    return found->get<std::string>();
  }
  std::int64_t registry_counter() override { return state().at("counter").get<std::int64_t>(); }
  std::size_t rows_of(const std::string& table) override {
    REQUIRE(table == "ostler_update");
    return state().at("updates").size();
  }
  std::size_t advisory_locks() override { return state().at("advisory").get<std::size_t>(); }
  std::size_t sessions_of(const std::string& application) override {
    // It also ends them, which nobody minds who hopes that there is none.
    return static_cast<std::size_t>(postgres_.end_sessions(application));
  }

 private:
  Json state() const { return postgres_.state(database_); }

  lab::ModelledPostgres& postgres_;
  std::string database_;
};

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

LabShop::LabShop()
    : LabPlatform(std::vector<std::string>{modelled_tenant}),
      Shop(modelled_clients(), "contract", modelled_tenant),
      view_(std::make_unique<ModelledView>(postgres, database)) {}

LabShop::LabShop(lab::LocalServers& servers)
    : LabPlatform([this, &servers](lab::World& the_world) {
        const auto fresh = servers.reset_tenants({real_tenant});
        if (!fresh.ok()) FAIL(fresh.failure().message);
        return std::make_unique<lab::SqlTenantDatabases>(the_world, *real, servers.primary("odoo"));
      }),
      Shop(real_clients(servers), "contract", real_tenant),
      view_(std::make_unique<SqlTenantView>(systems.looks().postgres("main"), database)) {}

ClientParts LabShop::modelled_clients() {
  const auto dsn = [](int port) {
    return fmt::format("postgresql://ostler:password@127.0.0.1:{}/saas", port);
  };
  return {http, postgres.connector(), clock, kubernetes(), dsn(5432), dsn(5433)};
}

ClientParts LabShop::real_clients(const lab::LocalServers& servers) {
  return {http,
          *real,
          clock,
          kubernetes(),
          std::string(servers.primary("ostler").reveal()),
          std::string(servers.replica("ostler").reveal())};
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

}  // namespace ostler
