// A stored run as the views show it.
#include "run_store.hpp"

#include "ostler/base/text.hpp"

namespace ostler {
namespace {

std::string state_word(const StoredRun& run) {
  if (run.trouble) return "unreadable";
  if (run.busy && run.state.open()) return "running";
  switch (run.state.phase) {
    case Phase::committed:
      if (run.meta.command == "promote") return "promoted";
      return run.meta.command == "migrate" ? "migrated" : "released";
    case Phase::rolled_back:
      if (run.state.outcome == "abandoned") return "abandoned";
      return run.state.undoes.empty() ? "rolled_back" : "undone";
    case Phase::held:
      return "held";
    case Phase::parked:
      return "stuck";
    case Phase::forward:
    case Phase::rolling_back:
      break;
  }
  return "interrupted";
}

// The step a run stands at: the newest intent without an end, else the first that is not done.
const Node* current(const Plan& plan, const RunState& state) {
  const Node* newest = nullptr;
  std::uint64_t highest = 0;
  for (const Node& node : plan.nodes) {
    const auto found = state.steps.find(node.id);
    if (found == state.steps.end() || !found->second.intended || found->second.undone) continue;
    const bool open =
        found->second.in_doubt || (node.gate && found->second.done && !found->second.gate_passed);
    if (open && found->second.opno >= highest) {
      newest = &node;
      highest = found->second.opno;
    }
  }
  if (newest != nullptr) return newest;
  for (const Node& node : plan.nodes) {
    const auto found = state.steps.find(node.id);
    const bool touched =
        found != state.steps.end() &&
        (state.direction == Direction::back ? found->second.intended && !found->second.undone
                                            : found->second.done);
    if (state.direction == Direction::back ? touched : !touched) return &node;
  }
  return nullptr;
}

// The share the new version has, from the newest weight that was written and not taken back.
int weight_of(const Plan& plan, const RunState& state) {
  int weight = 0;
  for (const Node& node : plan.nodes) {
    const auto found = state.steps.find(node.id);
    if (found == state.steps.end() || !found->second.done || found->second.undone ||
        node.kind != "traffic.weigh")
      continue;
    weight = static_cast<int>(number_at(node.parameters, "/weight", weight));
  }
  return weight;
}

}  // namespace

RunSummary summarise(const StoredRun& run, const Plan* plan) {
  RunSummary summary;
  const RunMeta& meta = run.meta;
  summary.run = meta.run;
  summary.environment = meta.environment;
  summary.release = meta.release;
  summary.version_before = meta.version_before;
  summary.version_after = meta.version_after;
  summary.plan_digest = meta.plan_digest;
  summary.command = meta.command;
  summary.actor = meta.actor;
  summary.reason = meta.reason;
  summary.undoes = meta.undoes;
  summary.outcome_reason = meta.outcome_reason.empty() ? run.state.reason : meta.outcome_reason;
  summary.state = state_word(run);
  summary.started = parse_utc(meta.started).value_or(WallTime{});
  summary.ended = parse_utc(run.state.closed.empty() ? meta.ended : run.state.closed);
  if (run.busy) summary.holder = fmt::format("pid {} on {}", meta.process.pid, meta.process.host);
  if (run.trouble) summary.trouble = run.trouble->message;
  if (plan == nullptr || run.trouble) return summary;
  if (run.state.open()) {
    if (const Node* node = current(*plan, run.state)) summary.step = node->id + " " + node->title;
    summary.weight = weight_of(*plan, run.state);
  } else if (summary.state == "released") {
    summary.weight = 100;
  }
  return summary;
}

}  // namespace ostler
