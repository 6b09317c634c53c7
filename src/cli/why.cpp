// ostler why: the chain of causes behind a run's end.
#include "context.hpp"
#include "evidence.hpp"

#include "ostler/base/text.hpp"

namespace ostler {

CommandEnd run_why(Context& context) {
  const Invocation& invocation = context.invocation;
  const Result<RunStore> store = RunStore::open(context.variables);
  if (!store) return failed(store.failure());
  const Result<StoredRun> run = store->find(invocation.argument(0));
  if (!run) return failed(run.failure());
  const Result<RunEvidence> evidence = gather(*store, *run);
  if (!evidence) return failed(evidence.failure());
  const std::string step = invocation.argument(1);
  if (!step.empty() && evidence->plan.node(step) == nullptr) {
    std::vector<std::string> ids;
    for (const Node& node : evidence->plan.nodes) ids.push_back(node.id);
    return failed({FailureKind::refused,
                   fmt::format("{} has no step '{}'", run->meta.run, sanitize(step)),
                   fmt::format("Its steps are {}.", join(ids, ", ")), "usage"});
  }
  const std::vector<Cause> causes = explain(*evidence, step);
  context.console.print(why_text(*evidence, causes, context.console.style()));
  CommandEnd end;
  end.document = why_json(*evidence, causes);
  return end;
}

}  // namespace ostler
