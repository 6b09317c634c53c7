#pragma once

#include "ostler/model/survey.hpp"

#include <vector>

namespace ostler {

/// What one cell needs of a release.
struct CellWork {
  const CellConfig* config = nullptr;
  const CellState* state = nullptr;
  bool shift = false;    ///< the web workload runs another image
  bool workers = false;  ///< a cron or queue workload runs another image
  bool migrate = false;  ///< a tenant lacks a migration or an update
};

/// The cells that need anything, wave by wave. They point into the arguments.
Result<std::vector<CellWork>> cell_works(const Environment& environment, const Release& release,
                                         const Survey& survey);

/// Refuses when a tenant is not migrated: the new version cannot take its traffic then.
Result<void> require_migrated(const std::vector<CellWork>& works);

/// The release's migration files that a tenant has not applied, or applied with another text.
std::vector<const MigrationFile*> missing_migrations(const Release& release,
                                                     const TenantState& tenant);

}  // namespace ostler
