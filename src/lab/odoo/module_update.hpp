#pragma once

#include "lab/odoo/odoo_process.hpp"
#include "lab/odoo/schema_hand.hpp"

#include "ostler/lab/shop.hpp"

#include <functional>
#include <memory>

namespace ostler::lab {

/// One run of `odoo -u` on one database, as Odoo 18.0 does it: one commit a module, its version
/// written after that commit, states reset after an exception but not after a kill, workers told
/// once, after a success. Happens in parts between which time passes and the transaction stays
/// open.
class ModuleUpdate : public std::enable_shared_from_this<ModuleUpdate> {
 public:
  /// Opens a session on the database.
  using Open = std::function<Result<std::unique_ptr<SchemaHand>>()>;

  ModuleUpdate(World& world, UpdateOptions options, const ShopCode& code, Open open);

  /// Its whole life. `known` are the database's modules now, by which the parts are timed.
  std::vector<JobPart> parts(const std::vector<ModuleRow>& known);
  /// Its session ends where it stands.
  void kill() { hand_.reset(); }
  /// Whether it has a session open, and so perhaps locks.
  bool at_work() const { return hand_ != nullptr; }

 private:
  /// A constraint that was tried and failed, to be tried once more at the end.
  struct Constraint {
    std::function<Result<void>()> apply;
    std::string failure;
  };

  JobPart part(Instant after, std::function<Result<void>()> body);
  int fail(const Failure& failure);

  Result<void> begin();
  Result<void> add_unknown_modules();
  Result<void> mark();
  Result<void> plan_loading();
  Result<void> begin_module(const ShopModule& module);
  Result<void> end_module(const ShopModule& module);
  Result<void> finish();

  Result<void> tables(const ShopModule& module);
  Result<void> columns(const ShopClass& declared, std::vector<Constraint>& not_nulls);
  Result<void> add_column(const std::string& table, const ShopField& field);
  Result<void> try_later(Constraint constraint);
  Result<void> last_constraints();
  Result<void> data(const ShopModule& module);
  Result<void> scripts(const ShopModule& module, bool post);
  Result<void> check_loaded();
  Result<void> remove_orphans();

  std::vector<const ShopModule*> loading_order(const std::vector<ModuleRow>& rows) const;
  bool loads(const ShopModule& module) const { return loading_.count(module.name) > 0; }
  std::string version_of(const ShopModule& module) const;
  void info(std::string_view logger, const std::string& text) { log_.info(*out_, logger, text); }

  World& world_;
  UpdateOptions options_;
  const ShopSchema& schema_;
  std::map<std::string, std::string> versions_;  ///< of the image's manifests
  Open open_;
  OdooLog log_;
  std::string* out_ = nullptr;
  std::unique_ptr<SchemaHand> hand_;
  Instant started_{0}, module_started_{0};
  std::map<std::string, std::string> from_;   ///< version of each module before the update
  std::set<std::string> loading_;             ///< modules that this run updates
  std::map<std::string, std::size_t> place_;  ///< in the loading order, from 1
  std::vector<std::string> done_;
  std::set<std::string> seen_;  ///< XML ids of the updated modules
  std::vector<Constraint> queue_;
};

/// The installed modules among `names`, and those that depend on them.
std::set<std::string> with_dependents(const ShopSchema& schema,
                                      const std::vector<std::string>& names,
                                      const std::vector<ModuleRow>& rows);

}  // namespace ostler::lab
