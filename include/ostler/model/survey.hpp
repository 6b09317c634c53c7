#pragma once

#include "ostler/base/json.hpp"
#include "ostler/config/environment.hpp"
#include "ostler/config/release.hpp"
#include "ostler/model/plan.hpp"
#include "ostler/model/systems.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ostler {

/// One Odoo addon as an image carries it.
struct Addon {
  std::string name;
  std::string version;  ///< adapted to the series, "18.0.2.0"
  std::string hash;     ///< over every file, nothing left out
  std::vector<std::string> depends;
  bool installable = true;
};

/// What a changed file of an addon is to a running Odoo. Decides the class of a release: only
/// `code` and `inert` changes can do without a module update.
enum class AddonFileKind {
  code,       ///< Python outside migrations/ and security/ whose declarations of models, fields and
              ///< constraints are the same
  fields,     ///< Python whose declarations differ
  manifest,   ///< a manifest that says something else than before (one that only reads otherwise is
              ///< `inert`)
  migration,  ///< below migrations/ or upgrades/
  security,   ///< below security/
  data,       ///< named by either manifest's data, demo, qweb or assets, directly or by pattern, or
              ///< below static/
  inert,      ///< never loaded: tests, documentation, translation templates
  other,      ///< anything else: must be taken for `data`
};
std::string_view to_string(AddonFileKind kind);

/// One file that is not the same in two images.
struct AddonFileChange {
  enum class How { added, removed, changed };
  std::string addon;
  std::string path;  ///< within the addon
  How how = How::changed;
  AddonFileKind kind = AddonFileKind::other;
};

/// What an image holds as far as a release is concerned.
struct ImageContents {
  std::string digest;
  std::string version;        ///< label org.opencontainers.image.version, or empty
  std::string series;         ///< "18.0", or empty when there is no Odoo in it
  std::vector<Addon> addons;  ///< sorted by name
  /// Files that differ from the other image compared with, as addon/path, for naming reasons; empty
  /// when not compared.
  std::vector<std::string> changed_files;
  /// The same files with what they are, in the same order (by addon, then path).
  std::vector<AddonFileChange> changes;
};

struct TenantState {
  std::string database;
  bool is_odoo = false;
  std::vector<std::pair<std::string, std::string>> modules;  ///< installed: name, latest_version
  std::vector<std::string> transitional;                     ///< modules in a `to ...` state
  std::vector<std::string> applied_migrations;  ///< "version checksum" from ostler's ledger
};

/// A workload that takes no user traffic: cron or queue.
struct WorkerState {
  std::string name;
  std::string image;
  std::int64_t replicas = 0;
};

struct CellState {
  std::string name;
  std::string stable_service;
  int port = 0;
  std::int64_t web_replicas = 0;
  std::string web_image, web_container;
  std::vector<WorkerState> workers;
  std::optional<std::int64_t> autoscaler_min;
  std::vector<WeightedChild> children;
  std::vector<TenantState> tenants;
};

/// Everything that a plan is computed from, as it stood at one moment.
struct Survey {
  std::string cluster_uid;
  std::string image_digest;  ///< of release.image_from
  bool image_in_target = false;
  ImageContents before, after;  ///< the image that runs, the image to bring
  std::vector<CellState> cells;
  std::vector<Fact> facts;
};

/// Looks at everything a plan for this release rests on. Read-only; as parallel as the systems
/// allow.
Result<Survey> survey(const Environment& environment, const Release& release, const Looks& looks);

/// The release's class with the reasons that decided it, strongest first. Pure.
struct Classification {
  ReleaseClass release_class = ReleaseClass::image_only;
  std::vector<std::string> reasons;
};
Classification classify(const Release& release, const Survey& survey);

/// How much of a release a plan is for: all of it, or one phase that leaves a whole platform behind
/// (`migrate` fences the workers and starts them again on the image that they had).
enum class Scope { whole, promote, migrate, shift };

/// Compiles the plan. Pure: the same inputs give the same digest. Fails as `refused` when the
/// release cannot be done this way (a contracting or major class, nothing to release, a tenant in a
/// transitional state, a shift before its migration), with the way out as hint.
Result<Plan> make_plan(const Environment& environment, const Release& release, const Survey& survey,
                       WallTime now, Milliseconds valid_for, Scope scope = Scope::whole);

/// The class of one SQL statement of a migration file.
enum class StatementClass { expand, concurrent, contract, refused };
struct Statement {
  std::string text;
  int line = 0;  ///< in its file
  StatementClass statement_class = StatementClass::refused;
  std::string reason;
};
/// Splits a migration file (comments, quotes, dollar quotes respected) and classifies each
/// statement. Pure.
std::vector<Statement> read_statements(std::string_view sql);

}  // namespace ostler
