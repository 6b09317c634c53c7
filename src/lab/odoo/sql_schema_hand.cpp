// An update's statements (tests/stack/shop/internal/update) on a real PostgreSQL.
#include "lab/odoo/sql_schema_hand.hpp"

#include "ostler/base/text.hpp"
#include "ostler/systems/tenant.hpp"

namespace ostler::lab {
namespace {

std::string quoted(const std::string& name) {
  return '"' + replace_all(name, "\"", "\"\"") + '"';
}

std::string at(const SqlRow& row, std::size_t column) {
  return row.at(column).value_or("");
}

class SqlSchemaHand final : public SchemaHand {
 public:
  SqlSchemaHand(std::unique_ptr<SqlSession> session, const ShopSchema& schema)
      : session_(std::move(session)), schema_(schema) {}

  Result<void> begin() override {
    OSTLER_CHECK(run("BEGIN ISOLATION LEVEL REPEATABLE READ"));
    return run("SET SESSION lock_timeout = '15s'");
  }
  Result<void> commit() override { return run("COMMIT"); }

  Result<std::vector<ModuleRow>> modules() override {
    OSTLER_TRY(const SqlRows rows,
               session_->run("SELECT name, state, coalesce(latest_version, '') FROM "
                             "ir_module_module ORDER BY name"));
    std::vector<ModuleRow> list;
    for (const SqlRow& row : rows.rows) list.push_back({at(row, 0), at(row, 1), at(row, 2)});
    return list;
  }

  Result<void> add_module(const ShopModule& module, const std::string& state) override {
    OSTLER_CHECK(
        run("INSERT INTO ir_module_module (name, shortdesc, state, auto_install, "
            "create_date, write_date) VALUES ($1, $2, $3, $4::bool, now(), now())",
            {module.name, module.title, state, module.automatic ? "t" : "f"}));
    return run(
        "INSERT INTO ir_module_module_dependency (name, module_id) SELECT d, id FROM "
        "ir_module_module, unnest($2::varchar[]) AS d WHERE name = $1",
        {module.name, array_text(module.depends)});
  }

  Result<void> mark_to_upgrade(const std::vector<std::string>& names) override {
    return run(
        "UPDATE ir_module_module SET state = 'to upgrade' WHERE state = 'installed' AND "
        "name = ANY($1::varchar[])",
        {array_text(names)});
  }

  Result<void> finish_module(const std::string& name, const std::string& version) override {
    return run(
        "UPDATE ir_module_module SET state = 'installed', latest_version = $2, write_date "
        "= now() WHERE name = $1",
        {name, version});
  }

  Result<void> reset_states() override {
    OSTLER_CHECK(
        run("UPDATE ir_module_module SET state = 'installed' WHERE state IN ('to "
            "remove', 'to upgrade')"));
    return run("UPDATE ir_module_module SET state = 'uninstalled' WHERE state = 'to install'");
  }

  Result<std::map<std::string, bool>> columns(const std::string& table) override {
    OSTLER_TRY(const SqlRows rows,
               session_->run("SELECT attname, NOT attnotnull FROM pg_attribute WHERE attrelid = "
                             "to_regclass('public.' || quote_ident($1)) AND attnum > 0 AND NOT "
                             "attisdropped",
                             {table}));
    std::map<std::string, bool> have;
    for (const SqlRow& row : rows.rows) have[at(row, 0)] = at(row, 1) == "t";
    return have;
  }

  Result<void> create_table(const std::string& table) override {
    return run(
        fmt::format("CREATE TABLE IF NOT EXISTS {} (id serial PRIMARY KEY, create_uid "
                    "integer, create_date timestamp without time zone, write_uid integer, "
                    "write_date timestamp without time zone)",
                    quoted(table)));
  }
  Result<void> drop_table(const std::string& table) override {
    return run(fmt::format("DROP TABLE IF EXISTS {} CASCADE", quoted(table)));
  }
  Result<void> add_column(const std::string& table, const ShopField& field) override {
    return run(fmt::format("ALTER TABLE {} ADD COLUMN {} {}", quoted(table), quoted(field.name),
                           column_type(field)));
  }
  Result<void> fill(const std::string& table, const ShopField& field) override {
    return run(
        fmt::format("UPDATE {0} SET {1} = $1 WHERE {1} IS NULL", quoted(table), quoted(field.name)),
        {field.standard});
  }
  Result<void> drop_not_null(const std::string& table, const std::string& column) override {
    return run(alter(table, column, "DROP NOT NULL"));
  }
  Result<void> drop_column(const std::string& table, const std::string& column) override {
    return run(fmt::format("ALTER TABLE {} DROP COLUMN {} CASCADE", quoted(table), quoted(column)));
  }

  Result<void> set_not_null(const std::string& table, const std::string& column) override {
    return saved(alter(table, column, "SET NOT NULL"));
  }
  Result<void> add_index(const std::string& name, const std::string& table,
                         const std::string& column) override {
    OSTLER_TRY(
        const bool there,
        ask_truth(query(), "SELECT to_regclass('public.' || quote_ident($1)) IS NOT NULL", {name}));
    if (there) return {};
    return saved(
        fmt::format("CREATE INDEX {} ON {} ({})", quoted(name), quoted(table), quoted(column)));
  }
  Result<void> add_constraint(const std::string& table, const std::string& name,
                              const std::string& definition) override {
    OSTLER_TRY(
        const bool there,
        ask_truth(query(), "SELECT count(*) > 0 FROM pg_constraint WHERE conname = $1", {name}));
    if (there) return {};
    return saved(fmt::format("ALTER TABLE {} ADD CONSTRAINT {} {}", quoted(table), quoted(name),
                             definition));
  }

  Result<void> reflect(const std::string& module, const ShopClass& declared) override;
  Result<void> write_record(const std::string& module, const ShopRecord& record) override;

  Result<void> add_parameter(const std::string& key, const std::string& value) override {
    return run(
        "INSERT INTO ir_config_parameter (key, value, create_date, write_date) VALUES ($1, "
        "$2, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC') ON CONFLICT (key) DO "
        "NOTHING",
        {key, value});
  }

  Result<std::vector<Orphan>> orphans(const std::vector<std::string>& modules,
                                      const std::set<std::string>& seen) override;
  Result<void> forget(const Orphan& orphan) override {
    if (!orphan.shared)
      OSTLER_CHECK(
          run(fmt::format("DELETE FROM {} WHERE id = $1::int", quoted(table_of(orphan.model))),
              {orphan.record}));
    return run("DELETE FROM ir_model_data WHERE id = $1::int", {orphan.id});
  }

  Result<void> plan_autovacuum() override {
    return run(
        "INSERT INTO ir_cron_trigger (cron_id, call_at, create_date) SELECT res_id, now() "
        "+ interval '1 minute', now() FROM ir_model_data WHERE module = 'base' AND name = "
        "'autovacuum_job'");
  }
  Result<void> raise_registry_counter() override {
    return run("SELECT nextval('base_registry_signaling')");
  }

 private:
  Query query() const { return query_of(*session_); }

  Result<void> run(const std::string& statement, const std::vector<SqlValue>& parameters = {}) {
    const auto done = session_->run(statement, parameters);
    if (!done.ok()) return done.failure();
    return {};
  }
  static std::string alter(const std::string& table, const std::string& column,
                           const char* action) {
    return fmt::format("ALTER TABLE {} ALTER COLUMN {} {}", quoted(table), quoted(column), action);
  }
  Result<void> saved(const std::string& statement) {
    OSTLER_CHECK(run("SAVEPOINT shop"));
    const auto done = run(statement);
    if (done.ok()) return run("RELEASE SAVEPOINT shop");
    OSTLER_CHECK(run("ROLLBACK TO SAVEPOINT shop"));
    return done;
  }
  Result<void> enter_id(const std::string& module, const ShopRecord& record,
                        const std::string& id) {
    return run(
        "INSERT INTO ir_model_data (module, name, model, res_id, noupdate) VALUES ($1, $2, "
        "$3, $4::int, $5::bool) ON CONFLICT (module, name) DO UPDATE SET write_date = "
        "excluded.write_date",
        {module, record.id, record.model, id, record.noupdate ? "t" : "f"});
  }
  Result<std::string> create_record(const ShopRecord& record);

  std::unique_ptr<SqlSession> session_;
  const ShopSchema& schema_;
};

Result<void> SqlSchemaHand::reflect(const std::string& module, const ShopClass& declared) {
  OSTLER_CHECK(
      run("INSERT INTO ir_model (model, name) VALUES ($1, $2) ON CONFLICT (model) DO "
          "UPDATE SET name = coalesce(ir_model.name, excluded.name)",
          {declared.model, declared.description}));
  std::vector<std::string> names, types, relations, required, index;
  const auto enter = [&](const ShopField& field) {
    names.push_back(field.name);
    types.push_back(field.type);
    relations.push_back(field.comodel);
    required.emplace_back(field.required ? "t" : "f");
    index.emplace_back(field.index ? "t" : "f");
  };
  for (const ShopField& field : declared.fields) enter(field);
  for (const std::string& name : magic_columns()) enter({name, "integer", false, false, "", ""});
  OSTLER_CHECK(run(
      "INSERT INTO ir_model_fields (name, model, model_id, ttype, relation, required, store, "
      "index) SELECT f.name, m.model, m.id, f.ttype, nullif(f.relation, ''), f.required, true, "
      "f.index FROM ir_model m, unnest($2::varchar[], $3::varchar[], $4::varchar[], $5::bool[], "
      "$6::bool[]) AS f (name, ttype, relation, required, index) WHERE m.model = $1 ON CONFLICT "
      "(model, name) DO UPDATE SET ttype = excluded.ttype, relation = excluded.relation, required "
      "= excluded.required, store = excluded.store, index = excluded.index",
      {declared.model, array_text(names), array_text(types), array_text(relations),
       array_text(required), array_text(index)}));
  return run(
      "INSERT INTO ir_model_data (module, name, model, res_id, noupdate) SELECT $1, 'model_' || "
      "$3, 'ir.model', id, false FROM ir_model WHERE model = $2 UNION ALL SELECT $1, 'field_' || "
      "$3 || '__' || name, 'ir.model.fields', id, false FROM ir_model_fields WHERE model = $2 AND "
      "name = ANY($4::varchar[]) ON CONFLICT (module, name) DO UPDATE SET write_date = "
      "excluded.write_date",
      {module, declared.model, table_of(declared.model), array_text(names)});
}

Result<std::string> SqlSchemaHand::create_record(const ShopRecord& record) {
  std::map<std::string, std::string> values;
  for (const ShopField& field : schema_.fields(record.model))
    if (!field.standard.empty()) values[field.name] = field.standard;
  for (const auto& [name, value] : record.values) values[name] = value;
  std::vector<std::string> columns, marks;
  std::vector<SqlValue> parameters;
  for (const auto& [name, value] : values) {
    columns.push_back(quoted(name));
    parameters.emplace_back(value);
    marks.push_back(fmt::format("${}", parameters.size()));
  }
  return ask_text(
      query(),
      fmt::format("INSERT INTO {} ({}, create_date, write_date) VALUES ({}, now(), "
                  "now()) RETURNING id",
                  quoted(table_of(record.model)), join(columns, ", "), join(marks, ", ")),
      parameters);
}

Result<void> SqlSchemaHand::write_record(const std::string& module, const ShopRecord& record) {
  OSTLER_TRY(const SqlRows known,
             session_->run("SELECT res_id, noupdate FROM ir_model_data WHERE module = $1 AND name "
                           "= $2",
                           {module, record.id}));
  if (known.rows.empty()) {
    OSTLER_TRY(const std::string id, create_record(record));
    return enter_id(module, record, id);
  }
  if (record.noupdate || at(known.rows[0], 1) == "t") return {};
  const std::string id = at(known.rows[0], 0);
  // A cron that runs just now holds its row: Odoo does not wait for it.
  if (record.model == "ir.cron")
    OSTLER_CHECK(run("SELECT id FROM ir_cron WHERE id = $1::int FOR NO KEY UPDATE NOWAIT", {id}));
  std::string set = "write_date = now()";
  std::vector<SqlValue> parameters{id};
  for (const auto& [name, value] : record.values) {
    parameters.emplace_back(value);
    set += fmt::format(", {} = ${}", quoted(name), parameters.size());
  }
  OSTLER_CHECK(
      run(fmt::format("UPDATE {} SET {} WHERE id = $1::int", quoted(table_of(record.model)), set),
          parameters));
  return enter_id(module, record, id);
}

Result<std::vector<Orphan>> SqlSchemaHand::orphans(const std::vector<std::string>& modules,
                                                   const std::set<std::string>& seen) {
  OSTLER_TRY(const SqlRows rows,
             session_->run("SELECT d.id, d.res_id, d.module, d.name, d.model, coalesce(f.model, "
                           "m.model, ''), coalesce(f.name, ''), EXISTS (SELECT FROM ir_model_data "
                           "o WHERE o.model = d.model AND o.res_id = d.res_id AND o.id <> d.id) "
                           "FROM ir_model_data d LEFT JOIN ir_model_fields f ON d.model = "
                           "'ir.model.fields' AND f.id = d.res_id LEFT JOIN ir_model m ON d.model "
                           "= 'ir.model' AND m.id = d.res_id WHERE d.module = ANY($1::varchar[]) "
                           "AND NOT d.noupdate AND d.res_id IS NOT NULL AND d.module || '.' || "
                           "d.name <> ALL($2::varchar[]) ORDER BY d.id DESC",
                           {array_text(modules),
                            array_text(std::vector<std::string>(seen.begin(), seen.end()))}));
  std::vector<Orphan> found;
  for (const SqlRow& row : rows.rows)
    found.push_back({at(row, 0), at(row, 1), at(row, 2), at(row, 3), at(row, 4),
                     table_of(at(row, 5)), at(row, 6), at(row, 7) == "t"});
  return found;
}

}  // namespace

std::unique_ptr<SchemaHand> make_sql_schema_hand(std::unique_ptr<SqlSession> session,
                                                 const ShopSchema& schema) {
  return std::make_unique<SqlSchemaHand>(std::move(session), schema);
}

}  // namespace ostler::lab
