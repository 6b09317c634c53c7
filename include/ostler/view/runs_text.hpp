#pragma once

#include "ostler/engine/run_state.hpp"
#include "ostler/model/plan.hpp"
#include "ostler/view/run_view.hpp"
#include "ostler/view/style.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ostler {

/// One run as its folder tells it, for every command that looks.
struct RunSummary {
  std::string run, environment, release, version_before, version_after, plan_digest, command, actor,
      reason, undoes;
  std::string state;   ///< running, interrupted, held, stuck, released, rolled_back, undone
  std::string step;    ///< where it stands, while it is not over: "S4 canary 5 %"
  int weight = 0;      ///< share of the new version while it runs, in percent
  std::string holder;  ///< pid and host of the process, while one runs
  std::string outcome_reason;
  WallTime started;
  std::optional<WallTime> ended;
  bool live = false;    ///< the newest change of its environment
  std::string trouble;  ///< why it cannot be read, if so
};

std::string status_text(const std::vector<RunSummary>& newest, WallTime now, const Style& style);
/// Columns separated by tabs: environment, state, run, version, step, weight, since (Unix), holder.
std::string status_porcelain(const std::vector<RunSummary>& newest);
std::string history_text(const std::vector<RunSummary>& runs, WallTime now, const Style& style);
Json to_json(const RunSummary& run);

/// Everything a run's folder holds that explains it.
struct RunEvidence {
  RunSummary summary;
  Plan plan;
  RunState state;
  std::vector<Record> records;
  std::vector<Event> events;
  std::string folder;
};

/// One link of the chain from what the user saw down to what was measured.
struct Cause {
  std::string level;  ///< "because", "measured", "evidence", "undone", "left"
  std::string step;   ///< or empty
  std::string text;
  Json evidence;  ///< or null
};

/// Why the run stands where it stands; with `step`, why that step ended as it did. Fixed rules, no
/// guesswork: only what journal and events say. Pure.
std::vector<Cause> explain(const RunEvidence& run, const std::string& step);
std::string why_text(const RunEvidence& run, const std::vector<Cause>& causes, const Style& style);
Json why_json(const RunEvidence& run, const std::vector<Cause>& causes);

}  // namespace ostler
