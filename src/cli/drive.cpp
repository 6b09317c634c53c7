// Drives one run: journal, events, interrupts, and the words at its end.
#include "drive.hpp"

#include "control.hpp"
#include "kind_table.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/text.hpp"
#include "ostler/view/values.hpp"

#include <pwd.h>
#include <unistd.h>

namespace ostler {
namespace {

// Tells the signal handlers when the line between "nothing changed" and "something changed" is
// crossed. The line is the durable intent; a moment too early is on the safe side.
class WatchedJournal final : public Journal {
 public:
  WatchedJournal(Journal& inner, Signals& signals) : inner_(inner), signals_(signals) {}
  Result<void> append(std::vector<Entry> entries) override {
    for (const Entry& entry : entries)
      if (entry.kind == "INTENT") signals_.note_change();
    return inner_.append(std::move(entries));
  }
  const std::vector<Record>& records() const override { return inner_.records(); }
  std::uint64_t epoch() const override { return inner_.epoch(); }
  void set_epoch(std::uint64_t epoch) override { inner_.set_epoch(epoch); }
  std::string run() const override { return inner_.run(); }
  bool exhausted() const override { return inner_.exhausted(); }

 private:
  Journal& inner_;
  Signals& signals_;
};

// How the end reads, by ending.
CommandEnd words_for(const OpenRun& run, const RunEnd& end, const RunState& state, Going going) {
  const Plan& plan = run.plan;
  const std::string& environment = plan.environment;
  CommandEnd words;
  words.reason = end.reason;
  words.leftovers = end.leftovers;
  const auto undone = static_cast<std::size_t>(std::count_if(
      state.steps.begin(), state.steps.end(), [](const auto& step) { return step.second.undone; }));
  const bool phase =
      run.meta.command == "promote" || run.meta.command == "migrate" || run.meta.command == "shift";
  switch (end.ending) {
    case Ending::done:
      words.outcome = phase ? "done" : "released";
      words.world = "after";
      words.summary =
          phase ? fmt::format("{} of {} to {} is done: {}, all verified.", run.meta.command,
                              plan.version_after, environment, counted(plan.nodes.size(), "step"))
                : fmt::format("{} is on {} (release {}), it was on {}.", environment,
                              plan.version_after, plan.release, plan.version_before);
      words.next = {"ostler rollback " + environment};
      break;
    case Ending::rolled_back:
      words.outcome = "rolled_back";
      words.world = "before";
      words.summary = fmt::format("{} is as before, on {}: {} undone and verified.", environment,
                                  plan.version_before, counted(undone, "step"));
      words.next = {going == Going::back ? "ostler status " + environment
                                         : "ostler why " + run.folder.run};
      break;
    case Ending::stuck:
      words.outcome = "stuck";
      words.world = "mixed";
      words.summary = fmt::format("{} is between {} and {}; a person is needed.", environment,
                                  plan.version_before, plan.version_after);
      words.next = {"ostler why " + run.folder.run, "ostler resume " + run.folder.run};
      break;
    case Ending::held:
    case Ending::journal_lost:
      words.outcome = "held";
      words.world = "mixed";
      words.summary = fmt::format("{} stays as it is now, between {} and {}.", environment,
                                  plan.version_before, plan.version_after);
      words.next = {"ostler resume " + run.folder.run, "ostler abort " + run.folder.run};
      break;
    case Ending::interrupted:
      words.outcome = "interrupted";
      words.world = "unchanged";
      words.summary =
          fmt::format("{} was not changed, it is on {}.", environment, plan.version_before);
      break;
  }
  return words;
}

// Metadata must never stop a run: what it says can be read from the journal as well.
void keep_meta(Context& context, const OpenRun& run) {
  if (const Result<void> kept = write_meta(run.folder, run.meta); !kept)
    context.console.warn(kept.failure().message);
}

Json document_of(const OpenRun& run, const RunState& state) {
  Json steps = Json::array();
  for (const Node& node : run.plan.nodes) {
    const auto found = state.steps.find(node.id);
    const StepRecord record = found == state.steps.end() ? StepRecord{} : found->second;
    steps.push_back({{"id", node.id},
                     {"kind", node.kind},
                     {"title", node.title},
                     {"done", record.done},
                     {"undone", record.undone},
                     {"in_doubt", record.in_doubt}});
  }
  return {{"run", run.folder.run},
          {"folder", run.folder.path},
          {"environment", run.plan.environment},
          {"plan", run.plan.digest},
          {"version_before", run.plan.version_before},
          {"version_after", run.plan.version_after},
          {"steps", steps}};
}

RunOptions options_of(const Context& context, const OpenRun& run) {
  RunOptions options;
  options.on_failure = context.invocation.on_failure.value_or(
      run.plan.on_failure == "hold" ? OnFailure::hold : OnFailure::rollback);
  options.pause_before = context.invocation.pause_before;
  options.control = [folder = run.folder] { return read_control(folder); };
  options.abandon = context.signals.abandon();
  return options;
}

}  // namespace

std::string actor(const Variables& variables) {
  std::string name = variables("USER").value_or("");
  if (const passwd* entry = getpwuid(geteuid()); name.empty() && entry != nullptr)
    name = entry->pw_name;
  const std::string host = this_process().host;
  std::string who = fmt::format(
      "{}@{}", name.empty() ? fmt::format("uid {}", geteuid()) : sanitize(name, Lines::escape, 64),
      host);
  for (const char* job : {"GITHUB_RUN_ID", "CI_JOB_ID", "BUILD_ID", "BUILDKITE_BUILD_NUMBER"})
    if (const auto value = variables(job); value && !value->empty()) {
      who += fmt::format(" (ci run {})", sanitize(*value, Lines::escape, 64));
      break;
    }
  return who;
}

CommandEnd drive(Context& context, OpenRun run, Connection& connection, Going going,
                 const std::string& reason) {
  clear_control(run.folder);
  run.meta.process = this_process();
  run.meta.ended.clear();
  run.meta.outcome_reason.clear();
  keep_meta(context, run);
  context.console.keep_events(run.folder.events());
  EventStream& events = context.console.events();
  events.set_run(run.folder.run);
  WatchedJournal journal(*run.journal, context.signals);
  if (fold(run.journal->records()).changed()) context.signals.note_change();
  context.signals.set_parting_words(
      fmt::format("\nLeft at once. Go on with: ostler resume {}\n", run.folder.run));
  context.signals.begin_run();
  const std::unique_ptr<Kinds> kinds = make_kind_table();
  Executor executor(run.plan, *kinds, connection.systems(), journal, events, context.clock,
                    context.signals.stop(), options_of(context, run));
  const RunEnd end = going == Going::back ? executor.roll_back(reason) : executor.run();
  context.signals.end_run();
  context.signals.set_parting_words("");

  const RunState state = fold(run.journal->records());
  const Changed changed = state.changed() ? Changed::yes : Changed::no;
  if (end.ending == Ending::interrupted && changed == Changed::no && state.open())
    // Nothing to resume and nothing to undo: the next run must not find an open one.
    (void)run.journal->append(
        {{"RUN_CLOSE", {{"outcome", "abandoned"}, {"reason", end.reason}}, 0}});
  CommandEnd words = words_for(run, end, state, going);
  // A verified undo is success where it was what the run is for; a forward run that turned round is
  // none.
  const bool asked_back = context.invocation.command == Command::rollback || !state.undoes.empty();
  words.code = exit_code_of(end, asked_back ? Asked::back : Asked::forward, changed,
                            context.signals.received());
  words.document = document_of(run, state);
  run.meta.ended = format_utc(context.clock.wall());
  run.meta.outcome_reason = end.reason;
  run.meta.leftovers = end.leftovers;
  keep_meta(context, run);
  return words;
}

CommandEnd end_of(const StoredRun& run) {
  CommandEnd end;
  end.code = run.trouble ? ExitCode::stuck : exit_code_of(run.state);
  end.reason = run.meta.outcome_reason.empty() ? run.state.reason : run.meta.outcome_reason;
  end.document = {{"run", to_json(summarise(run, nullptr))}};
  const std::string& name = run.meta.run;
  switch (run.state.phase) {
    case Phase::committed:
      end.world = "after";
      if (const std::string state = summarise(run, nullptr).state; state == "released") {
        end.outcome = "released";
        end.summary = fmt::format("{} is finished: {} is on {}.", name, run.meta.environment,
                                  run.meta.version_after);
      } else {
        end.outcome = "done";
        end.summary = fmt::format("{} is finished: {} is {} for {}.", name, run.meta.environment,
                                  state, run.meta.version_after);
      }
      end.next = {"ostler rollback " + run.meta.environment};
      break;
    case Phase::rolled_back:
      if (run.state.outcome == "abandoned") {
        end.outcome = "ok";
        end.world = "unchanged";
        end.summary = fmt::format("{} never changed anything.", name);
        break;
      }
      end.outcome = "rolled_back";
      end.world = "before";
      end.summary = fmt::format("{} is over: {} is on {}.", name, run.meta.environment,
                                run.meta.version_before);
      end.next = {"ostler why " + name};
      break;
    case Phase::parked:
      end.outcome = "stuck";
      end.world = "mixed";
      end.summary = fmt::format("{} is stuck; a person is needed.", name);
      end.next = {"ostler why " + name, "ostler resume " + name};
      break;
    case Phase::held:
    case Phase::forward:
    case Phase::rolling_back:
      end.outcome = "held";
      end.world = "mixed";
      end.summary = fmt::format("{} stands still; nothing is running.", name);
      end.next = {"ostler resume " + name, "ostler abort " + name};
      break;
  }
  return end;
}

}  // namespace ostler
