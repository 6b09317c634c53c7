// An update's hand on a modelled database.
#include "lab/postgres/modelled_hand.hpp"

#include "ostler/base/text.hpp"
#include "ostler/systems/odoo.hpp"

namespace ostler::lab {
namespace {

using Catalog = ModelledCatalog;

class ModelledHand final : public SchemaHand {
 public:
  explicit ModelledHand(std::unique_ptr<ModelledSession> session) : session_(std::move(session)) {}

  Result<void> begin() override {
    OSTLER_CHECK(ready());
    session_->begin();
    snapshot_ = database().rows;
    return {};
  }
  Result<void> commit() override {
    OSTLER_CHECK(ready());
    session_->commit();
    return {};
  }

  Result<std::vector<ModuleRow>> modules() override {
    OSTLER_CHECK(ready());
    std::vector<ModuleRow> rows;
    for (const auto& [name, module] : *session_->catalog().modules)
      rows.push_back({name, module.state, module.version});
    return rows;
  }
  Result<void> add_module(const ShopModule& module, const std::string& state) override {
    return rows("ir_module_module", [&](Catalog& catalog) {
      auto& all = catalog.modules.edit();
      all[module.name] = {static_cast<int>(all.size()) + 1, state, ""};
    });
  }
  Result<void> mark_to_upgrade(const std::vector<std::string>& names) override {
    return rows("ir_module_module", [&](Catalog& catalog) {
      for (const std::string& name : names)
        if (auto& module = catalog.modules.edit()[name]; module.state == "installed")
          module.state = "to upgrade";
    });
  }
  Result<void> finish_module(const std::string& name, const std::string& version) override {
    return rows("ir_module_module", [&](Catalog& catalog) {
      auto& module = catalog.modules.edit()[name];
      module.state = "installed";
      module.version = version;
    });
  }
  Result<void> reset_states() override {
    return rows("ir_module_module", [](Catalog& catalog) {
      for (auto& [name, module] : catalog.modules.edit()) {
        if (module.state == "to remove" || module.state == "to upgrade") module.state = "installed";
        if (module.state == "to install") module.state = "uninstalled";
      }
    });
  }

  Result<std::map<std::string, bool>> columns(const std::string& table) override {
    OSTLER_CHECK(ready());
    std::map<std::string, bool> have;
    if (const ModelledTable* found = session_->catalog().table(table))
      for (const auto& [name, column] : found->columns) have[name] = column.nullable;
    return have;
  }
  Result<void> create_table(const std::string& table) override {
    if (session_->alive() && session_->catalog().table(table)) return ready();
    return change(table, ModelledLock::exclusive, [&](Catalog& catalog) -> Result<void> {
      catalog.add_table(table, magic_table(table));
      return {};
    });
  }
  Result<void> drop_table(const std::string& table) override {
    return change(table, ModelledLock::exclusive, [&](Catalog& catalog) -> Result<void> {
      catalog.drop_table(table);
      return {};
    });
  }
  Result<void> add_column(const std::string& table, const ShopField& field) override {
    return altered(table, [&](ModelledTable& edited) -> Result<void> {
      edited.columns[field.name] = {column_type(field), true, ""};
      database().nulls[table + "." + field.name] = database().rows[table];
      return {};
    });
  }
  Result<void> fill(const std::string& table, const ShopField& field) override {
    return altered(table, [&](ModelledTable&) -> Result<void> {
      // Rows that came after the snapshot are not seen by it.
      database().nulls[table + "." + field.name] = database().rows[table] - snapshot_[table];
      return {};
    });
  }
  Result<void> drop_not_null(const std::string& table, const std::string& column) override {
    return altered(table, [&](ModelledTable& edited) -> Result<void> {
      edited.columns[column].nullable = true;
      return {};
    });
  }
  Result<void> drop_column(const std::string& table, const std::string& column) override {
    return altered(table, [&](ModelledTable& edited) -> Result<void> {
      edited.columns.erase(column);
      return {};
    });
  }

  Result<void> set_not_null(const std::string& table, const std::string& column) override {
    return altered(table, [&](ModelledTable& edited) -> Result<void> {
      if (database().nulls[table + "." + column] > 0)
        return session_->failure(
            "23502",
            fmt::format(R"(column "{}" of relation "{}" contains null values)", column, table));
      edited.columns[column].nullable = false;
      return {};
    });
  }
  Result<void> add_index(const std::string& name, const std::string& table,
                         const std::string& column) override {
    OSTLER_CHECK(ready());
    if (!session_->catalog().table_with_index(name).empty()) return {};
    return change(table, ModelledLock::share, [&](Catalog& catalog) -> Result<void> {
      catalog.edit_table(table)->indexes[name] = {fmt::format("ON {} ({})", table, column), true};
      return {};
    });
  }
  Result<void> add_constraint(const std::string& table, const std::string& name,
                              const std::string& definition) override {
    OSTLER_CHECK(ready());
    if (session_->catalog().table(table)->constraints.contains(name)) return {};
    return altered(table, [&](ModelledTable& edited) -> Result<void> {
      edited.constraints[name] = definition;
      return {};
    });
  }

  Result<void> reflect(const std::string& module, const ShopClass& declared) override;
  Result<void> write_record(const std::string& module, const ShopRecord& record) override;
  Result<void> add_parameter(const std::string&, const std::string&) override {
    return rows("ir_config_parameter", [](Catalog&) {});
  }
  Result<std::vector<Orphan>> orphans(const std::vector<std::string>& modules,
                                      const std::set<std::string>& seen) override;
  Result<void> forget(const Orphan& orphan) override {
    return rows("ir_model_data", [&](Catalog& catalog) {
      const std::string key = orphan.module + "." + orphan.name;
      if (!orphan.shared && orphan.model == "ir.model.fields")
        catalog.edit_fields().erase(catalog.ids->at(key).record);
      catalog.ids.edit().erase(key);
    });
  }
  Result<void> plan_autovacuum() override {
    return rows("ir_cron_trigger", [](Catalog&) {});
  }
  Result<void> raise_registry_counter() override {
    OSTLER_CHECK(ready());
    ++database().counter;
    return {};
  }

 private:
  ModelledDatabase& database() { return session_->database(); }

  /// Whether the next statement runs at all.
  Result<void> ready() {
    if (!session_->alive())
      return session_->failure("57P01", "terminating connection due to administrator command");
    if (session_->take_cancelled())
      return session_->failure("57014", "canceling statement due to user request");
    return {};
  }
  Result<void> change(const std::string& table, ModelledLock lock,
                      const std::function<Result<void>(Catalog&)>& effect) {
    OSTLER_CHECK(ready());
    return session_->write(table, lock, effect);
  }
  Result<void> rows(const std::string& table, const std::function<void(Catalog&)>& effect) {
    return change(table, ModelledLock::row, [&](Catalog& catalog) -> Result<void> {
      effect(catalog);
      return {};
    });
  }
  Result<void> altered(const std::string& table,
                       const std::function<Result<void>(ModelledTable&)>& effect) {
    return change(table, ModelledLock::exclusive, [&](Catalog& catalog) -> Result<void> {
      return effect(*catalog.edit_table(table));
    });
  }

  std::unique_ptr<ModelledSession> session_;
  std::map<std::string, std::uint64_t> snapshot_;  ///< rows that the transaction sees
};

Result<void> ModelledHand::reflect(const std::string& module, const ShopClass& declared) {
  return rows("ir_model_data", [&](Catalog& catalog) {
    const std::string table = table_of(declared.model);
    const auto enter = [&](const std::string& name, const char* model, const std::string& record) {
      const std::string key = module + "." + name;
      if (catalog.ids->count(key) > 0) return;
      auto& ids = catalog.ids.edit();
      ids[key] = {static_cast<int>(ids.size()) + 1, model, record, false};
    };
    enter("model_" + table, "ir.model", declared.model);
    for (const ShopField& field : declared.fields) {
      const std::string key = declared.model + "." + field.name;
      const auto known = catalog.fields().find(key);
      if (known == catalog.fields().end() || known->second.required != field.required)
        catalog.edit_fields()[key] = {field.required};
      enter("field_" + table + "__" + field.name, "ir.model.fields", key);
    }
    for (const std::string& name : magic_columns())
      enter("field_" + table + "__" + name, "ir.model.fields", declared.model + "." + name);
  });
}

Result<void> ModelledHand::write_record(const std::string& module, const ShopRecord& record) {
  OSTLER_CHECK(ready());
  const std::string key = module + "." + record.id;
  const auto known = session_->catalog().ids->find(key);
  if (known != session_->catalog().ids->end() && (record.noupdate || known->second.noupdate))
    return {};
  if (record.model == "ir.cron")
    for (const auto& [name, value] : record.values)
      if (name == "cron_name" && database().crons.contains(value))
        return session_->failure("55P03", "could not obtain lock on row in relation \"ir_cron\"");
  return rows(table_of(record.model), [&](Catalog& catalog) {
    if (catalog.ids->count(key) > 0) return;
    auto& ids = catalog.ids.edit();
    ids[key] = {static_cast<int>(ids.size()) + 1, record.model, key, record.noupdate};
  });
}

Result<std::vector<Orphan>> ModelledHand::orphans(const std::vector<std::string>& modules,
                                                  const std::set<std::string>& seen) {
  OSTLER_CHECK(ready());
  std::vector<Orphan> found;
  const auto& ids = *session_->catalog().ids;
  for (const auto& [key, id] : ids) {
    const std::size_t dot = key.find('.');
    const std::string module = key.substr(0, dot);
    if (id.noupdate || seen.contains(key) ||
        std::find(modules.begin(), modules.end(), module) == modules.end())
      continue;
    Orphan orphan{std::to_string(id.number),
                  std::to_string(id.number),
                  module,
                  key.substr(dot + 1),
                  id.model,
                  "",
                  "",
                  false};
    const std::size_t last = id.record.rfind('.');
    if (id.model == "ir.model") orphan.table = table_of(id.record);
    if (id.model == "ir.model.fields") {
      orphan.table = table_of(id.record.substr(0, last));
      orphan.column = id.record.substr(last + 1);
    }
    orphan.shared = std::count_if(ids.begin(), ids.end(), [&id = id](const auto& other) {
                      return other.second.model == id.model && other.second.record == id.record;
                    }) > 1;
    found.push_back(std::move(orphan));
  }
  std::sort(found.begin(), found.end(),
            [](const Orphan& a, const Orphan& b) { return std::stoi(a.id) > std::stoi(b.id); });
  return found;
}

}  // namespace

std::unique_ptr<SchemaHand> make_modelled_hand(std::unique_ptr<ModelledSession> session) {
  return std::make_unique<ModelledHand>(std::move(session));
}

}  // namespace ostler::lab
