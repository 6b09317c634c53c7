// Computes a release's class from the two images, its SQL and its modules.
#include "ostler/base/text.hpp"
#include "ostler/model/addons.hpp"

namespace ostler {

namespace {

/// Reasons name a few examples; the rest is a number.
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t shown = 4;
  if (names.size() <= shown) return join(names, ", ");
  const std::vector<std::string> first(names.begin(), names.begin() + shown);
  return fmt::format("{} and {} more", join(first, ", "), names.size() - shown);
}

/// Whether Odoo loads the file only as code: replacing the image is enough to bring it.
bool is_code_only(const std::string& file) {
  const std::vector<std::string> parts = split(file, '/');
  const std::string& name = parts.back();
  if (ends_with(name, ".pot") || ends_with(name, ".md") || ends_with(name, ".rst")) return true;
  if (parts.size() > 2) {
    static const std::set<std::string> never_loaded{"tests", "doc", "docs"};
    static const std::set<std::string> loaded_by_update{"migrations", "upgrades", "security",
                                                        "data"};
    if (never_loaded.contains(parts[1])) return true;
    if (loaded_by_update.contains(parts[1])) return false;
  }
  return ends_with(name, ".py") && name != "__manifest__.py" && name != "__openerp__.py";
}

/// Whether only code of addons that both images have differs, as far as their files tell.
bool only_code_changed(const AddonChanges& changes, const std::vector<std::string>& files) {
  if (!changes.new_versions.empty()) return false;
  if (changes.unversioned.empty()) return true;
  const auto harmless = [&](const std::string& file) {
    return !changes.is_changed(split(file, '/').front()) || is_code_only(file);
  };
  return !files.empty() && std::all_of(files.begin(), files.end(), harmless);
}

bool updates_modules(const Release& release, const Survey& survey) {
  for (const CellState& cell : survey.cells)
    for (const TenantState& tenant : cell.tenants)
      if (!modules_to_update(release, survey, tenant).empty()) return true;
  return false;
}

std::vector<std::string> contracting_statements(const Release& release) {
  std::vector<std::string> found;
  for (const MigrationFile& file : release.migrations)
    for (const Statement& statement : read_statements(file.text))
      if (statement.statement_class == StatementClass::contract)
        found.push_back(fmt::format("{}:{}: {}: {}", file.path, statement.line,
                                    sanitize(statement.text, Lines::escape, 80), statement.reason));
  return found;
}

std::vector<std::string> change_reasons(const AddonChanges& changes,
                                        const std::vector<std::string>& files, bool code_only) {
  std::vector<std::string> reasons;
  for (const AddonChange& change : changes.new_versions)
    reasons.push_back(
        fmt::format("{} goes from {} to {}", change.name, change.before, change.after));
  if (code_only && !changes.unversioned.empty())
    reasons.push_back(fmt::format(
        "only Python code of {} changed; assumed, because fields were not compared: no field was "
        "added, removed or changed",
        some_of(changes.unversioned)));
  if (!code_only && !changes.unversioned.empty())
    reasons.push_back(fmt::format("changed under an unchanged version: {}{}",
                                  some_of(changes.unversioned),
                                  files.empty() ? " (which files is not known)" : ""));
  std::vector<std::string> unreached;
  for (const std::string& name : changes.unversioned)
    if (!code_only && !changes.updated.contains(name)) unreached.push_back(name);
  if (!unreached.empty())
    reasons.push_back(
        fmt::format("changed views and data of {} do not reach the databases, because "
                    "migrations.modules does not name them",
                    some_of(unreached)));
  if (!changes.added.empty())
    reasons.push_back(
        fmt::format("new in the image, installed nowhere by it: {}", some_of(changes.added)));
  if (!changes.removed.empty())
    reasons.push_back(fmt::format("no longer in the image: {}", some_of(changes.removed)));
  return reasons;
}

}  // namespace

Classification classify(const Release& release, const Survey& survey) {
  const ImageContents& before = survey.before;
  const ImageContents& after = survey.after;
  if (before.series != after.series)
    return {ReleaseClass::major,
            {fmt::format("the Odoo series changes from {} to {}", before.series, after.series)}};
  if (auto found = contracting_statements(release); !found.empty())
    return {ReleaseClass::contracting, std::move(found)};

  const AddonChanges changes = compare_addons(before, after, release.modules);
  const bool code_only = only_code_changed(changes, after.changed_files);
  const bool updates = updates_modules(release, survey);
  Classification result{ReleaseClass::image_only, {}};
  if (changes.any()) result.release_class = ReleaseClass::code_only;
  if (!code_only || updates || !release.migrations.empty())
    result.release_class = ReleaseClass::expand_only;

  if (!release.migrations.empty())
    result.reasons.push_back(counted(release.migrations.size(), "migration file") +
                             " with expanding SQL only");
  if (updates)
    result.reasons.push_back(
        fmt::format("{} updated in the databases; this counts as expand only because the update "
                    "keeps the columns of removed fields and relaxes new NOT NULL columns, "
                    "provided that reading the schema back on the first tenant proves it",
                    some_of(release.modules) + (release.modules.size() == 1 ? " is" : " are")));
  if (!changes.any())
    result.reasons.push_back(fmt::format("all {} addons are identical", after.addons.size()));
  for (std::string& reason : change_reasons(changes, after.changed_files, code_only))
    result.reasons.push_back(std::move(reason));
  return result;
}

}  // namespace ostler
