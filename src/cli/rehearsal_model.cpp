// A model of PostgreSQL for rehearsals on machines without one.
#include "rehearsal_tenants.hpp"

#include "ostler/lab/modelled_postgres.hpp"

namespace ostler {
namespace {

lab::ModelledPostgresSettings settings_of(const RehearsalTenantsWanted& wanted) {
  lab::ModelledPostgresSettings settings;
  settings.tenants.clear();
  for (const auto& [server, database] : wanted.tenants) settings.tenants.push_back(database);
  return settings;
}

class ModelledTenants final : public RehearsalTenants {
 public:
  ModelledTenants(lab::World& world, const RehearsalTenantsWanted& wanted)
      : wanted_(wanted), server_(world, settings_of(wanted)) {}
  SqlConnector& connector() override { return server_.connector(); }
  lab::TenantDatabases& databases() override { return server_.databases(); }
  Result<lab::Picture> picture() override {
    lab::Picture all;
    for (const auto& [server, database] : wanted_.tenants) {
      const std::string place = server + "/" + database;
      const Json state = server_.state(database);
      all["schema " + place] = {state.at("columns"), state.at("not_null"), state.at("invalid")};
      all["database " + place] = {state.at("versions"), state.at("transit")};
      all["ledger " + place] = state.at("migrations");
    }
    return all;
  }

 private:
  const RehearsalTenantsWanted& wanted_;
  lab::ModelledPostgres server_;
};

class ModelledServer final : public RehearsalServer {
 public:
  explicit ModelledServer(RehearsalTenantsWanted wanted) : wanted_(std::move(wanted)) {}
  std::string name() const override { return "a model of PostgreSQL"; }
  Secret primary() const override { return Secret("postgres://ostler:x@127.0.0.1:5432/saas"); }
  Secret replica() const override { return Secret("postgres://ostler:x@127.0.0.1:5433/saas"); }
  std::vector<std::string> stand_ins() const override { return {}; }
  Result<std::unique_ptr<RehearsalTenants>> begin(lab::World& world) override {
    return std::unique_ptr<RehearsalTenants>(std::make_unique<ModelledTenants>(world, wanted_));
  }

 private:
  RehearsalTenantsWanted wanted_;
};

}  // namespace

std::unique_ptr<RehearsalServer> model_rehearsal_server(RehearsalTenantsWanted wanted) {
  return std::make_unique<ModelledServer>(std::move(wanted));
}

}  // namespace ostler
