// The modelled server as others see it: connections, and what scenarios make happen.
#include "ostler/lab/modelled_postgres.hpp"

#include "lab/postgres/modelled_orders.hpp"

#include "ostler/base/text.hpp"

#include <regex>

namespace ostler::lab {
namespace {

/// What the model needs of a connection string.
struct Address {
  std::string user, host, port, database;
};

Address read_address(std::string_view text) {
  static const std::regex url(
      R"re(^postgres(?:ql)?://([^:@/]*)(?::[^@]*)?@([^:/?]+)(?::(\d+))?(?:/([^?]*))?.*$)re");
  static const std::regex pair(R"re((\w+)\s*=\s*'?([^'\s]*)'?)re");
  Address address;
  const std::string all(text);
  std::smatch match;
  if (std::regex_match(all, match, url)) {
    address = {match[1], match[2], match[3], match[4]};
  } else {
    for (auto one = std::sregex_iterator(all.begin(), all.end(), pair);
         one != std::sregex_iterator(); ++one) {
      if ((*one)[1] == "user") address.user = (*one)[2];
      if ((*one)[1] == "host") address.host = (*one)[2];
      if ((*one)[1] == "port") address.port = (*one)[2];
      if ((*one)[1] == "dbname") address.database = (*one)[2];
    }
  }
  if (address.port.empty()) address.port = "5432";
  if (address.database.empty()) address.database = address.user;
  return address;
}

class ModelledConnector final : public SqlConnector {
 public:
  explicit ModelledConnector(ModelledServer& server) : server_(server) {}

  Result<std::unique_ptr<SqlSession>> connect(const Secret& dsn,
                                              const SqlOptions& options) override {
    const std::lock_guard lock(server_.mutex);
    const Address& address = address_of(std::string(dsn.reveal()));
    const std::string& name = options.database.empty() ? address.database : options.database;
    std::string place = fmt::format("PostgreSQL at {}:{}, database '{}', user '{}'", address.host,
                                    address.port, name, address.user);
    ModelledDatabase* database = server_.stopped ? nullptr : server_.database(name);
    if (!database) return no_connection(server_, place, name);
    return std::unique_ptr<SqlSession>(std::make_unique<ModelledSession>(
        server_, *database, address.user, options,
        address.port == std::to_string(server_.settings.replica_port), std::move(place)));
  }

 private:
  const Address& address_of(const std::string& text) {
    const auto found = addresses_.find(text);
    return found != addresses_.end() ? found->second
                                     : addresses_.emplace(text, read_address(text)).first->second;
  }

  ModelledServer& server_;
  std::map<std::string, Address> addresses_;
};

/// Rows that the template has; only those that somebody may count.
const std::map<std::string, std::uint64_t> first_rows{
    {"sale_order", 200}, {"sale_order_line", 200}, {"pos_order", 200},        {"queue_job", 0},
    {"res_partner", 3},  {"res_users", 2},         {"pos_session", 1},        {"pos_config", 1},
    {"res_company", 1},  {"ir_cron", 3},           {"ir_config_parameter", 2}};

}  // namespace

ModelledServer::ModelledServer(World& in, ModelledPostgresSettings with)
    : world(in), settings(std::move(with)) {
  for (const char* name : {"postgres", "saas"}) databases[name].name = name;
  for (const std::string& tenant : settings.tenants) {
    ModelledDatabase& made = databases[tenant];
    made.name = tenant;
    made.odoo = true;
    made.catalog = ModelledCatalog::of_version_1();
    made.rows = first_rows;
  }
}

ModelledDatabase* ModelledServer::database(const std::string& name) {
  const auto found = databases.find(name);
  return found == databases.end() ? nullptr : &found->second;
}

std::uint64_t ModelledServer::replayed() const {
  for (auto one = written.rbegin(); one != written.rend(); ++one)
    if (one->first + replica_lag <= world.now()) return one->second;
  return written.front().second;
}

void ModelledServer::wrote(std::uint64_t bytes) {
  const std::pair<Instant, std::uint64_t> now{world.now(), lsn() + bytes};
  if (replica_lag == Instant{0}) written.clear();
  // The oldest is what the replica has for certain.
  if (written.size() > 1 && written.back().first == now.first)
    written.back() = now;
  else
    written.push_back(now);
}

struct ModelledPostgres::Impl {
  Impl(World& world, ModelledPostgresSettings settings)
      : server(world, std::move(settings)),
        connector(std::make_unique<ModelledConnector>(server)),
        tenants(server) {}

  ModelledServer server;
  std::unique_ptr<SqlConnector> connector;
  ModelledTenants tenants;
};

ModelledPostgres::ModelledPostgres(World& world, ModelledPostgresSettings settings)
    : impl_(std::make_unique<Impl>(world, std::move(settings))) {}

ModelledPostgres::~ModelledPostgres() = default;

SqlConnector& ModelledPostgres::connector() {
  return *impl_->connector;
}

TenantDatabases& ModelledPostgres::databases() {
  return impl_->tenants;
}

void ModelledPostgres::run_cron(const std::string& database, const std::string& name,
                                const std::string& application_name) {
  impl_->server.databases.at(database).crons[name] = application_name;
}

void ModelledPostgres::end_cron(const std::string& database, const std::string& name) {
  impl_->server.databases.at(database).crons.erase(name);
}

void ModelledPostgres::start_job(const std::string& database, const std::string& uuid) {
  impl_->server.databases.at(database).jobs.insert(uuid);
}

void ModelledPostgres::end_job(const std::string& database, const std::string& uuid) {
  impl_->server.databases.at(database).jobs.erase(uuid);
}

void ModelledPostgres::break_orders(const std::string& database, std::uint64_t count) {
  impl_->server.databases.at(database).broken_orders = count;
}

void ModelledPostgres::set_replica_lag(Instant lag) {
  impl_->server.replica_lag = lag;
}

void ModelledPostgres::stop() {
  impl_->server.stopped = true;
  end_sessions("");
}

void ModelledPostgres::start() {
  impl_->server.stopped = false;
}

int ModelledPostgres::end_sessions(const std::string& application_prefix) {
  std::vector<ModelledSession*> found;
  for (const auto& [pid, session] : impl_->server.sessions)
    if (starts_with(session->application(), application_prefix)) found.push_back(session);
  for (ModelledSession* session : found) session->terminate();
  return static_cast<int>(found.size());
}

Json ModelledPostgres::state(const std::string& name) const {
  const ModelledDatabase& database = impl_->server.databases.at(name);
  const ModelledCatalog& catalog = database.catalog;
  Json state{{"versions", Json::object()},         {"transit", Json::object()},
             {"columns", Json::array()},           {"not_null", catalog.facts().not_null},
             {"invalid", catalog.facts().invalid}, {"migrations", Json::array()},
             {"updates", *catalog.updates},        {"counter", database.counter},
             {"orders", database.orders.size()},   {"modules", Json::object()},
             {"owners", Json::object()},           {"advisory", database.advisory.size()}};
  for (const auto& [module, kind] : *catalog.modules) {
    state["modules"][module] = kind.version;
    if (!kind.version.empty()) state["versions"][module] = kind.version;
    if (starts_with(kind.state, "to ")) state["transit"][module] = kind.state;
  }
  for (const auto& [table, kind] : catalog.tables()) {
    state["owners"][table] = kind->owner;
    for (const auto& [column, type] : kind->columns)
      state["columns"].push_back(table + "." + column);
  }
  for (const auto& [version, migration] : *catalog.migrations)
    state["migrations"].push_back(version);
  return state;
}

}  // namespace ostler::lab
