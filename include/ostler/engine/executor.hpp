#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/engine/events.hpp"
#include "ostler/engine/journal.hpp"
#include "ostler/engine/run_state.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/model/plan.hpp"
#include "ostler/model/systems.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ostler {

/// Makes steps and samplers for the executor, which knows no kind by name.
class Kinds {
 public:
  virtual ~Kinds() = default;
  virtual Result<std::unique_ptr<Step>> step(const Node& node) const = 0;
  virtual bool is_traffic(const Node& node) const = 0;
  /// Whether the undo of such a step may leave its effect in place.
  virtual bool leaves(const Node& node) const = 0;
  virtual Milliseconds budget(const Node& node) const = 0;
  virtual std::unique_ptr<Sampler> sampler(const IndicatorPolicy& indicator,
                                           const GateSubject& subject) const = 0;
};

/// How a run ended, for the one place that turns it into an exit code.
enum class Ending {
  done,          ///< 0
  rolled_back,   ///< 20: undone and verified
  stuck,         ///< 21: a person is needed
  held,          ///< 22: resumable
  interrupted,   ///< before the first intent: nothing changed
  journal_lost,  ///< the journal could not be written: held when something was changed
};

struct RunEnd {
  Ending ending = Ending::done;
  std::string reason;
  std::vector<std::string> leftovers;  ///< what an undo leaves behind on purpose, by name
};

struct RunOptions {
  OnFailure on_failure = OnFailure::rollback;
  std::string pause_before;  ///< id of a step to stop in front of; empty: none
  /// Asked between steps and while gates wait: "", "hold" or "abort", set by another process.
  std::function<std::string()> control;
  /// Requested when even the running step must be left at once (a CI runner kills seconds after
  /// SIGTERM).
  Cancellation abandon;
  /// How readings are taken: each indicator in a thread of its own, so that a slow one does not
  /// blind the others, or one after the other in the calling thread (tests with a virtual clock).
  enum class Sampling { threads, in_turn } sampling = Sampling::threads;
  Milliseconds undo_budget{15 * 60 * 1000};  ///< for each target of a rollback, retries included
  Milliseconds baseline_time{10000};  ///< at most, before the first step, for the frozen baseline
};

/// The only caller of apply and revert, the only writer of the journal. Goes forward, resumes and
/// goes back with one loop; knows no concrete step, gate or system.
class Executor {
 public:
  Executor(const Plan& plan, const Kinds& kinds, Systems& systems, Journal& journal,
           EventStream& events, Clock& clock, const Cancellation& cancellation, RunOptions options);

  /// Runs from wherever the journal says to an end. The journal already holds RUN_OPEN.
  RunEnd run();

  /// Turns the run around first (unless it already goes back) and undoes what was intended.
  RunEnd roll_back(const std::string& reason);

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace ostler
