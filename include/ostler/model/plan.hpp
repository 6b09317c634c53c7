#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/json.hpp"
#include "ostler/base/result.hpp"
#include "ostler/model/gate.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ostler {

/// Something in the world that the plan rests on, as text that is equal as long as nothing relevant
/// has changed.
struct Fact {
  std::string subject;  ///< "Deployment odoo-pool-a/odoo-web"
  std::string name;     ///< "image"
  std::string value;
  bool operator==(const Fact&) const = default;
};

/// The class of a release, computed from images, modules and migrations (never claimed).
enum class ReleaseClass {
  image_only,   ///< M0: addons identical
  code_only,    ///< M1: code changed, no data, view, field or manifest change
  expand_only,  ///< M2a: updates modules or the schema in ways the old version can stand
  contracting,  ///< M2b: drops, renames or tightens something the old version may need
  major,        ///< M3: another Odoo series
};
std::string_view to_string(ReleaseClass release_class);  ///< "M0" ... "M3"
std::string_view describe(ReleaseClass release_class);   ///< "expand only"

/// One step of a plan.
struct Node {
  std::string id;      ///< "S1", unique in the plan, never reused
  std::string kind;    ///< of step_kinds()
  std::string title;   ///< "canary 25 %"
  std::string undo;    ///< what its undo does, for people
  std::string phase;   ///< "prepare", "promote", "migrate", "shift", "finish"
  std::string cell;    ///< empty for steps of the whole release
  std::string target;  ///< what it writes to; nodes with one target have interchangeable snapshots
                       ///< and are undone once
  std::vector<std::string> after;  ///< ids that must be done first
  Json parameters;
  std::optional<GatePolicy> gate;  ///< judged after the step
  Milliseconds usually{0};         ///< estimate forward, without the gate's hold
  Milliseconds undo_usually{0};
};

/// The compiled release. Immutable once its digest is computed.
struct Plan {
  static constexpr int format = 1;
  std::string tool;  ///< "ostler 0.1.0"
  std::string environment;
  std::string environment_path;  ///< absolute, so that resume and rollback find it
  std::string environment_digest;
  std::string cluster_uid;
  std::string release, release_path, release_digest;
  std::string image_from, image_to;  ///< with digest
  std::string image_digest;
  std::string version_before,
      version_after;  ///< for people: label of the images, else short digests
  ReleaseClass release_class = ReleaseClass::image_only;
  std::vector<std::string> class_reasons;
  std::vector<Fact> facts;
  std::vector<Node> nodes;  ///< in an order that respects `after`
  std::string pivot;        ///< id of the first step behind which undo loses data; empty: none
  std::string on_failure;   ///< "rollback" or "hold"
  WallTime created, expires;
  std::string digest;  ///< "sha256:..." over everything above in canonical form

  const Node* node(std::string_view id) const;
  Milliseconds forward_usually() const;  ///< steps and holds
  Milliseconds undo_usually() const;     ///< from the last step back
};

/// Canonical JSON of the plan, digest included.
Json to_json(const Plan& plan);
/// The digest of a plan's canonical form without its digest.
std::string plan_digest(const Plan& plan);
struct StepKind;
const std::vector<const StepKind*>& step_kinds();

/// Reads a plan file's text. Refuses as `refused`: a wrong digest (code "digest"), an unknown
/// format ("format"), unknown step kinds ("kind") and parameters that do not make a step
/// ("parameters"), a broken order ("order"). The kinds are a parameter because their list belongs
/// to a later layer; callers leave them out.
Result<Plan> parse_plan(std::string_view text,
                        const std::vector<const StepKind*>& kinds = step_kinds());

/// What no longer holds: one line per difference, "SUBJECT: NAME was A, is now B".
std::vector<std::string> compare_facts(const std::vector<Fact>& planned,
                                       const std::vector<Fact>& now);

}  // namespace ostler
