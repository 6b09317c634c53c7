#pragma once

#include "references.hpp"

#include "ostler/config/release.hpp"

#include <string>
#include <vector>

namespace ostler {

/// Reads and checks the folder that `migrations.sql` names. Files in the order of their versions.
std::vector<MigrationFile> read_migrations(const Field& field, const Reading& reading);

}  // namespace ostler
