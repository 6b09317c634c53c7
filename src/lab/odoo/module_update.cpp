// The course of `odoo -u`: marking, loading one module after the other, the last transaction, and
// how it fails.
#include "lab/odoo/module_update.hpp"

#include "ostler/base/text.hpp"
#include "ostler/systems/odoo.hpp"

namespace ostler::lab {
namespace {

using namespace std::chrono_literals;

constexpr const char* loading = "odoo.modules.loading";
constexpr const char* registry = "odoo.modules.registry";

/// From the start of the process to its first statement.
constexpr Instant process_start = 300ms;
/// From the snapshot to the first script: what users write meanwhile is not seen.
constexpr Instant setup = 1s;
constexpr Instant one_module = 200ms;
constexpr Instant last_transaction = 100ms;

ShopModule guard() {
  return {guard_module, "ostler guard", "", false, {"base"}, {}, {}, {}};
}

bool contains(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

double seconds_of(Instant span) {
  return static_cast<double>(span.count()) / 1e6;
}

}  // namespace

std::set<std::string> with_dependents(const ShopSchema& schema,
                                      const std::vector<std::string>& names,
                                      const std::vector<ModuleRow>& rows) {
  std::set<std::string> found;
  for (const ShopModule& module : schema.modules) {  // in the order of dependencies
    const bool installed = std::any_of(rows.begin(), rows.end(), [&](const ModuleRow& row) {
      return row.name == module.name && row.state == "installed";
    });
    const bool depends = std::any_of(module.depends.begin(), module.depends.end(),
                                     [&](const std::string& name) { return found.contains(name); });
    if (installed && (contains(names, module.name) || contains(names, "all") || depends))
      found.insert(module.name);
  }
  return found;
}

ModuleUpdate::ModuleUpdate(World& world, UpdateOptions options, const ShopCode& code, Open open)
    : world_(world),
      options_(std::move(options)),
      schema_(shop_schema(code)),
      versions_(code.modules),
      open_(std::move(open)),
      log_(world, options_.database) {}

std::string ModuleUpdate::version_of(const ShopModule& module) const {
  const auto found = versions_.find(module.name);
  return found == versions_.end() ? module.version : found->second;
}

JobPart ModuleUpdate::part(Instant after, std::function<Result<void>()> body) {
  return {
      after,
      [self = shared_from_this(), body = std::move(body)](std::string& log) -> std::optional<int> {
        self->out_ = &log;
        if (const auto done = body(); !done.ok()) return self->fail(done.failure());
        return std::nullopt;
      }};
}

std::vector<JobPart> ModuleUpdate::parts(const std::vector<ModuleRow>& known) {
  std::vector<JobPart> list;
  list.push_back(part(process_start, [this] { return begin(); }));
  list.push_back(part(setup, [this] { return plan_loading(); }));
  std::set<std::string> expected = with_dependents(schema_, options_.modules, known);
  for (const ModuleRow& row : known)
    if (row.state == "to upgrade") expected.insert(row.name);
  for (const ShopModule& module : schema_.modules) {
    if (!expected.contains(module.name)) continue;
    list.push_back(part(one_module, [this, &module] { return begin_module(module); }));
    Instant asleep{0};
    for (const ShopScript& script : module.scripts)
      for (const ModuleRow& row : known)
        if (row.name == module.name && older_version(row.version, script.version))
          asleep += script.takes;
    list.push_back(part(asleep, [this, &module] { return end_module(module); }));
  }
  list.push_back(part(last_transaction, [this] { return finish(); }));
  list.push_back({Instant{0}, [self = shared_from_this()](std::string&) -> std::optional<int> {
                    self->hand_.reset();
                    return 0;
                  }});
  return list;
}

int ModuleUpdate::fail(const Failure& failure) {
  hand_.reset();
  if (auto again = open_(); again.ok()) {
    const auto reset = [&hand = **again]() -> Result<void> {
      OSTLER_CHECK(hand.begin());
      OSTLER_CHECK(hand.reset_states());
      return hand.commit();
    }();
    if (reset.ok()) log_.write(*out_, "WARNING", loading, "Transient module states were reset");
  }
  log_.write(*out_, "ERROR", registry, "Failed to load registry");
  log_.write(*out_, "CRITICAL", "odoo.service.server",
             fmt::format("Failed to initialize database `{}`.\n{}", options_.database,
                         traceback_of(failure)));
  return 255;
}

Result<void> ModuleUpdate::begin() {
  started_ = world_.now();
  OSTLER_TRY(hand_, open_());
  OSTLER_CHECK(hand_->begin());
  info(loading, "loading 1 modules...");
  info(loading, "1 modules loaded in 0.00s, 0 queries (+0 extra)");
  info(loading, "updating modules list");
  OSTLER_CHECK(add_unknown_modules());
  return mark();
}

Result<void> ModuleUpdate::add_unknown_modules() {
  OSTLER_TRY(const std::vector<ModuleRow> rows, hand_->modules());
  const auto known = [&rows](const std::string& name) {
    return std::any_of(rows.begin(), rows.end(),
                       [&name](const ModuleRow& row) { return row.name == name; });
  };
  for (const ShopModule& module : schema_.modules)
    if (!known(module.name)) OSTLER_CHECK(hand_->add_module(module, "uninstalled"));
  if (options_.guarded && !known(guard_module))
    OSTLER_CHECK(hand_->add_module(guard(), "uninstallable"));
  return {};
}

Result<void> ModuleUpdate::mark() {
  OSTLER_TRY(const std::vector<ModuleRow> rows, hand_->modules());
  std::vector<std::string> unknown;
  for (const std::string& name : options_.modules)
    if (name != "all" && std::none_of(rows.begin(), rows.end(),
                                      [&name](const ModuleRow& row) { return row.name == name; }))
      unknown.push_back(name);
  if (!unknown.empty())
    log_.write(*out_, "WARNING", loading, "invalid module names, ignored: " + join(unknown, ", "));
  const std::set<std::string> marked = with_dependents(schema_, options_.modules, rows);
  if (marked.empty()) return {};
  return hand_->mark_to_upgrade({marked.begin(), marked.end()});
}

std::vector<const ShopModule*> ModuleUpdate::loading_order(
    const std::vector<ModuleRow>& rows) const {
  std::vector<const ShopModule*> order;
  for (const ShopModule& module : schema_.modules)
    for (const ModuleRow& row : rows)
      if (row.name == module.name &&
          (row.state == "installed" || row.state == "to upgrade" || row.state == "to remove"))
        order.push_back(&module);
  return order;
}

Result<void> ModuleUpdate::plan_loading() {
  OSTLER_TRY(const std::vector<ModuleRow> rows, hand_->modules());
  for (const ModuleRow& row : rows) {
    if (row.state == "to upgrade") loading_.insert(row.name);
    from_[row.name] = row.version;
    if ((row.state == "installed" || row.state == "to upgrade") && !schema_.module(row.name))
      log_.write(*out_, "WARNING", "odoo.modules.graph",
                 fmt::format("module {}: not installable, skipped", row.name));
  }
  const std::vector<const ShopModule*> order = loading_order(rows);
  for (std::size_t at = 0; at < order.size(); ++at) place_[order[at]->name] = at + 1;
  info(loading, fmt::format("loading {} modules...", order.size()));
  return {};
}

Result<void> ModuleUpdate::begin_module(const ShopModule& module) {
  if (!loads(module)) return {};
  module_started_ = world_.now();
  info(loading,
       fmt::format("Loading module {} ({}/{})", module.name, place_[module.name], place_.size()));
  OSTLER_CHECK(scripts(module, false));
  info(registry, fmt::format("module {}: creating or updating database tables", module.name));
  OSTLER_CHECK(tables(module));
  OSTLER_CHECK(data(module));
  return scripts(module, true);
}

Result<void> ModuleUpdate::end_module(const ShopModule& module) {
  if (!loads(module)) return {};
  // The commit comes before the version: that becomes durable only with the next commit.
  OSTLER_CHECK(hand_->commit());
  OSTLER_CHECK(hand_->begin());
  done_.push_back(module.name);
  info(loading, fmt::format("Module {} loaded in {:.2f}s, 0 queries (+0 other)", module.name,
                            seconds_of(world_.now() - module_started_)));
  return hand_->finish_module(module.name, version_of(module));
}

Result<void> ModuleUpdate::check_loaded() {
  OSTLER_TRY(const std::vector<ModuleRow> rows, hand_->modules());
  std::vector<std::string> transient, missing;
  for (const ModuleRow& row : rows) {
    if (row.state == "to install" || row.state == "to upgrade") transient.push_back(row.name);
    if (row.state == "installed" && !place_.contains(row.name)) missing.push_back(row.name);
  }
  if (!transient.empty())
    log_.write(*out_, "ERROR", loading,
               "Some modules have inconsistent states, some dependencies may be missing: " +
                   python_list(transient));
  if (!missing.empty())
    log_.write(*out_, "ERROR", loading,
               "Some modules are not loaded, some dependencies or manifest may be missing: " +
                   python_list(missing));
  return {};
}

Result<void> ModuleUpdate::finish() {
  info(loading, fmt::format("{} modules loaded in {:.2f}s, 0 queries (+0 extra)", place_.size(),
                            seconds_of(world_.now() - started_)));
  OSTLER_CHECK(check_loaded());
  OSTLER_CHECK(last_constraints());
  if (!done_.empty()) {
    OSTLER_CHECK(remove_orphans());
    OSTLER_CHECK(hand_->plan_autovacuum());
  }
  info(loading, "Modules loaded.");
  OSTLER_CHECK(hand_->commit());
  OSTLER_CHECK(hand_->raise_registry_counter());
  info(registry, fmt::format("Registry loaded in {:.3f}s", seconds_of(world_.now() - started_)));
  return {};
}

}  // namespace ostler::lab
