// odoo.modules: the modules that the release updates are installed where they shall be updated.
// Odoo itself leaves out a module that is not, without a word.
#include "ostler/base/text.hpp"
#include "ostler/model/addons.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/survey/tenants.hpp"

namespace ostler {

namespace {

struct Seen {
  std::vector<TenantState> tenants;
  std::vector<Finding> troubles;
};

Seen look_at_all(const Environment& environment, const Looks& looks) {
  Seen seen;
  for (const CellConfig& cell : environment.cells) {
    const auto names = list_tenants(cell, looks);
    if (!names) {
      seen.troubles.push_back(not_seen("tenants of " + cell.name, names.failure()));
      continue;
    }
    const auto states = look_at_tenants(looks.postgres(cell.tenants.server), *names);
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (states[i])
        seen.tenants.push_back(*states[i]);
      else
        seen.troubles.push_back(not_seen("tenant " + (*names)[i], states[i].failure()));
    }
  }
  return seen;
}

Finding judge_module(const std::string& module, const std::vector<TenantState>& tenants) {
  const std::string subject = "module " + module;
  std::map<std::string, std::size_t> versions;
  for (const TenantState& tenant : tenants)
    if (const std::string version = installed_version(tenant, module); !version.empty())
      ++versions[version];
  if (versions.empty())
    return failed(subject, "installed in no tenant", "installed where it is updated",
                  "Take it out of migrations.modules, or correct its name.");
  std::vector<std::string> shown;
  for (const auto& [version, count] : versions)
    shown.push_back(fmt::format("{} in {}", version, count));
  return passed(subject, fmt::format("{} of {} tenants", join(shown, ", "), tenants.size()));
}

std::vector<Finding> measure(const CheckSubject& subject, const Looks& looks) {
  if (!subject.release || subject.release->modules.empty()) return {};
  Seen seen = look_at_all(*subject.environment, looks);
  // As long as one tenant was not seen, "installed nowhere" would be a guess.
  if (!seen.troubles.empty()) return std::move(seen.troubles);
  std::vector<Finding> findings;
  for (const std::string& module : subject.release->modules) {
    findings.push_back(judge_module(module, seen.tenants));
    findings.back().place = subject.release->modules_place;
  }
  return findings;
}

}  // namespace

extern const CheckKind odoo_modules_check{
    "odoo.modules",
    "OSTLER-O001",
    "odoo",
    "every module to update is installed",
    "Correct migrations.modules; Odoo leaves out a name that is not installed without a word.",
    measure};

}  // namespace ostler
