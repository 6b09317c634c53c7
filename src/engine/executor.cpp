// The way a run goes: forward until done or stopped, then to an end that is durable before it is
// told.
#include "ostler/engine/executor.hpp"

#include "executor_impl.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/plant.hpp"

namespace ostler {

Executor::Executor(const Plan& plan, const Kinds& kinds, Systems& systems, Journal& journal,
                   EventStream& events, Clock& clock, const Cancellation& cancellation,
                   RunOptions options)
    : impl_(std::make_shared<Impl>(plan, kinds, systems, journal, events, clock, cancellation,
                                   std::move(options))) {}

RunEnd Executor::run() {
  if (const Result<void> opened = impl_->open(""); !opened) return impl_->lost(opened.failure());
  return impl_->go();
}

RunEnd Executor::roll_back(const std::string& reason) {
  if (const Result<void> opened = impl_->open(reason); !opened)
    return impl_->lost(opened.failure());
  if (impl_->state.direction == Direction::back) {
    impl_->say_phase("rolling_back", reason);
    return impl_->back();
  }
  return impl_->end_forward({Stop::Kind::roll_back, reason});
}

RunEnd Executor::Impl::go() {
  return state.direction == Direction::back ? back() : forward();
}

/// Takes the next epoch and tells the views what is about to run.
Result<void> Executor::Impl::open(std::string_view reason) {
  state = fold(journal.records());
  const bool resumed = state.epoch > 0;
  journal.set_epoch(state.epoch + 1);
  std::vector<Entry> entries{{"LEASE", {{"backend", "local"}}, 0}};
  if (resumed && state.open())
    entries.push_back({"PHASE", {{"phase", "resumed"}, {"reason", std::string(reason)}}, 0});
  OSTLER_CHECK(record(std::move(entries)));
  Json steps = Json::array();
  for (const Node& node : plan.nodes) {
    const auto found = state.steps.find(node.id);
    Json& step = steps.emplace_back();
    step["id"] = node.id;
    step["kind"] = node.kind;
    step["title"] = node.title;
    step["phase"] = node.phase;
    step["cell"] = node.cell;
    step["undo"] = node.undo;
    step["gate"] = node.gate.has_value();
    step["done"] = found != state.steps.end() && found->second.done;
    step["usually_ms"] = node.usually.count();
  }
  events.emit("run.open", {{"plan", plan.digest},
                           {"environment", plan.environment},
                           {"release", plan.release},
                           {"version_before", plan.version_before},
                           {"version_after", plan.version_after},
                           {"direction", state.direction == Direction::back ? "back" : "forward"},
                           {"resumed", resumed},
                           {"steps", std::move(steps)}});
  return {};
}

/// What the user asked for since the last look.
Stop Executor::Impl::wish() const {
  if (cancellation.requested()) return {Stop::Kind::hold, "interrupted"};
  const std::string control = options.control ? options.control() : "";
  if (control == "hold") return {Stop::Kind::hold, "held by the operator"};
  if (control == "abort") return {Stop::Kind::roll_back, "aborted by the operator"};
  return {};
}

RunEnd Executor::Impl::forward() {
  if (state.baseline.empty() && !state.changed()) {
    const Stop stop = take_baseline();
    if (stop.kind != Stop::Kind::none) return end_forward(stop);
  }
  for (const Node& node : plan.nodes) {
    const StepRecord& known = state.steps[node.id];
    if (known.done && (known.gate_passed || !node.gate)) continue;
    if (const Stop stop = wish(); stop.kind != Stop::Kind::none) return end_forward(stop);
    if (!known.done) {
      if (options.pause_before == node.id)
        return end_forward(
            {Stop::Kind::hold, fmt::format("paused before {} ({})", node.id, node.title)});
      if (const Stop stop = do_step(node); stop.kind != Stop::Kind::none) return end_forward(stop);
    }
    if (node.gate)
      if (const Stop stop = watch(node); stop.kind != Stop::Kind::none) return end_forward(stop);
    gate_watch.reset();
    if (journal.exhausted())
      return end_forward({Stop::Kind::hold, "no space left for the journal"});
  }
  return finish_forward();
}

RunEnd Executor::Impl::finish_forward() {
  if (const Result<void> closed = record({{"RUN_CLOSE", {{"outcome", "committed"}}, 0}}); !closed)
    return lost(closed.failure());
  say_phase("committed", "");
  return {Ending::done, "", leftovers};
}

RunEnd Executor::Impl::end_forward(const Stop& stop) {
  gate_watch.reset();
  switch (stop.kind) {
    case Stop::Kind::none:
      return finish_forward();
    case Stop::Kind::hold:
      return held(stop.reason);
    case Stop::Kind::journal_lost:
      return {state.changed() ? Ending::journal_lost : Ending::interrupted, stop.reason, leftovers};
    case Stop::Kind::park: {
      if (const Result<void> parked =
              record({{"PHASE", {{"phase", "parked"}, {"reason", stop.reason}}, 0}});
          !parked)
        return lost(parked.failure());
      say_phase("parked", stop.reason);
      return {Ending::stuck, stop.reason, leftovers};
    }
    case Stop::Kind::roll_back:
      break;
  }
  if (planted("turn_not_journaled")) state.direction = Direction::back;
  if (state.direction != Direction::back)
    if (const Result<void> turned = record({turn_back(stop.reason)}); !turned)
      return lost(turned.failure());
  say_phase("rolling_back", stop.reason);
  return back();
}

RunEnd Executor::Impl::held(const std::string& reason) {
  if (!state.changed()) return {Ending::interrupted, reason, leftovers};
  if (const Result<void> done = record({{"PHASE", {{"phase", "held"}, {"reason", reason}}, 0}});
      !done)
    return lost(done.failure());
  say_phase("held", reason);
  return {Ending::held, reason, leftovers};
}

RunEnd Executor::Impl::lost(const Failure& failure) {
  events.emit("message", {{"level", "error"}, {"text", failure.message}, {"hint", failure.hint}});
  return {state.changed() ? Ending::journal_lost : Ending::interrupted, failure.message, leftovers};
}

/// Appends and folds, so that `state` is always what a restart would see.
Result<void> Executor::Impl::record(std::vector<Entry> entries) {
  const std::size_t known = journal.records().size();
  OSTLER_CHECK(journal.append(std::move(entries)));
  for (std::size_t at = known; at < journal.records().size(); ++at)
    fold(state, journal.records()[at]);
  return {};
}

void Executor::Impl::say_state(const Node& node, std::string_view what, Direction direction,
                               const std::string& found, std::optional<BootTime> started) {
  const bool back = direction == Direction::back;
  Json data;
  data["step"] = node.id;
  data["kind"] = node.kind;
  data["title"] = node.title;
  data["state"] = what;
  data["direction"] = back ? "back" : "forward";
  data["usually_ms"] = (back ? node.undo_usually : node.usually).count();
  if (!found.empty()) data["found"] = found;
  if (started)
    data["elapsed_ms"] = std::chrono::duration_cast<Milliseconds>(clock.boot() - *started).count();
  events.emit("step.state", std::move(data));
}

void Executor::Impl::say_phase(std::string_view phase, const std::string& reason) {
  events.emit("run.phase", {{"phase", std::string(phase)}, {"reason", reason}});
}

Guard Executor::Impl::next_guard(const Node& node, Direction direction) const {
  const std::uint64_t opno = state.opno + 1;
  const std::string_view way = direction == Direction::back ? "back" : "forward";
  // Lengths in front of the parts, so that no two tuples give the same text.
  const std::string run = journal.run();
  const std::string seed = fmt::format("{}:{}{}:{}{}:{}{}", run.size(), run, node.id.size(),
                                       node.id, way.size(), way, opno);
  return {run, node.id, journal.epoch(), opno, sha256_hex(seed).substr(0, 32)};
}

Entry Executor::Impl::intent(const Node& node, Direction direction,
                             const std::vector<std::string>& covers, const Guard& guard,
                             Milliseconds budget) const {
  Json body;
  body["step"] = node.id;
  body["kind"] = node.kind;
  body["target"] = node.target;
  body["direction"] = direction == Direction::back ? "back" : "forward";
  body["key"] = guard.key;
  body["deadline_ms"] = budget.count();
  if (!covers.empty()) body["covers"] = covers;
  return {"INTENT", std::move(body), guard.opno};
}

Entry Executor::Impl::outcome(const std::string& step, Direction direction, std::string_view result,
                              std::string_view via, const std::string& found,
                              const std::vector<std::string>& covers) const {
  Json body;
  body["step"] = step;
  body["direction"] = direction == Direction::back ? "back" : "forward";
  body["result"] = result;
  body["via"] = via;
  body["found"] = found;
  if (!covers.empty()) body["covers"] = covers;
  return {"OUTCOME", std::move(body), state.opno};
}

void RunningAttempt::progress(const std::string& waiting_for) {
  run_.events.emit(
      "step.progress",
      {{"step", node_.id},
       {"waiting_for", waiting_for},
       {"elapsed_ms",
        std::chrono::duration_cast<Milliseconds>(run_.clock.boot() - started_).count()}});
}

void RunningAttempt::note(const std::string& text, const Json& evidence) {
  if (const std::string name = text_at(evidence, "/leftover"); !name.empty())
    run_.leftovers.push_back(name);
  run_.events.emit("step.note", {{"step", node_.id}, {"text", text}, {"evidence", evidence}});
}

}  // namespace ostler
