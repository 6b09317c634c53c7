#pragma once

#include "ostler/base/result.hpp"
#include "ostler/config/environment.hpp"
#include "ostler/model/survey.hpp"
#include "ostler/model/systems.hpp"

#include <string>
#include <vector>

namespace ostler {

/// The databases of a cell, by its query or its names, in that order and each once.
Result<std::vector<std::string>> list_tenants(const CellConfig& cell, const Looks& looks);

/// What one tenant's database says: whether it is Odoo's, its modules, what ostler's ledger says
/// was applied. Fails when it cannot be asked; a database that does not exist fails as `refused`
/// with code "3D000".
Result<TenantState> look_at_tenant(const PostgresLook& server, const std::string& database);

/// All at once, in the order of `databases`.
std::vector<Result<TenantState>> look_at_tenants(const PostgresLook& server,
                                                 const std::vector<std::string>& databases);

}  // namespace ostler
