#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/json.hpp"
#include "ostler/engine/events.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ostler {

/// What the stream has told of one step so far.
struct StepView {
  std::string id, kind, title, undo, cell;
  std::string state = "waiting";  ///< as in step.state
  std::string waiting_for, found;
  std::string verdict, verdict_reason;  ///< of its gate, once there is one
  std::optional<WallTime> started;
  Milliseconds elapsed{0}, usually{0}, undo_usually{0};
};

/// The readings of one indicator at the gate that is open now.
struct IndicatorView {
  std::string name, unit;
  std::vector<double> history;  ///< of the new version, oldest first
  std::optional<double> canary, stable, baseline, limit;
  double samples = 0;
  std::string trouble;
};

/// What the stream has told of a run so far: every picture of a run is drawn from it.
struct RunView {
  std::string run, environment, release, version_before, version_after, plan_digest, direction,
      pivot;
  std::string phase, reason;
  std::vector<StepView> steps;
  bool changed = false;   ///< some step has been started
  std::string gate_step;  ///< whose gate is open; empty: none
  std::vector<IndicatorView> indicators;
  Milliseconds gate_elapsed{0}, gate_hold{0};
  std::optional<WallTime> opened;
  Json result;  ///< data of the result event; null before it

  StepView* step(std::string_view id);
  const StepView* step(std::string_view id) const;
};

/// Adds one event. Unknown types and members change nothing.
void update(RunView& view, const Event& event);

/// An event as it stands in a JSON Lines file; nothing when the line is none.
std::optional<Event> parse_event(std::string_view line);

}  // namespace ostler
