#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/diagnostic.hpp"
#include "ostler/config/environment.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ostler {

/// One SQL file of the migrations folder: NNNN_name.sql, with an optional NNNN_name.down.sql beside
/// it.
struct MigrationFile {
  std::string version;  ///< "0142"
  std::string name;     ///< "0142_add_channel"
  std::string path;
  std::string text;
  std::string checksum;   ///< SHA-256 of the text
  std::string undo_text;  ///< of the .down.sql, or empty
};

struct TrafficConfig {
  std::vector<int> weights;   ///< rising, 1..100, the last one 100
  Milliseconds hold{300000};  ///< how long each weight is watched before it counts as good
  Milliseconds budget{
      0};  ///< how long a gate may wait for evidence beyond `hold` before onFailure; 0: as `hold`
  Milliseconds interval{1000};     ///< between samples
  std::vector<std::string> gates;  ///< names of indicators
  Place gates_place;
};

enum class OnFailure { rollback, hold };

/// What release.yaml says. Written by the application team.
struct Release {
  std::string path, folder;
  std::string digest;  ///< SHA-256 over the file's bytes and those of every migration file
  std::string name;    ///< "2026.11.3"
  std::string image_from, image_to;  ///< "staging/retail/odoo@sha256:...", "production/retail/odoo"
  Place image_from_place, image_to_place;
  std::vector<MigrationFile> migrations;
  std::vector<std::string> modules;
  Place modules_place;
  TrafficConfig traffic;
  OnFailure on_failure = OnFailure::rollback;
};

/// Reads and checks release.yaml and its migrations folder strictly; with an environment also the
/// names that refer to it (registries, indicators).
std::optional<Release> read_release(const std::string& path, const Environment* environment,
                                    Diagnostics& diagnostics);

}  // namespace ostler
