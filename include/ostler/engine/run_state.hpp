#pragma once

#include "ostler/base/json.hpp"
#include "ostler/engine/journal.hpp"
#include "ostler/model/plan.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ostler {

enum class Direction { forward, back };

/// Where a run stands, as its journal tells.
enum class Phase { forward, rolling_back, held, parked, committed, rolled_back };
std::string_view to_string(Phase phase);

/// What the journal knows of one step.
struct StepRecord {
  std::optional<Json> snapshot;  ///< what stood there before the run first touched the target
  bool intended = false;         ///< an INTENT to do it is durable
  bool done = false;             ///< ... and its OUTCOME says applied or already
  bool undo_intended = false;
  bool undone = false;    ///< reverted, or its target was reverted through an earlier step
  bool in_doubt = false;  ///< the newest INTENT has no OUTCOME
  Direction doubt = Direction::forward;
  std::uint64_t opno = 0;  ///< of the newest INTENT
  bool gate_passed = false;
  bool skipped = false;  ///< by an operator's DECISION
};

/// The journal folded into what a resume needs. Pure.
struct RunState {
  std::string run;
  std::string plan_digest;
  std::string undoes;  ///< for a rollback run: the run it undoes
  Phase phase = Phase::forward;
  Direction direction = Direction::forward;  ///< never turns back to forward
  std::string reason;                        ///< of the newest PHASE record
  std::uint64_t epoch = 0, opno = 0;         ///< highest used
  std::map<std::string, StepRecord> steps;
  std::vector<Baseline> baseline;
  std::string opened, closed;  ///< wall times
  std::string outcome;         ///< of RUN_CLOSE
  bool open() const { return outcome.empty(); }
  bool changed() const;  ///< some INTENT exists
};
RunState fold(const std::vector<Record>& records);
/// The same for one more record behind those already folded.
void fold(RunState& state, const Record& record);

/// The first record of a run. `undoes` names the run that this one rolls back, or is empty.
Entry run_open(const Plan& plan, const std::string& undoes, const std::string& reason);
/// The record after which a run never goes forward again.
Entry turn_back(const std::string& reason);
/// The first records of a run that undoes the finished run `undone`, of which `records` tell: what
/// it intended, and the turn back. `asked` is the operator's reason, `reason` what the turn says.
std::vector<Entry> undoing_entries(const Plan& plan, const std::string& undone,
                                   const std::vector<Record>& records, const std::string& asked,
                                   const std::string& reason);

/// One thing to undo: a target, through the earliest step that touched it, in the order to do it.
struct Undo {
  std::string step;                 ///< its revert and its snapshot are used
  std::vector<std::string> covers;  ///< the other intended steps of that target, newest first
  bool traffic = false;
};

/// What has to be undone for this state, traffic first, then in the reverse order of the steps that
/// first touched each target. Covers every intent, whether its success is known or not, and nothing
/// without an intent. Pure.
std::vector<Undo> plan_rollback(const Plan& plan, const RunState& state,
                                const std::function<bool(const Node&)>& is_traffic);

}  // namespace ostler
