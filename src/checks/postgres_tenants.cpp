// postgres.tenants: every tenant's database is there, is Odoo's, stands between two updates, and
// belongs to a role that cannot make databases by mistake.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/survey/tenants.hpp"

#include <set>

namespace ostler {

namespace {

/// The owner of the database is the role that Odoo and its update Job connect as.
constexpr const char* owners =
    "SELECT d.datname, r.rolname, r.rolcreatedb, r.rolsuper "
    "FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE r.rolcreatedb OR r.rolsuper";

Finding judge_tenant(const std::string& subject, const Result<TenantState>& tenant) {
  if (!tenant && tenant.failure().code == "3D000")
    return failed(subject, "the database does not exist", "a tenant's database",
                  "Correct the cell's tenants; Odoo would create a database of that name.");
  if (!tenant) return not_seen(subject, tenant.failure());
  if (!tenant->is_odoo)
    return failed(subject, "it is not an Odoo database", "a table ir_module_module",
                  "Correct the cell's tenants; Odoo would install itself into it.");
  if (!tenant->transitional.empty())
    return failed(subject, "half-way through an update: " + join(tenant->transitional, ", "),
                  "no module in a 'to ...' state",
                  "Run the interrupted update again with the image that began it, or restore the "
                  "database.");
  return passed(subject, fmt::format("{} modules installed", tenant->modules.size()));
}

Finding judge_owners(const CellConfig& cell, const std::vector<std::string>& tenants,
                     const Looks& looks) {
  const std::string subject = fmt::format("owners of the tenants of {}", cell.name);
  const auto rows = looks.postgres(cell.tenants.server).query("", owners);
  if (!rows) return not_seen(subject, rows.failure());
  std::set<std::string> powerful;
  for (const SqlRow& row : rows->rows)
    if (std::find(tenants.begin(), tenants.end(), row.at(0).value_or("")) != tenants.end())
      powerful.insert(sanitize(row.at(1).value_or("")));
  if (powerful.empty()) return passed(subject, "may not create databases");
  return failed(
      subject,
      fmt::format("{} may create databases", join({powerful.begin(), powerful.end()}, ", ")),
      "neither CREATEDB nor SUPERUSER",
      "ALTER ROLE ... NOCREATEDB NOSUPERUSER; with it a mistyped database name makes Odoo "
      "create that database and report success.");
}

std::vector<Finding> measure(const CheckSubject& subject, const Looks& looks) {
  std::vector<Finding> findings;
  for (const CellConfig& cell : subject.environment->cells) {
    const auto tenants = list_tenants(cell, looks);
    if (!tenants) {
      Finding finding = not_seen("tenants of " + cell.name, tenants.failure());
      finding.place = cell.tenants.place;
      findings.push_back(std::move(finding));
      continue;
    }
    const auto states = look_at_tenants(looks.postgres(cell.tenants.server), *tenants);
    std::size_t good = 0;
    for (std::size_t i = 0; i < states.size(); ++i) {
      Finding finding = judge_tenant("tenant " + (*tenants)[i], states[i]);
      if (finding.outcome == Outcome::pass)
        ++good;
      else
        findings.push_back(std::move(finding));
    }
    // A cell has hundreds of tenants; those that are well are one line.
    if (good > 0)
      findings.push_back(passed("tenants of " + cell.name,
                                fmt::format("{} of {} are at rest", good, tenants->size())));
    findings.push_back(judge_owners(cell, *tenants, looks));
  }
  return findings;
}

}  // namespace

extern const CheckKind postgres_tenants_check{
    "postgres.tenants",
    "OSTLER-P002",
    "postgres",
    "every tenant is an Odoo database at rest, owned by a role that cannot create databases",
    "Correct the list of tenants; finish interrupted updates; take CREATEDB from Odoo's role.",
    measure};

}  // namespace ostler
