#pragma once

#include "lab/shop/shop_schema.hpp"

#include "ostler/base/result.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace ostler::lab {

/// A value that its copies share until one of them is edited.
template <typename T>
class Shared {
 public:
  Shared() : value_(std::make_shared<T>()) {}
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }
  T& edit() {
    if (value_.use_count() > 1) value_ = std::make_shared<T>(*value_);
    return *value_;
  }

 private:
  std::shared_ptr<T> value_;
};

struct ModelledColumn {
  std::string type;
  bool nullable = true;
  std::string standard;  ///< the database's own default, or empty
};

struct ModelledIndex {
  std::string definition;
  bool valid = true;
};

struct ModelledTable {
  /// What comparisons of schemas ask about it.
  struct Facts {
    std::string columns, constraints, indexes;
    std::vector<std::string> not_null;  ///< columns without a default
  };
  std::string owner = "odoo";  ///< who made it; all that belongs to the tenant is odoo's
  std::map<std::string, ModelledColumn> columns;
  std::map<std::string, std::string> constraints;  ///< name -> definition
  std::set<std::string> unproved;                  ///< constraints that are NOT VALID
  std::map<std::string, ModelledIndex> indexes;
  mutable std::shared_ptr<const Facts> facts;  ///< null until asked for
};

struct ModelledModule {
  int id = 0;
  std::string state, version;
};

struct ModelledField {
  bool required = false;
};

/// A line of ir_model_data.
struct ModelledId {
  int number = 0;
  std::string model, record;  ///< record: "sale.order", "sale.order.state", or the id itself
  bool noupdate = false;
};

struct ModelledMigration {
  std::string checksum;
};

/// What one database's catalog and the tables of modules and ledgers say. Copies are cheap; what a
/// transaction has changed is a copy until its commit.
class ModelledCatalog {
 public:
  /// Version 1 of the shop, as src/lab/shop/tenant.sql makes it.
  static const ModelledCatalog& of_version_1();

  using Tables = std::map<std::string, Shared<ModelledTable>>;
  const Tables& tables() const { return *tables_; }
  const ModelledTable* table(const std::string& name) const;
  /// The table to change, or null.
  ModelledTable* edit_table(const std::string& name);
  void add_table(const std::string& name, ModelledTable table);
  void drop_table(const std::string& name);
  /// The table that has an index of that name, or an empty text.
  std::string table_with_index(const std::string& index) const;

  const std::map<std::string, ModelledField>& fields() const { return *fields_; }
  std::map<std::string, ModelledField>& edit_fields();

  Shared<std::map<std::string, ModelledModule>> modules;
  Shared<std::map<std::string, ModelledId>> ids;  ///< "module.name"
  Shared<std::map<std::string, ModelledMigration>> migrations;
  Shared<std::set<std::string>> updates;  ///< digests in ostler_update

  struct Facts {
    std::string columns, constraints, indexes;  ///< digests
    std::vector<std::string> tables, not_null, invalid, required_nullable;
  };
  const Facts& facts() const;

 private:
  Shared<Tables> tables_;
  Shared<std::map<std::string, ModelledField>> fields_;  ///< "sale.order.state"
  mutable std::shared_ptr<const Facts> facts_;
};

/// Columns, constraints and indexes that a class's fields want, as an install makes them.
void add_declared(ModelledTable& table, const ShopClass& declared);
/// A new table with the magic columns.
ModelledTable magic_table(const std::string& name);
/// "name", or "public.name", with or without quotes, as the catalog has it.
std::string relation_name(std::string text);

}  // namespace ostler::lab
