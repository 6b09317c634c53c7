// ostler history: the runs so far.
#include "context.hpp"
#include "run_store.hpp"

#include "ostler/base/text.hpp"

namespace ostler {
namespace {

WallTime since(const std::string& text, WallTime now) {
  if (text.empty()) return WallTime{};
  if (const auto duration = parse_duration(text)) return now - *duration;
  if (const auto time = parse_utc(text)) return *time;
  return parse_utc(text + "T00:00:00Z").value_or(WallTime{});
}

}  // namespace

CommandEnd run_history(Context& context) {
  const Invocation& invocation = context.invocation;
  const Result<RunStore> store = RunStore::open(context.variables);
  if (!store) return failed(store.failure());
  std::string environment;
  if (!invocation.argument(0).empty()) {
    const Result<StoredRun> newest = store->find(invocation.argument(0));
    if (!newest) return failed(newest.failure());
    environment = newest->meta.environment;
  }
  const Result<std::vector<StoredRun>> runs = store->runs(environment);
  if (!runs) return failed(runs.failure());
  const WallTime first = since(invocation.since, context.clock.wall());
  std::vector<RunSummary> shown;
  std::vector<std::string> decided;
  bool broken = false;
  for (const StoredRun& run : *runs) {
    RunSummary summary = summarise(run, nullptr);
    // What is live is what the newest finished change left: a release, or the state before an
    // undone one.
    const bool settles = run.state.changed() && summary.state == "released";
    if (settles &&
        std::find(decided.begin(), decided.end(), run.meta.environment) == decided.end()) {
      decided.push_back(run.meta.environment);
      const bool undone = std::any_of(runs->begin(), runs->end(), [&](const StoredRun& other) {
        return other.meta.undoes == run.meta.run && other.state.phase == Phase::rolled_back &&
               other.state.changed();
      });
      summary.live = !undone;
      if (undone) decided.pop_back();
    }
    if (summary.started < first || shown.size() >= invocation.limit) continue;
    broken = broken || run.trouble.has_value();
    shown.push_back(std::move(summary));
  }
  Json list = Json::array();
  for (const RunSummary& summary : shown) list.push_back(to_json(summary));
  CommandEnd end;
  if (broken) end.code = ExitCode::invalid;
  end.document = {{"runs", list}};
  context.console.page(history_text(shown, context.clock.wall(), context.console.style()));
  return end;
}

}  // namespace ostler
