#pragma once

#include "ostler/base/secret.hpp"
#include "ostler/transport/sql.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ostler::lab {

/// A connection string for that role and database of the new server.
using Dsn = std::function<Secret(const std::string& role, const std::string& database)>;

/// Roles and rights as the test stack has them: ostler, odoo and replicator, and the database
/// `saas`.
Result<void> make_roles(SqlConnector& connector, const Dsn& dsn, const Secret& ostler,
                        const Secret& odoo, const Secret& replicator);
/// The table of tenants, and the template with version 1 of the shop.
Result<void> make_template(SqlConnector& connector, const Dsn& dsn);
/// Every tenant anew, as a copy of the template, and its line in the table of tenants.
Result<void> make_tenants(SqlConnector& connector, const Dsn& dsn,
                          const std::vector<std::string>& tenants, const std::string& pool,
                          const std::string& domain);

/// The statements of tenant.sql.
std::vector<std::string> tenant_statements();

}  // namespace ostler::lab
