// What loading one module does to the database: scripts, tables, data, and at the end the removal
// of what the code no longer declares.
#include "lab/odoo/module_update.hpp"

#include "ostler/base/text.hpp"
#include "ostler/systems/odoo.hpp"

namespace ostler::lab {
namespace {

constexpr const char* schema_logger = "odoo.schema";

std::string folder_of(const ShopModule& module) {
  const bool core = module.name == "base" || module.name == "web";
  return (core ? "/usr/lib/python3/dist-packages/odoo/addons/" : "/mnt/extra-addons/") +
         module.name;
}

Failure inside(const std::string& file, Failure failure) {
  if (session_lost(failure)) return failure;
  return {failure.kind,
          fmt::format("while parsing {}, somewhere inside\n{}", file, failure.message), "",
          parse_error};
}

}  // namespace

Result<void> ModuleUpdate::scripts(const ShopModule& module, bool post) {
  for (const ShopScript& script : module.scripts) {
    if (script.post != post || !older_version(from_[module.name], script.version)) continue;
    const std::string path =
        fmt::format("{}/migrations/{}/{}", folder_of(module), script.version, script.file);
    info("odoo.modules.migration", fmt::format("module {}: Running migration [{}>] {}", module.name,
                                               script.version.substr(5), path));
    Result<void> done;
    switch (script.effect) {
      case ShopScript::Effect::index:
        done = hand_->add_index(script.words[0], script.words[1], script.words[2]);
        break;
      case ShopScript::Effect::parameter:
        done = hand_->add_parameter(script.words[0], script.words[1]);
        break;
      case ShopScript::Effect::raise:
        done = Failure{FailureKind::permanent, script.words[0], "", ""};
        break;
      case ShopScript::Effect::sleep:
        break;
    }
    if (!done.ok()) return with_context(done.failure(), path);
  }
  return {};
}

Result<void> ModuleUpdate::try_later(Constraint constraint) {
  const auto done = constraint.apply();
  if (done.ok()) return {};
  if (session_lost(done.failure())) return done;
  info(schema_logger, constraint.failure);
  queue_.push_back(std::move(constraint));
  return {};
}

Result<void> ModuleUpdate::last_constraints() {
  for (const Constraint& constraint : queue_) {
    const auto done = constraint.apply();
    if (done.ok()) continue;
    if (session_lost(done.failure())) return done;
    log_.write(*out_, "WARNING", schema_logger, constraint.failure);
  }
  queue_.clear();
  return {};
}

Result<void> ModuleUpdate::tables(const ShopModule& module) {
  // Schemas live for ever, so what is tried again at the end may refer to them.
  for (const ShopClass& one : module.classes)  // tables first: foreign keys may point anywhere
    OSTLER_CHECK(hand_->create_table(table_of(one.model)));
  // NOT NULLs are tried before data and scripts: a column that only a post script fills gets its
  // NOT NULL at the very end.
  std::vector<Constraint> not_nulls;
  for (const ShopClass& one : module.classes) {
    const std::string table = table_of(one.model);
    OSTLER_CHECK(columns(one, not_nulls));
    for (const ShopConstraint& constraint : one.constraints) {
      const std::string name = table + "_" + constraint.name;
      OSTLER_CHECK(try_later({[this, table, name, &constraint] {
                                return hand_->add_constraint(table, name, constraint.definition);
                              },
                              fmt::format("Table '{}': unable to add constraint '{}' as {}", table,
                                          name, constraint.definition)}));
    }
    OSTLER_CHECK(hand_->reflect(module.name, one));
    seen_.insert(module.name + ".model_" + table);
    for (const ShopField& field : one.fields)
      seen_.insert(module.name + ".field_" + table + "__" + field.name);
    for (const std::string& name : magic_columns())
      seen_.insert(module.name + ".field_" + table + "__" + name);
  }
  for (Constraint& constraint : not_nulls) OSTLER_CHECK(try_later(std::move(constraint)));
  return {};
}

Result<void> ModuleUpdate::columns(const ShopClass& declared, std::vector<Constraint>& not_nulls) {
  const std::string table = table_of(declared.model);
  OSTLER_TRY(const auto have, hand_->columns(table));
  for (const ShopField& field : declared.fields) {
    const auto found = have.find(field.name);
    const bool there = found != have.end();
    if (!there) OSTLER_CHECK(add_column(table, field));
    const bool nullable = !there || found->second;
    if (field.required && nullable)
      not_nulls.push_back(
          {[this, table, &field] { return hand_->set_not_null(table, field.name); },
           fmt::format("Table '{}': unable to set NOT NULL on column '{}'", table, field.name)});
    if (!field.required && there && !nullable)
      OSTLER_CHECK(hand_->drop_not_null(table, field.name));
    if (field.index) {
      const std::string name = fmt::format("{}__{}_index", table, field.name);
      OSTLER_CHECK(try_later(
          {[this, table, name, &field] { return hand_->add_index(name, table, field.name); },
           "Unable to add index " + name}));
    }
    if (there || field.comodel.empty()) continue;
    const std::string definition =
        fmt::format("FOREIGN KEY ({}) REFERENCES {} (id) ON DELETE {}", field.name,
                    table_of(field.comodel), field.required ? "RESTRICT" : "SET NULL");
    OSTLER_CHECK(try_later(
        {[this, table, &field, definition] {
           return hand_->add_constraint(table, fmt::format("{}_{}_fkey", table, field.name),
                                        definition);
         },
         fmt::format("Table '{}': unable to add foreign key on '{}'", table, field.name)}));
  }
  return {};
}

Result<void> ModuleUpdate::add_column(const std::string& table, const ShopField& field) {
  OSTLER_CHECK(hand_->add_column(table, field));
  // Odoo gives the rows that its snapshot sees the default; the column itself gets none.
  if (field.standard.empty() || field.standard == "now") return {};
  return hand_->fill(table, field);
}

Result<void> ModuleUpdate::data(const ShopModule& module) {
  for (const auto& [file, records] : module.data) {
    info("odoo.modules.loading", fmt::format("loading {}/{}", module.name, file));
    for (const ShopRecord& record : records) {
      seen_.insert(module.name + "." + record.id);
      auto written = hand_->write_record(module.name, record);
      if (written.ok()) continue;
      Failure failure = written.failure();
      if (record.model == "ir.cron" && failure.code == "55P03")
        failure.message =
            "Record cannot be modified right now: This cron task is currently being executed and "
            "may not be modified. " +
            failure.message;
      return inside(folder_of(module) + "/" + file, std::move(failure));
    }
  }
  return {};
}

Result<void> ModuleUpdate::remove_orphans() {
  OSTLER_TRY(const std::vector<Orphan> orphans, hand_->orphans(done_, seen_));
  const std::string guard_logger = std::string("odoo.addons.") + guard_module;
  for (const Orphan& orphan : orphans) {
    if (!orphan.shared) {
      info("odoo.addons.base.models.ir_model",
           fmt::format("Deleting {}@{} ({}.{})", orphan.record, orphan.model, orphan.module,
                       orphan.name));
      if (orphan.model == "ir.model.fields") {
        OSTLER_TRY(const auto have, hand_->columns(orphan.table));
        if (have.contains(orphan.column) && options_.guarded)
          info(guard_logger, fmt::format("column kept: {}.{}", orphan.table, orphan.column));
        else if (have.contains(orphan.column))
          OSTLER_CHECK(hand_->drop_column(orphan.table, orphan.column));
      } else if (orphan.model == "ir.model") {
        if (options_.guarded)
          info(guard_logger, fmt::format("column kept: {}.*", orphan.table));
        else
          OSTLER_CHECK(hand_->drop_table(orphan.table));
      }
    }
    OSTLER_CHECK(hand_->forget(orphan));
  }
  return {};
}

}  // namespace ostler::lab
