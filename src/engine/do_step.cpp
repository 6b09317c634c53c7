// One step forward: snapshot, intent, effect, outcome, and what to do with doubt.
#include "executor_impl.hpp"

#include "ostler/base/plant.hpp"

namespace ostler {
namespace {

constexpr int most_attempts = 4;
constexpr Milliseconds first_pause{1000};

bool is_doubt(FailureKind kind) {
  return kind == FailureKind::unknown || kind == FailureKind::timeout;
}

std::string_view failed_result(const Failure& failure) {
  return planted("timeout_not_applied") && is_doubt(failure.kind) ? "not_applied" : "failed";
}

Stop journal_stop(const Failure& failure) {
  return {Stop::Kind::journal_lost, failure.message};
}

}  // namespace

Stop Executor::Impl::do_step(const Node& node) {
  Result<std::unique_ptr<Step>> made = kinds.step(node);
  if (!made) return {Stop::Kind::park, fmt::format("{}: {}", node.id, made.failure().message)};
  const Step& step = **made;
  say_state(node, "running", Direction::forward);
  std::optional<Guard> token;
  if (!state.steps[node.id].intended) {
    bool already = false;
    if (const Stop stop = take_snapshot(node, step, token, already);
        stop.kind != Stop::Kind::none || already)
      return stop;
  } else if (!planted("blind_resume")) {
    bool settled = false;
    const Failure doubt{FailureKind::unknown, "an earlier attempt did not tell its outcome", "",
                        ""};
    if (const Stop stop = settle(node, step, doubt, settled);
        stop.kind != Stop::Kind::none || settled)
      return stop;
  }
  return attempt_forward(node, step, std::move(token));
}

/// Looks at the target before it is touched for the first time. Finding the wish fulfilled already
/// ends the step, with nothing to undo.
Stop Executor::Impl::take_snapshot(const Node& node, const Step& step, std::optional<Guard>& token,
                                   bool& already) {
  Milliseconds pause = first_pause;
  for (int attempt = 1;; ++attempt) {
    Result<Observation> seen = step.observe(systems.looks(), nullptr);
    if (seen) {
      Entry snapshot{"SNAPSHOT",
                     {{"step", node.id},
                      {"target", node.target},
                      {"value", seen->snapshot},
                      {"found", seen->found}},
                     0};
      already = seen->state == TargetState::applied;
      std::vector<Entry> entries{std::move(snapshot)};
      if (already)
        entries.push_back(
            outcome(node.id, Direction::forward, "already", "observation", seen->found));
      if (!already) {
        // The snapshot waits for its intent, so that one sync makes both durable.
        token = next_guard(node, Direction::forward);
        entries.push_back(intent(node, Direction::forward, {}, *token, kinds.budget(node)));
      }
      if (const Result<void> done = record(std::move(entries)); !done)
        return journal_stop(done.failure());
      if (already) say_state(node, "already", Direction::forward, seen->found);
      return {};
    }
    const Failure& failure = seen.failure();
    const bool again = failure.kind == FailureKind::transient || is_doubt(failure.kind);
    if (!again) return failed(node, failure);
    if (attempt == most_attempts)
      return {Stop::Kind::hold, fmt::format("{} ({}): cannot look at {}: {}", node.id, node.title,
                                            node.target, failure.message)};
    clock.sleep_for(pause, cancellation);
    if (const Stop stop = wish(); stop.kind != Stop::Kind::none) return stop;
    pause *= 2;
  }
}

/// Makes the change, with the same operation number for every retry of it.
Stop Executor::Impl::attempt_forward(const Node& node, const Step& step,
                                     std::optional<Guard> intended) {
  const BootTime started = clock.boot();
  const BootTime deadline = started + kinds.budget(node);
  const Guard token = intended ? *intended : next_guard(node, Direction::forward);
  if (!intended)
    if (const Result<void> done =
            record({intent(node, Direction::forward, {}, token, kinds.budget(node))});
        !done)
      return journal_stop(done.failure());
  if (node.gate) gate_watch = start_gate_watch(*this, *node.gate, node.gate->subject);
  Milliseconds pause = first_pause;
  for (int attempt = 1;; ++attempt) {
    const Json before = *state.steps[node.id].snapshot;
    const Result<void> done = apply_watched(node, step, before, token, deadline);
    if (breach) return left_for_breach(node, started);
    if (done) {
      const Result<Observation> seen = step.observe(systems.looks(), &before);
      if (seen && seen->state == TargetState::applied)
        return applied(node, "applied", "response", seen->found, started);
      const Failure doubt = seen ? Failure{FailureKind::unknown,
                                           "it reports success but shows: " + seen->found, "", ""}
                                 : seen.failure();
      bool settled = false;
      const Stop stop = settle(node, step, doubt, settled);
      if (stop.kind != Stop::Kind::none || settled) return stop;
      if (attempt == most_attempts) return failed(node, doubt);
    } else if (done.failure().kind == FailureKind::cancelled) {
      if (const Result<void> noted = record(
              {{"IN_DOUBT", {{"step", node.id}, {"reason", done.failure().message}}, token.opno}});
          !noted)
        return journal_stop(noted.failure());
      say_state(node, "in_doubt", Direction::forward, done.failure().message, started);
      return {Stop::Kind::hold, "interrupted"};
    } else if (is_doubt(done.failure().kind) && !planted("timeout_not_applied")) {
      bool settled = false;
      const Stop stop = settle(node, step, done.failure(), settled);
      if (stop.kind != Stop::Kind::none || settled) return stop;
      if (attempt == most_attempts || clock.boot() >= deadline) return failed(node, done.failure());
    } else if (done.failure().kind != FailureKind::transient) {
      return failed(node, done.failure());
    } else if (attempt == most_attempts || clock.boot() >= deadline) {
      return {Stop::Kind::hold,
              fmt::format("{} ({}): {}", node.id, node.title, done.failure().message)};
    }
    clock.sleep_for(pause, cancellation);
    if (const Stop stop = wish(); stop.kind != Stop::Kind::none) return stop;
    pause *= 2;
  }
}

/// Applies the step while its gate, if it has one, already looks on; a breach ends the waiting.
Result<void> Executor::Impl::apply_watched(const Node& node, const Step& step, const Json& before,
                                           const Guard& token, BootTime deadline) {
  if (!gate_watch) {
    RunningAttempt running(*this, node, deadline, options.abandon);
    return step.apply(systems, before, token, running);
  }
  const Cancellation leave;
  gate_watch->guard(leave, options.abandon);
  RunningAttempt running(*this, node, deadline, leave);
  const Result<void> done = step.apply(systems, before, token, running);
  breach = gate_watch->unguard();
  return done;
}

Stop Executor::Impl::left_for_breach(const Node& node, BootTime started) {
  const Judgement judgement = *std::exchange(breach, std::nullopt);
  std::vector<Entry> entries;
  // With a rollback the outcome no longer matters; a held step stays in doubt until it is looked at
  // again.
  if (options.on_failure == OnFailure::rollback)
    entries.push_back(
        outcome(node.id, Direction::forward, "failed", "response", "left for a breach"));
  return verdict(node, judgement, std::chrono::duration_cast<Milliseconds>(clock.boot() - started),
                 std::move(entries));
}

/// Only looking settles a doubt: applied, or as before (then it is tried again), or a foreign hand.
Stop Executor::Impl::settle(const Node& node, const Step& step, const Failure& doubt,
                            bool& settled) {
  const Json before = *state.steps[node.id].snapshot;
  Milliseconds pause = first_pause;
  for (int attempt = 1;; ++attempt) {
    const Result<Observation> seen = step.observe(systems.looks(), &before);
    if (seen && seen->state == TargetState::applied) {
      settled = true;
      return applied(node, "applied", "observation", seen->found, clock.boot());
    }
    if (seen && seen->state == TargetState::diverged) {
      if (const Result<void> noted = record(
              {{"DRIFT", {{"step", node.id}, {"target", node.target}, {"found", seen->found}}, 0}});
          !noted)
        return journal_stop(noted.failure());
      return failed(
          node, {FailureKind::refused,
                 fmt::format("{} was changed by someone else: {}", node.target, seen->found), "",
                 "diverged"});
    }
    if (seen) return {};  // as before, or begun: apply() takes it from there
    if (attempt == most_attempts)
      return {Stop::Kind::hold, fmt::format("{} ({}): {}; and looking fails: {}", node.id,
                                            node.title, doubt.message, seen.failure().message)};
    clock.sleep_for(pause, cancellation);
    if (const Stop stop = wish(); stop.kind != Stop::Kind::none) return stop;
    pause *= 2;
  }
}

Stop Executor::Impl::applied(const Node& node, std::string_view result, std::string_view via,
                             const std::string& found, BootTime started) {
  if (const Result<void> done = record({outcome(node.id, Direction::forward, result, via, found)});
      !done)
    return journal_stop(done.failure());
  say_state(node, "applied", Direction::forward, found, started);
  return {};
}

/// A step that cannot be done turns the run round, or holds it where the user prefers to look
/// first.
Stop Executor::Impl::failed(const Node& node, const Failure& failure) {
  const std::string reason = fmt::format("{} ({}): {}", node.id, node.title, failure.message);
  std::vector<Entry> entries;
  if (state.steps[node.id].intended)
    entries.push_back(
        outcome(node.id, Direction::forward, failed_result(failure), "response", failure.message));
  // One group with the failure: a crash in between must not make a restart try forward again.
  if (options.on_failure == OnFailure::rollback && !planted("turn_not_journaled"))
    entries.push_back(turn_back(reason));
  if (!entries.empty())
    if (const Result<void> noted = record(std::move(entries)); !noted)
      return journal_stop(noted.failure());
  say_state(node, "failed", Direction::forward, failure.message);
  if (!failure.hint.empty())
    events.emit("message", {{"level", "error"}, {"text", reason}, {"hint", failure.hint}});
  if (options.on_failure == OnFailure::hold) return {Stop::Kind::hold, reason};
  return {Stop::Kind::roll_back, reason};
}

}  // namespace ostler
