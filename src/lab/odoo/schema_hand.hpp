#pragma once

#include "lab/shop/shop_schema.hpp"

#include "ostler/base/result.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace ostler::lab {

/// A line of ir_module_module.
struct ModuleRow {
  std::string name, state, version;
};

/// A record of an updated module whose XML id the new code does not have any more.
struct Orphan {
  std::string id, record, module, name, model;
  std::string table, column;  ///< of a field; of a model the table alone
  bool shared = false;        ///< another XML id stands for the same record
};

/// What an update does to one database, in one session with one transaction at a time. Works on a
/// real PostgreSQL or on a model of one; both fail with PostgreSQL's codes. After a failure the
/// transaction can only end, except where it says otherwise.
class SchemaHand {
 public:
  virtual ~SchemaHand() = default;

  /// A transaction with one snapshot, taken by its first look.
  virtual Result<void> begin() = 0;
  virtual Result<void> commit() = 0;

  virtual Result<std::vector<ModuleRow>> modules() = 0;
  virtual Result<void> add_module(const ShopModule& module, const std::string& state) = 0;
  virtual Result<void> mark_to_upgrade(const std::vector<std::string>& names) = 0;
  virtual Result<void> finish_module(const std::string& name, const std::string& version) = 0;
  /// Takes modules out of every `to ...` state.
  virtual Result<void> reset_states() = 0;

  /// Column -> whether it may be NULL; empty for a table that is not there.
  virtual Result<std::map<std::string, bool>> columns(const std::string& table) = 0;
  virtual Result<void> create_table(const std::string& table) = 0;
  virtual Result<void> drop_table(const std::string& table) = 0;
  virtual Result<void> add_column(const std::string& table, const ShopField& field) = 0;
  /// Gives a value to the rows that the snapshot sees without one.
  virtual Result<void> fill(const std::string& table, const ShopField& field) = 0;
  virtual Result<void> drop_not_null(const std::string& table, const std::string& column) = 0;
  virtual Result<void> drop_column(const std::string& table, const std::string& column) = 0;

  // These run inside a savepoint: after a failure the transaction goes on, unless the session is
  // lost. What is there already is success.
  virtual Result<void> set_not_null(const std::string& table, const std::string& column) = 0;
  virtual Result<void> add_index(const std::string& name, const std::string& table,
                                 const std::string& column) = 0;
  virtual Result<void> add_constraint(const std::string& table, const std::string& name,
                                      const std::string& definition) = 0;

  /// Enters a class into ir_model, ir_model_fields and ir_model_data.
  virtual Result<void> reflect(const std::string& module, const ShopClass& declared) = 0;
  /// Writes a record of a data file, unless it is one that an update leaves alone.
  virtual Result<void> write_record(const std::string& module, const ShopRecord& record) = 0;
  virtual Result<void> add_parameter(const std::string& key, const std::string& value) = 0;
  /// Records of these modules with no XML id ("module.name") among `seen`.
  virtual Result<std::vector<Orphan>> orphans(const std::vector<std::string>& modules,
                                              const std::set<std::string>& seen) = 0;
  /// Removes an orphan's XML id, and its record unless that is shared.
  virtual Result<void> forget(const Orphan& orphan) = 0;
  virtual Result<void> plan_autovacuum() = 0;

  /// Tells the workers, outside every transaction.
  virtual Result<void> raise_registry_counter() = 0;
};

}  // namespace ostler::lab
