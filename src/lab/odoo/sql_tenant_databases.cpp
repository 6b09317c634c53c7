// The shop's tenants in a real PostgreSQL.
#include "ostler/lab/sql_tenant_databases.hpp"

#include "lab/odoo/order_statements.hpp"
#include "lab/odoo/sql_schema_hand.hpp"
#include "lab/shop/update_book.hpp"

#include "ostler/base/text.hpp"
#include "ostler/systems/tenant.hpp"

namespace ostler::lab {
namespace {

/// How long a statement of the shop waits for a lock. Odoo sets no limit; here it outlasts whoever
/// queues for a table as politely as a migration does. Much shorter when the holder is an update of
/// ours, which goes on only after we have answered.
constexpr Milliseconds patience{3000}, little_patience{10};

}  // namespace

struct SqlTenantDatabases::Impl {
  struct Kept {
    std::unique_ptr<SqlSession> session;
    Milliseconds patience = lab::patience;
    std::set<std::string> prepared;  ///< names of statements that the server has planned
  };

  World& world;
  SqlConnector& connector;
  Secret owner;
  std::map<std::string, Kept> sessions;
  UpdateBook updates;

  Result<std::unique_ptr<SqlSession>> open(const std::string& database, const std::string& name,
                                           Milliseconds statement, Milliseconds lock) {
    SqlOptions options;
    options.application_name = name;
    options.access = SqlAccess::read_write;
    options.statement_timeout = statement;
    options.lock_timeout = lock;
    options.database = database;
    return connector.connect(owner, options);
  }

  Result<Kept*> kept(const std::string& database) {
    Kept& one = sessions[database];
    if (!one.session) {
      auto opened = open(database, "odoo-1", Milliseconds{10000}, patience);
      if (!opened.ok()) {
        sessions.erase(database);
        return opened.failure();
      }
      one = {*std::move(opened), patience, {}};
    }
    const Milliseconds wanted = updates.at_work(database) ? little_patience : patience;
    if (one.patience != wanted) {
      OSTLER_TRY(const SqlRows set,
                 one.session->run(fmt::format("SET lock_timeout = {}", wanted.count())));
      one.patience = wanted;
    }
    return &one;
  }

  /// One statement, again when the session turns out to have ended: nothing here does harm twice.
  Result<SqlRows> ask(const std::string& database, const std::string& statement,
                      const std::vector<SqlValue>& parameters = {}) {
    for (int tries = 0;; ++tries) {
      auto one = kept(database);
      Result<SqlRows> rows = one.ok() ? (*one)->session->run(statement, parameters) : one.failure();
      if (rows.ok() || !session_lost(rows.failure())) return rows;
      sessions.erase(database);
      if (tries > 0 || !one.ok()) return rows;
    }
  }

  /// One order by that code. Planning the statement anew would take most of its time.
  Result<SqlRows> place(const std::string& database, const std::string& name,
                        const std::function<std::string()>& text, const std::string& uuid) {
    const std::string execute =
        fmt::format("EXECUTE \"{}\" ('{}')", name, replace_all(uuid, "'", "''"));
    for (int tries = 0;; ++tries) {
      OSTLER_TRY(Kept* const one, kept(database));
      if (!one->prepared.contains(name)) {
        OSTLER_TRY(const SqlRows planned,
                   ask(database, fmt::format("PREPARE \"{}\" (varchar) AS {}", name, text())));
        sessions[database].prepared.insert(name);
      }
      Result<SqlRows> rows = ask(database, execute);
      // The session was made anew in between, and the new one knows nothing.
      if (rows.ok() || rows.failure().code != "26000" || tries > 0) return rows;
      sessions[database].prepared.erase(name);
    }
  }
};

SqlTenantDatabases::SqlTenantDatabases(World& world, SqlConnector& connector, Secret owner)
    : impl_(new Impl{world, connector, std::move(owner), {}, {}}) {}

SqlTenantDatabases::~SqlTenantDatabases() = default;

bool SqlTenantDatabases::has(const std::string& database) const {
  if (impl_->sessions.contains(database)) return true;
  const auto there = impl_->ask("postgres",
                                "SELECT FROM pg_database WHERE datname = $1 AND datallowconn AND "
                                "NOT datistemplate",
                                {database});
  return there.ok() && !there->rows.empty();
}

Result<void> SqlTenantDatabases::take_order(const std::string& database, const ShopCode& code,
                                            const std::string& uuid) {
  OSTLER_TRY(const SqlRows placed,
             impl_->place(
                 database, "checkout " + code.version,
                 [&code] { return checkout_statement(shop_schema(code)); }, uuid));
  if (!placed.rows.empty()) return {};
  OSTLER_TRY(const SqlRows there,
             impl_->ask(database, "SELECT id FROM sale_order WHERE client_uuid = $1", {uuid}));
  if (!there.rows.empty()) return {};
  return Failure{FailureKind::permanent, "no company", "", ""};
}

Result<void> SqlTenantDatabases::take_pos_order(const std::string& database, const ShopCode& code,
                                                const std::string& uuid) {
  OSTLER_TRY(const SqlRows placed,
             impl_->place(
                 database, "till " + code.version,
                 [&code] { return pos_order_statement(shop_schema(code)); }, uuid));
  if (!placed.rows.empty()) return {};
  OSTLER_TRY(const SqlRows there,
             impl_->ask(database, "SELECT id FROM pos_order WHERE uuid = $1", {uuid}));
  if (!there.rows.empty()) return {};
  return Failure{FailureKind::permanent,
                 "No open session available. Please open a new session to capture the order.", "",
                 "UserError"};
}

Result<std::vector<std::string>> SqlTenantDatabases::missing_orders(
    const std::string& database, const std::vector<std::string>& uuids) {
  OSTLER_TRY(const SqlRows rows,
             impl_->ask(database,
                        "SELECT u FROM unnest($1::varchar[]) AS u WHERE NOT EXISTS (SELECT FROM "
                        "sale_order WHERE client_uuid = u) AND NOT EXISTS (SELECT FROM pos_order "
                        "WHERE uuid = u)",
                        {array_text(uuids)}));
  std::vector<std::string> missing;
  for (const SqlRow& row : rows.rows) missing.push_back(row.at(0).value_or(""));
  return missing;
}

Result<std::int64_t> SqlTenantDatabases::registry_counter(const std::string& database) {
  OSTLER_TRY(const SqlRows rows,
             impl_->ask(database, "SELECT last_value FROM base_registry_signaling"));
  return static_cast<std::int64_t>(std::atoll(rows.rows.at(0).at(0).value_or("0").c_str()));
}

std::vector<JobPart> SqlTenantDatabases::update(const RunningPod& pod, const ShopCode& code) {
  const UpdateOptions options = read_update_options(pod);
  const ShopSchema& schema = shop_schema(code);
  const auto open = [this, options, &schema]() -> Result<std::unique_ptr<SchemaHand>> {
    OSTLER_TRY(auto session, impl_->open(options.database, options.application_name,
                                         Milliseconds{0}, Milliseconds{15000}));
    // Between two parts it idles for as long as its scripts take.
    OSTLER_TRY(const SqlRows patient, session->run("SET idle_in_transaction_session_timeout = 0"));
    return make_sql_schema_hand(std::move(session), schema);
  };
  std::vector<ModuleRow> known;
  if (const auto rows = impl_->ask(options.database,
                                   "SELECT name, state, coalesce(latest_version, '') FROM "
                                   "ir_module_module ORDER BY name");
      rows.ok())
    for (const SqlRow& row : rows->rows)
      known.push_back({row.at(0).value_or(""), row.at(1).value_or(""), row.at(2).value_or("")});
  return impl_->updates.begin(impl_->world, pod, options, code, open, known);
}

void SqlTenantDatabases::update_killed(const RunningPod& pod) {
  impl_->updates.kill(pod);
}

}  // namespace ostler::lab
