// Orders and updates of the shop on the modelled server.
#include "lab/postgres/modelled_orders.hpp"

#include "lab/odoo/order_statements.hpp"
#include "lab/postgres/modelled_hand.hpp"

#include "ostler/base/text.hpp"

namespace ostler::lab {
namespace {

constexpr const char* shop_place = "PostgreSQL of the shop";
/// More waiting ones than a shop's workers are of no interest to anybody.
constexpr std::size_t most_waiting = 64;
/// Nobody can wait here. Whoever meets a lock that is younger is taken to have waited until it was
/// gone: a shop's shoppers have that patience, and migrations are held to it.
constexpr Instant soon_gone{1'000'000};

using Values = std::vector<std::pair<std::string, std::string>>;

Failure fails(const std::string& code, const std::string& words) {
  return {kind_of_code(code), fmt::format("{}: {}", shop_place, words), "", code};
}

std::uint64_t hash_of(const std::string& uuid) {
  // FNV-1a (Fowler, Noll, Vo): the same on every machine.
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char letter : uuid) {
    hash ^= static_cast<unsigned char>(letter);
    hash *= 0x100000001b3ULL;
  }
  return hash;
}

/// Works out what a read of all columns that the code knows meets.
void look(ModelledInsert& plan, const ModelledCatalog& catalog, const ShopSchema& schema,
          const std::string& model) {
  if (!plan.code.empty()) return;
  const ModelledTable* table = catalog.table(table_of(model));
  if (!table) {
    plan.code = "42P01";
    plan.words = fmt::format("relation \"{}\" does not exist", table_of(model));
    return;
  }
  for (const ShopField& field : schema.fields(model))
    if (!table->columns.contains(field.name)) {
      plan.code = "42703";
      plan.words = fmt::format("column \"{}\" does not exist", field.name);
      return;
    }
}

/// Works out what an insert with the columns that the code knows meets.
void insert(ModelledInsert& plan, ModelledDatabase& database, const ShopSchema& schema,
            const std::string& model, const Values& values) {
  look(plan, database.catalog, schema, model);
  if (!plan.code.empty()) return;
  const std::string table = table_of(model);
  const std::vector<std::string> named = inserted_columns(schema, model, values);
  for (const auto& [column, kind] : database.catalog.table(table)->columns) {
    if (std::find(named.begin(), named.end(), column) != named.end() || !kind.standard.empty())
      continue;
    if (kind.nullable) {
      plan.without.push_back(&database.nulls[table + "." + column]);
      continue;
    }
    plan.code = "23502";
    plan.words =
        fmt::format(R"(null value in column "{}" of relation "{}" violates not-null constraint)",
                    column, table);
    return;
  }
}

}  // namespace

Failure no_connection(const ModelledServer& server, const std::string& where,
                      const std::string& database) {
  if (server.stopped)
    return {FailureKind::transient, where + ": Connection refused",
            "Check that the server runs and that the network lets the connection through.", ""};
  return {FailureKind::permanent,
          fmt::format("{}: database \"{}\" does not exist", where, database),
          "Check the database's name.", "3D000"};
}

Result<ModelledDatabase*> ModelledTenants::find(const std::string& database) const {
  ModelledDatabase* found = server_.stopped ? nullptr : server_.database(database);
  if (!found) return no_connection(server_, shop_place, database);
  return found;
}

bool ModelledTenants::has(const std::string& database) const {
  return server_.database(database) != nullptr;
}

const ModelledInsert& ModelledTenants::insert_of(Kind kind, ModelledDatabase& database,
                                                 const ShopCode& code) {
  auto& plans = kind == Kind::checkout ? database.checkouts : database.tills;
  ModelledInsert& plan = plans[code.version];
  if (plan.version == database.version) return plan;
  plan = {database.version, "", "", {}};
  const ShopSchema& schema = shop_schema(code);
  if (kind == Kind::till) {
    insert(plan, database, schema, "pos.order", pos_order_values());
    return plan;
  }
  look(plan, database.catalog, schema, "res.company");
  look(plan, database.catalog, schema, "res.partner");
  insert(plan, database, schema, "sale.order", checkout_values());
  insert(plan, database, schema, "sale.order.line", checkout_line_values());
  insert(plan, database, schema, "queue.job", checkout_job_values());
  return plan;
}

Result<void> ModelledTenants::take(Kind kind, const std::string& name, const ShopCode& code,
                                   const std::string& uuid) {
  static const std::vector<std::string> written{"sale_order", "sale_order_line", "queue_job"},
      read{"res_company", "res_partner"}, till_written{"pos_order"}, till_read{"pos_session"};
  OSTLER_TRY(ModelledDatabase* const database, find(name));
  if (!database->locks.empty()) {
    const auto blocked = [&](const std::vector<std::string>& tables, ModelledLock least) {
      return std::any_of(tables.begin(), tables.end(), [&](const std::string& table) {
        const auto lock = database->locks.find(table);
        return lock != database->locks.end() && lock->second >= least;
      });
    };
    const bool till = kind == Kind::till;
    if (blocked(till ? till_written : written, ModelledLock::share) ||
        blocked(till ? till_read : read, ModelledLock::exclusive)) {
      if (database->waiting.size() < most_waiting) database->waiting.push_back(server_.world.now());
      if (server_.world.now() - database->locked >= soon_gone)
        return fails("55P03", "canceling statement due to lock timeout");
    }
  }
  const ModelledInsert& plan = insert_of(kind, *database, code);
  if (!plan.code.empty()) return fails(plan.code, plan.words);
  if (!database->orders.insert(hash_of(uuid)).second) return {};
  for (std::uint64_t* count : plan.without) ++*count;
  for (const std::string& table : kind == Kind::till ? till_written : written)
    ++database->rows[table];
  server_.wrote(0x200);
  return {};
}

Result<void> ModelledTenants::take_order(const std::string& database, const ShopCode& code,
                                         const std::string& uuid) {
  return take(Kind::checkout, database, code, uuid);
}

Result<void> ModelledTenants::take_pos_order(const std::string& database, const ShopCode& code,
                                             const std::string& uuid) {
  return take(Kind::till, database, code, uuid);
}

Result<std::vector<std::string>> ModelledTenants::missing_orders(
    const std::string& name, const std::vector<std::string>& uuids) {
  OSTLER_TRY(const ModelledDatabase* const database, find(name));
  std::vector<std::string> missing;
  for (const std::string& uuid : uuids)
    if (!database->orders.contains(hash_of(uuid))) missing.push_back(uuid);
  return missing;
}

Result<std::int64_t> ModelledTenants::registry_counter(const std::string& name) {
  OSTLER_TRY(const ModelledDatabase* const database, find(name));
  return database->counter;
}

std::vector<JobPart> ModelledTenants::update(const RunningPod& pod, const ShopCode& code) {
  const UpdateOptions options = read_update_options(pod);
  const auto open = [this, options]() -> Result<std::unique_ptr<SchemaHand>> {
    OSTLER_TRY(ModelledDatabase* const database, find(options.database));
    SqlOptions session;
    session.application_name = options.application_name;
    session.access = SqlAccess::read_write;
    return make_modelled_hand(
        std::make_unique<ModelledSession>(server_, *database, "odoo", session, false, shop_place));
  };
  std::vector<ModuleRow> known;
  if (const auto database = find(options.database); database.ok())
    for (const auto& [name, module] : *(*database)->catalog.modules)
      known.push_back({name, module.state, module.version});
  return updates_.begin(server_.world, pod, options, code, open, known);
}

}  // namespace ostler::lab
