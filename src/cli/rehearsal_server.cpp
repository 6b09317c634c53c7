// The real PostgreSQL of a rehearsal: tenants made anew for every pass that needs it.
#include "rehearsal_schema.hpp"
#include "rehearsal_tenants.hpp"

#include "ostler/base/text.hpp"
#include "ostler/lab/local_servers.hpp"
#include "ostler/lab/sql_tenant_databases.hpp"

namespace ostler {
namespace {

/// One pass on the real server.
class RealTenants final : public RehearsalTenants {
 public:
  RealTenants(lab::World& world, SqlConnector& connector, Secret owner,
              std::function<Result<lab::Picture>()> picture)
      : connector_(connector),
        databases_(world, connector, std::move(owner)),
        picture_(std::move(picture)) {}
  SqlConnector& connector() override { return connector_; }
  lab::TenantDatabases& databases() override { return databases_; }
  Result<lab::Picture> picture() override { return picture_(); }

 private:
  SqlConnector& connector_;
  lab::SqlTenantDatabases databases_;
  std::function<Result<lab::Picture>()> picture_;
};

class RealServer final : public RehearsalServer {
 public:
  explicit RealServer(RehearsalTenantsWanted wanted) : wanted_(std::move(wanted)) {}

  Result<void> start(const std::string& folder, const Cancellation& stop) {
    lab::LocalServersSettings settings;
    settings.folder = folder;
    settings.stop = stop;
    OSTLER_CHECK(lab::choose_free_ports(settings));
    settings.tenants.clear();
    OSTLER_TRY(servers_, lab::LocalServers::start(std::move(settings)));
    OSTLER_TRY(stand_ins_, prepare_template(*connector_, servers_->primary("odoo", "shop_template"),
                                            wanted_.migrations, wanted_.plain_modules));
    std::vector<std::string> all;
    for (const auto& [server, database] : wanted_.tenants) all.push_back(database);
    OSTLER_CHECK(servers_->reset_tenants(all));
    OSTLER_TRY(first_, look());
    last_ = first_;
    SqlOptions options;
    OSTLER_TRY(const auto session, connector_->connect(servers_->primary("ostler"), options));
    OSTLER_TRY(const SqlRows version, session->run("SHOW server_version"));
    name_ = "PostgreSQL " + sanitize(version.rows.at(0).at(0).value_or("")) +
            " on this machine, with a replica";
    return {};
  }

  std::string name() const override { return name_; }
  Secret primary() const override { return servers_->primary("ostler"); }
  Secret replica() const override { return servers_->replica("ostler"); }
  std::vector<std::string> stand_ins() const override { return stand_ins_; }

  Result<std::unique_ptr<RehearsalTenants>> begin(lab::World& world) override {
    // Making a database takes longer than anything else, and many passes leave all as it was.
    std::vector<std::string> changed;
    for (const auto& [server, database] : wanted_.tenants)
      for (const char* part : {"schema", "database", "ledger"}) {
        const std::string key = fmt::format("{} {}/{}", part, server, database);
        if (last_.at(key) == first_.at(key)) continue;
        changed.push_back(database);
        break;
      }
    if (!changed.empty()) OSTLER_CHECK(servers_->reset_tenants(changed));
    last_ = first_;
    fresh_ = true;
    return std::unique_ptr<RehearsalTenants>(std::make_unique<RealTenants>(
        world, *connector_, servers_->primary("odoo"), [this] { return picture(); }));
  }

 private:
  /// Looking costs new sessions in new databases, and copies of the template are alike.
  Result<lab::Picture> picture() {
    if (std::exchange(fresh_, false)) return first_;
    OSTLER_TRY(last_, look());
    return last_;
  }

  Result<lab::Picture> look() const {
    lab::Picture all;
    for (const auto& [server, database] : wanted_.tenants)
      OSTLER_CHECK(add_schema_picture(*connector_, servers_->primary("odoo", database),
                                      server + "/" + database, all));
    return all;
  }

  RehearsalTenantsWanted wanted_;
  std::unique_ptr<SqlConnector> connector_ = make_sql_connector();
  std::unique_ptr<lab::LocalServers> servers_;
  std::string name_;
  std::vector<std::string> stand_ins_;
  lab::Picture first_, last_;  ///< at the beginning, and as last seen
  bool fresh_ = false;         ///< nobody has looked since the pass began
};

}  // namespace

Result<std::unique_ptr<RehearsalServer>> start_rehearsal_server(const std::string& folder,
                                                                RehearsalTenantsWanted wanted,
                                                                const Cancellation& stop) {
  OSTLER_CHECK(lab::local_servers_installed());
  auto server = std::make_unique<RealServer>(std::move(wanted));
  OSTLER_CHECK(server->start(folder, stop));
  return std::unique_ptr<RehearsalServer>(std::move(server));
}

}  // namespace ostler
