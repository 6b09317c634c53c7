// The way back: every intended target restored once, traffic first, on deadlines of its own, and
// looked at afterwards.
#include "executor_impl.hpp"

#include "ostler/base/plant.hpp"

#include <set>

namespace ostler {
namespace {

constexpr Milliseconds first_undo_pause{500};
constexpr Milliseconds longest_pause{15'000};

bool could_not_look(FailureKind kind) {
  return kind == FailureKind::transient || kind == FailureKind::timeout ||
         kind == FailureKind::unknown;
}

/// Users who are still led to the new version need its servers and its schema: taking those away
/// would turn a rollback that got stuck into an outage.
bool rests_on_traffic(const Node& node, const std::set<std::string>& stuck_cells) {
  return node.cell.empty() ? !stuck_cells.empty()
                           : stuck_cells.contains(node.cell) || stuck_cells.contains("");
}

}  // namespace

RunEnd Executor::Impl::back() {
  const std::vector<Undo> undos =
      plan_rollback(plan, state, [this](const Node& node) { return kinds.is_traffic(node); });
  std::vector<std::string> parked;
  std::set<std::string> stuck_cells;  // whose traffic is not back
  for (const Undo& one : undos) {
    const Node& node = *plan.node(one.step);
    if (!one.traffic && rests_on_traffic(node, stuck_cells)) {
      parked.push_back(
          fmt::format("{} ({}): left as it is, since the traffic that needs it is not back",
                      node.id, node.undo.empty() ? node.title : node.undo));
      continue;
    }
    if (cancellation.requested()) return held("interrupted while rolling back");
    std::string trouble;
    bool journal_failed = false;
    if (undo(one, trouble, journal_failed)) continue;
    if (journal_failed) return {Ending::journal_lost, trouble, leftovers};
    if (options.abandon.requested()) return held("interrupted while rolling back");
    parked.push_back(trouble);
    if (one.traffic) stuck_cells.insert(node.cell);
  }
  return finish_back(parked);
}

/// Restores one target; false with the reason when it could not be.
bool Executor::Impl::undo(const Undo& undo, std::string& trouble, bool& journal_failed) {
  const Node& node = *plan.node(undo.step);
  Result<std::unique_ptr<Step>> made = kinds.step(node);
  if (!made) {
    trouble = fmt::format("{}: {}", node.id, made.failure().message);
    return false;
  }
  const BootTime started = clock.boot();
  const BootTime end = started + options.undo_budget;
  const Guard token = next_guard(node, Direction::back);
  const auto keep = [&](std::vector<Entry> entries) {
    const Result<void> done = record(std::move(entries));
    if (!done) {
      journal_failed = true;
      trouble = done.failure().message;
    }
    return done.ok();
  };
  if (!keep({intent(node, Direction::back, undo.covers, token, options.undo_budget)})) return false;
  const Json before = *state.steps[node.id].snapshot;
  say_state(node, "reverting", Direction::back);
  Milliseconds pause = first_undo_pause;
  for (;;) {
    RunningAttempt running(*this, node, std::min(end, clock.boot() + kinds.budget(node)),
                           options.abandon);
    const Result<void> done = (*made)->revert(systems, before, token, running);
    if (!done && planted("failed_undo_skipped")) return true;
    if (done) {
      if (!keep({outcome(node.id, Direction::back, "undone", "response", "", undo.covers)}))
        return false;
      say_state(node, "reverted", Direction::back, "", started);
      return true;
    }
    const Failure& failure = done.failure();
    trouble = fmt::format("{} ({}): {}", node.id, node.undo.empty() ? node.title : node.undo,
                          failure.message);
    if (failure.kind == FailureKind::cancelled) {
      keep({{"IN_DOUBT", {{"step", node.id}, {"reason", failure.message}}, token.opno}});
      return false;
    }
    const bool final =
        failure.kind == FailureKind::refused || failure.kind == FailureKind::permanent;
    if (final || clock.boot() + pause >= end) {
      std::vector<Entry> entries{
          outcome(node.id, Direction::back, "failed", "response", failure.message)};
      if (failure.code == "diverged")
        entries.push_back(
            {"DRIFT", {{"step", node.id}, {"target", node.target}, {"found", failure.message}}, 0});
      if (!keep(std::move(entries))) return false;
      say_state(node, "failed", Direction::back, failure.message, started);
      return false;
    }
    running.progress(fmt::format("trying again: {}", failure.message));
    clock.sleep_for(pause, options.abandon);
    if (options.abandon.requested()) return false;
    pause = std::min(pause * 2, longest_pause);
  }
}

/// Looks at every restored target once more; only what shows the snapshot again counts as rolled
/// back.
RunEnd Executor::Impl::finish_back(const std::vector<std::string>& parked) {
  std::vector<std::string> wrong = parked;
  std::string unseen;
  Json seen = Json::array();
  for (const Node& node : plan.nodes) {
    const StepRecord& known = state.steps[node.id];
    if (!known.undone || known.skipped || !known.snapshot) continue;
    // Later steps of a target hold snapshots from half-way; the earliest one tells what stood there
    // before the run.
    const auto earliest =
        std::find_if(plan.nodes.begin(), plan.nodes.end(), [&](const Node& other) {
          return other.target == node.target && state.steps[other.id].intended;
        });
    if (earliest != plan.nodes.end() && earliest->id != node.id && !node.target.empty()) continue;
    const Result<std::unique_ptr<Step>> made = kinds.step(node);
    if (!made) continue;
    const auto restored = [&](const Result<Observation>& look) {
      if (!look) return false;
      return look->state == TargetState::before ||
             (kinds.leaves(node) && look->state != TargetState::diverged);
    };
    Result<Observation> look = (*made)->observe(systems.looks(), &*known.snapshot);
    for (int attempt = 1; attempt < 5 && !restored(look); ++attempt) {
      clock.sleep_for(Milliseconds(1000), options.abandon);
      look = (*made)->observe(systems.looks(), &*known.snapshot);
    }
    const std::string found = look ? look->found : look.failure().message;
    seen.push_back({{"step", node.id}, {"target", node.target}, {"found", found}});
    if (!look && could_not_look(look.failure().kind))
      unseen = fmt::format("cannot look at {} to verify its undo: {}", node.target, found);
    else if (!restored(look))
      wrong.push_back(
          fmt::format("{}: expected it as before the run, found: {}", node.target, found));
  }
  if (!wrong.empty()) {
    std::string reason = wrong.front();
    if (wrong.size() > 1) reason += fmt::format(" (and {} more)", wrong.size() - 1);
    if (const Result<void> done =
            record({{"PHASE", {{"phase", "parked"}, {"reason", reason}, {"open", wrong}}, 0}});
        !done)
      return lost(done.failure());
    say_phase("parked", reason);
    return {Ending::stuck, reason, leftovers};
  }
  // Not to be able to look is no reason to call a person: a resume looks again.
  if (!unseen.empty()) return held(unseen);
  const std::string reason = state.reason;
  if (const Result<void> done =
          record({{"RUN_CLOSE", {{"outcome", "rolled_back"}, {"seen", seen}}, 0}});
      !done)
    return lost(done.failure());
  say_phase("rolled_back", reason);
  return {Ending::rolled_back, reason, leftovers};
}

}  // namespace ostler
