// What each cell needs of a release: told by the images that run and by what its tenants have.
#include "model/cell_work.hpp"

#include "ostler/base/text.hpp"
#include "ostler/model/addons.hpp"

namespace ostler {
namespace {

bool runs_new_image(const Survey& survey, const std::string& image) {
  return ends_with(image, "@" + survey.image_digest);
}

Result<CellWork> work_of(const CellConfig& config, const Release& release, const Survey& survey) {
  CellWork work;
  work.config = &config;
  for (const CellState& state : survey.cells)
    if (state.name == config.name) work.state = &state;
  if (!work.state)
    return Failure{FailureKind::permanent, fmt::format("cell {} was not looked at", config.name),
                   "", "survey"};
  work.shift = !runs_new_image(survey, work.state->web_image);
  for (const WorkerState& worker : work.state->workers)
    work.workers = work.workers || !runs_new_image(survey, worker.image);
  for (const TenantState& tenant : work.state->tenants)
    work.migrate = work.migrate || !missing_migrations(release, tenant).empty() ||
                   !modules_to_update(release, survey, tenant).empty();
  return work;
}

}  // namespace

std::vector<const MigrationFile*> missing_migrations(const Release& release,
                                                     const TenantState& tenant) {
  std::vector<const MigrationFile*> missing;
  for (const MigrationFile& file : release.migrations) {
    const std::string entry = file.version + " " + file.checksum;
    const auto& applied = tenant.applied_migrations;
    if (std::find(applied.begin(), applied.end(), entry) == applied.end()) missing.push_back(&file);
  }
  return missing;
}

Result<std::vector<CellWork>> cell_works(const Environment& environment, const Release& release,
                                         const Survey& survey) {
  std::vector<CellWork> works;
  for (const std::string& wave : environment.waves)
    for (const CellConfig& cell : environment.cells)
      if (cell.wave == wave) {
        OSTLER_TRY(const CellWork work, work_of(cell, release, survey));
        if (work.shift || work.workers || work.migrate) works.push_back(work);
      }
  return works;
}

Result<void> require_migrated(const std::vector<CellWork>& works) {
  for (const CellWork& work : works)
    if (work.migrate)
      return Failure{FailureKind::refused,
                     fmt::format("the tenants of {} are not migrated yet, so the new version "
                                 "cannot take their traffic",
                                 work.config->name),
                     "Run ostler migrate first, or ostler apply for all of it.", ""};
  return {};
}

}  // namespace ostler
