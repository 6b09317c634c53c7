// What the executor's parts share: the run in progress.
#pragma once

#include "ostler/engine/executor.hpp"

namespace ostler {

/// Why the forward direction stopped, for the loop to act on.
struct Stop {
  enum class Kind {
    none,          ///< go on
    hold,          ///< stop here, keep everything
    roll_back,     ///< turn round
    park,          ///< a person is needed
    journal_lost,  ///< no further effect
  } kind = Kind::none;
  std::string reason;
};

class GateWatch;

struct Executor::Impl {
  ~Impl();
  Impl(const Plan& the_plan, const Kinds& the_kinds, Systems& the_systems, Journal& the_journal,
       EventStream& the_events, Clock& the_clock, Cancellation the_cancellation,
       RunOptions the_options)
      : plan(the_plan),
        kinds(the_kinds),
        systems(the_systems),
        journal(the_journal),
        events(the_events),
        clock(the_clock),
        cancellation(std::move(the_cancellation)),
        options(std::move(the_options)) {}

  const Plan& plan;
  const Kinds& kinds;
  Systems& systems;
  Journal& journal;
  EventStream& events;
  Clock& clock;
  Cancellation cancellation;
  RunOptions options;
  RunState state;
  std::vector<std::string> leftovers;

  // executor.cpp: the way a run goes.
  RunEnd go();
  RunEnd forward();
  RunEnd end_forward(const Stop& stop);
  RunEnd finish_forward();
  Result<void> open(std::string_view reason);
  Stop wish() const;
  RunEnd held(const std::string& reason);
  RunEnd lost(const Failure& failure);

  // do_step.cpp: one step forward.
  Stop do_step(const Node& node);
  Stop take_snapshot(const Node& node, const Step& step, std::optional<Guard>& token,
                     bool& already);
  Stop attempt_forward(const Node& node, const Step& step, std::optional<Guard> intended);
  Result<void> apply_watched(const Node& node, const Step& step, const Json& before,
                             const Guard& token, BootTime deadline);
  Stop left_for_breach(const Node& node, BootTime started);
  std::optional<Judgement> breach;  ///< seen while the step in progress was still waiting
  Stop settle(const Node& node, const Step& step, const Failure& doubt, bool& settled);
  Stop failed(const Node& node, const Failure& failure);
  Stop applied(const Node& node, std::string_view result, std::string_view via,
               const std::string& found, BootTime started);

  // gate_run.cpp: watching.
  Stop watch(const Node& node);
  Stop take_baseline();
  Stop verdict(const Node& node, const Judgement& judgement, Milliseconds elapsed,
               std::vector<Entry> entries);
  std::unique_ptr<GateWatch>
      gate_watch;  ///< of the step in progress; evidence counts from its first effect on

  // undo_step.cpp: the way back.
  RunEnd back();
  bool undo(const Undo& undo, std::string& trouble, bool& journal_failed);
  RunEnd finish_back(const std::vector<std::string>& parked);

  // Shared small things.
  Result<void> record(std::vector<Entry> entries);
  void say_state(const Node& node, std::string_view what, Direction direction,
                 const std::string& found = "", std::optional<BootTime> started = std::nullopt);
  void say_phase(std::string_view phase, const std::string& reason);
  Guard next_guard(const Node& node, Direction direction) const;
  Entry intent(const Node& node, Direction direction, const std::vector<std::string>& covers,
               const Guard& guard, Milliseconds budget) const;
  Entry outcome(const std::string& step, Direction direction, std::string_view result,
                std::string_view via, const std::string& found,
                const std::vector<std::string>& covers = {}) const;
};

/// The readings of one gate, taken from the first effect of its step on: a breach must be seen
/// while the step still waits for proxies and shares, not only afterwards.
class GateWatch {
 public:
  virtual ~GateWatch() = default;
  virtual std::vector<Reading> next(Milliseconds interval, const Cancellation& cancellation) = 0;
  /// Judges in the background and requests `leave` on a breach; also when `abandon` is requested.
  virtual void guard(const Cancellation& leave, const Cancellation& abandon) = 0;
  /// Ends guarding; the breach that was seen, if one was.
  virtual std::optional<Judgement> unguard() = 0;
};
std::unique_ptr<GateWatch> start_gate_watch(Executor::Impl& run, const GatePolicy& policy,
                                            const GateSubject& subject);

/// What a step sees of the run while it works.
class RunningAttempt final : public Attempt {
 public:
  RunningAttempt(Executor::Impl& run, const Node& node, BootTime deadline, Cancellation leave)
      : run_(run),
        node_(node),
        started_(run.clock.boot()),
        deadline_(deadline),
        leave_(std::move(leave)) {}
  void progress(const std::string& waiting_for) override;
  void note(const std::string& text, const Json& evidence) override;
  BootTime deadline() const override { return deadline_; }
  const Cancellation& cancellation() const override { return leave_; }

 private:
  Executor::Impl& run_;
  const Node& node_;
  BootTime started_, deadline_;
  Cancellation leave_;
};

}  // namespace ostler
