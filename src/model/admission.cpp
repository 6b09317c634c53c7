// Says no to releases that would go wrong half-way, with the way out.
#include "model/admission.hpp"

#include "ostler/base/text.hpp"
#include "ostler/model/addons.hpp"

namespace ostler {

namespace {

Failure refused(std::string code, std::string message, std::string hint) {
  return {FailureKind::refused, std::move(message), std::move(hint), std::move(code)};
}

std::string at(const Place& place) {
  return place.line > 0 ? fmt::format("{}:{}: ", place.file, place.line) : "";
}

Result<void> admit_images(const Survey& survey) {
  for (const ImageContents* image : {&survey.before, &survey.after})
    if (image->series.empty())
      return refused("class",
                     fmt::format("the image {} holds no Odoo, so the release's class cannot be "
                                 "computed",
                                 image->digest),
                     "Check that image.from and the running workloads name Odoo images.");
  return {};
}

Result<void> admit_class(const Classification& classification) {
  const std::string reasons = join(classification.reasons, "; ");
  if (classification.release_class == ReleaseClass::major)
    return refused("class", "a major upgrade cannot be released beside the old version: " + reasons,
                   "Upgrade a copy of each database into a new name and switch over; ostler "
                   "releases within one Odoo series.");
  if (classification.release_class == ReleaseClass::contracting)
    return refused("class", "the migrations take away what the old version needs: " + reasons,
                   "Move these statements to a later release, when no old version runs any more.");
  return {};
}

Result<void> admit_statements(const Release& release) {
  for (const MigrationFile& file : release.migrations)
    for (const Statement& statement : read_statements(file.text))
      if (statement.statement_class == StatementClass::refused)
        return refused("statement",
                       fmt::format("{}:{}: '{}' {}", file.path, statement.line,
                                   sanitize(statement.text, Lines::escape, 80), statement.reason),
                       "Write the statement in its safe form; ostler(1) lists which statements a "
                       "migration may hold.");
  return {};
}

Result<void> admit_route(const Environment& environment, const CellState& cell) {
  if (cell.children.size() == 1 && cell.children.front().weight > 0) return {};
  const CellConfig* config = environment.cell(cell.name);
  std::vector<std::string> children;
  for (const WeightedChild& child : cell.children)
    children.push_back(fmt::format("{} {}", child.service, child.weight));
  return refused(
      "route",
      fmt::format("TraefikService {}/{} has the children [{}], where one child with weight is "
                  "expected",
                  config ? config->name_space : "", config ? config->route : "",
                  join(children, ", ")),
      "Finish or undo the run that left the canary ('ostler status'), or take the other child out "
      "of the route.");
}

Result<void> admit_tenant(const TenantState& tenant, const Release& release) {
  if (!tenant.is_odoo)
    return refused("tenant", fmt::format("database {} is not an Odoo database", tenant.database),
                   "Correct the cell's tenants; Odoo would install itself into a wrong database.");
  if (!tenant.transitional.empty())
    return refused(
        "transitional",
        fmt::format("tenant {} is half-way through another update: {} in a 'to ...' state",
                    tenant.database, join(tenant.transitional, ", ")),
        "Run the whole interrupted update again with the image that began it, or restore the "
        "database; then plan anew.");
  for (const MigrationFile& file : release.migrations)
    for (const std::string& applied : tenant.applied_migrations)
      if (starts_with(applied, file.version + " ") && applied != file.version + " " + file.checksum)
        return refused(
            "migration",
            fmt::format("migration {} was applied to tenant {} with another content", file.name,
                        tenant.database),
            "Put the file back as it was applied, and write the change as a new migration.");
  return {};
}

bool installed_anywhere(const Survey& survey, const std::string& module) {
  for (const CellState& cell : survey.cells)
    for (const TenantState& tenant : cell.tenants)
      if (!installed_version(tenant, module).empty()) return true;
  return false;
}

Result<void> admit_listed_modules(const Release& release, const Survey& survey) {
  std::vector<std::string> known;
  for (const Addon& addon : survey.after.addons) known.push_back(addon.name);
  for (const std::string& module : release.modules) {
    const Addon* addon = find_addon(survey.after, module);
    if (!addon || !addon->installable) {
      const auto near = nearest(module, known);
      return refused(
          "modules",
          fmt::format("{}module '{}' is {} the new image", at(release.modules_place), module,
                      addon ? "not installable in" : "not in"),
          near ? fmt::format("Did you mean '{}'?", *near)
               : "Correct migrations.modules; Odoo only warns about an unknown name and goes on.");
    }
    if (!installed_anywhere(survey, module))
      return refused(
          "modules",
          fmt::format("{}module '{}' is installed in no tenant", at(release.modules_place), module),
          "Take it out of migrations.modules; Odoo leaves it out without a word.");
  }
  return {};
}

/// What is installed must be in the new image, and what has a new version must be reached by the
/// update.
Result<void> admit_installed_modules(const TenantState& tenant, const Release& release,
                                     const Survey& survey, const std::set<std::string>& updated) {
  for (const auto& [module, version] : tenant.modules) {
    const Addon* after = find_addon(survey.after, module);
    const Addon* before = find_addon(survey.before, module);
    if (!after)
      return refused(
          "modules",
          fmt::format("module '{}' is installed in tenant {}, but is not in the new image", module,
                      tenant.database),
          "Put the module back into the image, or uninstall it first; Odoo would only warn.");
    const bool rises = before && before->version != after->version && version != after->version;
    if (rises && !updated.contains(module))
      return refused(
          "modules",
          fmt::format("{}module '{}' goes from {} to {} and is installed in tenant {}, but no "
                      "update reaches it",
                      at(release.modules_place), module, version, after->version, tenant.database),
          fmt::format("Add '{}' to migrations.modules.", module));
  }
  return {};
}

}  // namespace

Result<void> admit(const Environment& environment, const Release& release, const Survey& survey,
                   const Classification& classification) {
  OSTLER_CHECK(admit_images(survey));
  OSTLER_CHECK(admit_class(classification));
  OSTLER_CHECK(admit_statements(release));
  for (const CellState& cell : survey.cells) {
    OSTLER_CHECK(admit_route(environment, cell));
    for (const TenantState& tenant : cell.tenants) OSTLER_CHECK(admit_tenant(tenant, release));
  }
  OSTLER_CHECK(admit_listed_modules(release, survey));
  for (const CellState& cell : survey.cells)
    for (const TenantState& tenant : cell.tenants) {
      const std::vector<std::string> listed = modules_to_update(release, survey, tenant);
      OSTLER_CHECK(
          admit_installed_modules(tenant, release, survey, with_dependents(survey.after, listed)));
    }
  return {};
}

}  // namespace ostler
