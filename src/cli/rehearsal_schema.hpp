#pragma once

#include "ostler/config/release.hpp"
#include "ostler/lab/stand_in.hpp"
#include "ostler/transport/sql.hpp"

namespace ostler {

/// Adds to a template database what the release takes for granted: modules that are installed, and
/// tables and columns that its migrations change. Gives what was made up, in plain words. Leaves no
/// session open. A migration that fails for another reason fails later, in its step.
Result<std::vector<std::string>> prepare_template(SqlConnector& connector, const Secret& dsn,
                                                  const std::vector<MigrationFile>& migrations,
                                                  const std::vector<std::string>& modules);

/// Adds the schema of a tenant's database, its modules and its ledger of migrations, under
/// "schema PLACE", "database PLACE" and "ledger PLACE", as sorted lines.
Result<void> add_schema_picture(SqlConnector& connector, const Secret& dsn,
                                const std::string& place, lab::Picture& picture);

}  // namespace ostler
