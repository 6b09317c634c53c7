// The catalog of a modelled database: its beginning, and what looks at its schema compare.
#include "lab/postgres/modelled_catalog.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"

namespace ostler::lab {
namespace {

/// 32 digits, as an md5 has.
std::string digest(const std::string& text) {
  return sha1_hex(text).substr(0, 32);
}

/// The tables that stand before any module, from their columns: "name" or "name!" when NOT NULL.
ModelledTable plain_table(const std::string& name, const std::vector<std::string>& columns) {
  ModelledTable table;
  table.columns["id"] = {"int4", false, "nextval"};
  table.constraints[name + "_pkey"] = "PRIMARY KEY (id)";
  for (const std::string& column : columns) {
    const bool needed = ends_with(column, "!");
    table.columns[needed ? column.substr(0, column.size() - 1) : column] = {"varchar", !needed, ""};
  }
  return table;
}

void add_bare_tables(ModelledCatalog& catalog) {
  const std::map<std::string, std::vector<std::string>> tables{
      {"ir_model", {"model!", "name", "state", "transient"}},
      {"ir_model_fields",
       {"name!", "model!", "model_id!", "field_description", "ttype", "relation", "required",
        "store", "index", "state"}},
      {"ir_module_module_dependency", {"name", "module_id"}},
      {"ir_model_data",
       {"create_date", "write_date", "noupdate", "name!", "module!", "model!", "res_id"}}};
  for (const auto& [name, columns] : tables) catalog.add_table(name, plain_table(name, columns));
}

void enter_ids(ModelledCatalog& catalog, const ShopModule& module) {
  auto& ids = catalog.ids.edit();
  const auto enter = [&](const std::string& name, const std::string& model,
                         const std::string& record, bool noupdate) {
    ids[module.name + "." + name] = {static_cast<int>(ids.size()) + 1, model, record, noupdate};
  };
  for (const ShopClass& one : module.classes) {
    const std::string table = table_of(one.model);
    enter("model_" + table, "ir.model", one.model, false);
    for (const ShopField& field : one.fields)
      enter("field_" + table + "__" + field.name, "ir.model.fields", one.model + "." + field.name,
            false);
    for (const std::string& name : magic_columns())
      enter("field_" + table + "__" + name, "ir.model.fields", one.model + "." + name, false);
  }
  for (const auto& [file, records] : module.data)
    for (const ShopRecord& record : records)
      enter(record.id, record.model, module.name + "." + record.id, record.noupdate);
}

std::shared_ptr<const ModelledTable::Facts> describe(const std::string& name,
                                                     const ModelledTable& table) {
  auto facts = std::make_shared<ModelledTable::Facts>();
  for (const auto& [column, kind] : table.columns) {
    facts->columns += fmt::format("{}.{}:{}:{}:{},", name, column, kind.type,
                                  kind.nullable ? "YES" : "NO", kind.standard);
    if (!kind.nullable && kind.standard.empty()) facts->not_null.push_back(name + "." + column);
  }
  for (const auto& [constraint, definition] : table.constraints)
    facts->constraints += fmt::format("{}.{}:{}:{},", name, constraint, definition,
                                      !table.unproved.contains(constraint));
  for (const auto& [index, kind] : table.indexes)
    facts->indexes += fmt::format("{} {},", index, kind.definition);
  return facts;
}

}  // namespace

std::string relation_name(std::string text) {
  text = replace_all(std::move(text), "\"", "");
  if (starts_with(text, "public.")) text = text.substr(7);
  return text;
}

ModelledTable magic_table(const std::string& name) {
  ModelledTable table = plain_table(name, {});
  for (const std::string& column : magic_columns())
    if (column != "id")
      table.columns[column] = {ends_with(column, "date") ? "timestamp" : "int4", true, ""};
  return table;
}

void add_declared(ModelledTable& table, const ShopClass& declared) {
  const std::string name = table_of(declared.model);
  for (const ShopField& field : declared.fields) {
    table.columns[field.name] = {column_type(field), !field.required, ""};
    if (field.index)
      table.indexes[fmt::format("{}__{}_index", name, field.name)] = {
          fmt::format("ON {} ({})", name, field.name), true};
    if (!field.comodel.empty())
      table.constraints[fmt::format("{}_{}_fkey", name, field.name)] =
          fmt::format("FOREIGN KEY ({}) REFERENCES {} (id) ON DELETE {}", field.name,
                      table_of(field.comodel), field.required ? "RESTRICT" : "SET NULL");
  }
  for (const ShopConstraint& constraint : declared.constraints)
    table.constraints[name + "_" + constraint.name] = constraint.definition;
}

const ModelledCatalog& ModelledCatalog::of_version_1() {
  static const ModelledCatalog made = [] {
    ModelledCatalog catalog;
    add_bare_tables(catalog);
    int id = 0;
    for (const ShopModule& module : shop_schema("1").modules) {
      catalog.modules.edit()[module.name] = {++id, "installed", module.version};
      for (const ShopClass& one : module.classes) {
        const std::string name = table_of(one.model);
        if (!catalog.table(name)) catalog.add_table(name, magic_table(name));
        add_declared(*catalog.edit_table(name), one);
        for (const ShopField& field : one.fields)
          catalog.edit_fields()[one.model + "." + field.name] = {field.required};
      }
      enter_ids(catalog, module);
    }
    // Before threads share it.
    catalog.facts();
    return catalog;
  }();
  return made;
}

const ModelledTable* ModelledCatalog::table(const std::string& name) const {
  const auto found = tables_->find(name);
  return found == tables_->end() ? nullptr : &*found->second;
}

ModelledTable* ModelledCatalog::edit_table(const std::string& name) {
  if (!table(name)) return nullptr;
  facts_.reset();
  ModelledTable& table = tables_.edit().at(name).edit();
  table.facts.reset();
  return &table;
}

void ModelledCatalog::add_table(const std::string& name, ModelledTable table) {
  facts_.reset();
  Shared<ModelledTable> added;
  added.edit() = std::move(table);
  tables_.edit()[name] = std::move(added);
}

void ModelledCatalog::drop_table(const std::string& name) {
  facts_.reset();
  tables_.edit().erase(name);
}

std::string ModelledCatalog::table_with_index(const std::string& index) const {
  for (const auto& [name, table] : *tables_)
    if (table->indexes.contains(index)) return name;
  return "";
}

std::map<std::string, ModelledField>& ModelledCatalog::edit_fields() {
  facts_.reset();
  return fields_.edit();
}

const ModelledCatalog::Facts& ModelledCatalog::facts() const {
  if (facts_) return *facts_;
  auto facts = std::make_shared<Facts>();
  for (const auto& [name, table] : *tables_) {
    for (const auto& [index, kind] : table->indexes)
      if (!kind.valid) facts->invalid.push_back("index " + index);
    if (starts_with(name, "ostler_")) continue;
    for (const std::string& constraint : table->unproved)
      facts->invalid.push_back("constraint " + constraint + " of " + name);
    if (!table->facts) table->facts = describe(name, *table);
    facts->columns += table->facts->columns;
    facts->constraints += table->facts->constraints;
    facts->indexes += table->facts->indexes;
    facts->tables.push_back(name);
    facts->not_null.insert(facts->not_null.end(), table->facts->not_null.begin(),
                           table->facts->not_null.end());
  }
  for (std::string* text : {&facts->columns, &facts->constraints, &facts->indexes})
    *text = digest(*text);
  std::sort(facts->invalid.begin(), facts->invalid.end());
  for (const auto& [key, field] : *fields_) {
    if (!field.required) continue;
    const std::size_t dot = key.rfind('.');
    const ModelledTable* owner = table(table_of(key.substr(0, dot)));
    if (!owner) continue;
    const auto column = owner->columns.find(key.substr(dot + 1));
    if (column != owner->columns.end() && column->second.nullable)
      facts->required_nullable.push_back(table_of(key.substr(0, dot)) + "." + column->first);
  }
  facts_ = std::move(facts);
  return *facts_;
}

}  // namespace ostler::lab
