// The journal folded into where a run stands.
#include "ostler/engine/run_state.hpp"

#include "ostler/base/plant.hpp"

namespace ostler {

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::forward:
      return "forward";
    case Phase::rolling_back:
      return "rolling_back";
    case Phase::held:
      return "held";
    case Phase::parked:
      return "parked";
    case Phase::committed:
      return "committed";
    case Phase::rolled_back:
      return "rolled_back";
  }
  return "forward";
}

Entry run_open(const Plan& plan, const std::string& undoes, const std::string& reason) {
  Json body{{"plan", plan.digest},         {"environment", plan.environment},
            {"cluster", plan.cluster_uid}, {"release", plan.release},
            {"image", plan.image_to},      {"tool", plan.tool}};
  if (!undoes.empty()) body["undoes"] = undoes;
  if (!reason.empty()) body["reason"] = reason;
  return {"RUN_OPEN", std::move(body), 0};
}

Entry turn_back(const std::string& reason) {
  return {"PHASE", {{"phase", "rolling_back"}, {"reason", reason}}, 0};
}

bool RunState::changed() const {
  return std::any_of(steps.begin(), steps.end(),
                     [](const auto& step) { return step.second.intended; });
}

namespace {

std::vector<std::string> covers(const Record& record) {
  std::vector<std::string> ids;
  for (const Json& id : value_at(record.body, "/covers"))
    if (id.is_string()) ids.push_back(id.get<std::string>());
  return ids;
}

Direction direction_of(const Record& record) {
  return text_at(record.body, "/direction") == "back" ? Direction::back : Direction::forward;
}

void fold_intent(RunState& state, const Record& record) {
  StepRecord& step = state.steps[text_at(record.body, "/step")];
  step.in_doubt = true;
  step.doubt = direction_of(record);
  step.opno = record.opno;
  if (step.doubt == Direction::forward) {
    step.intended = true;
    return;
  }
  step.undo_intended = true;
  for (const std::string& id : covers(record)) state.steps[id].undo_intended = true;
}

void fold_outcome(RunState& state, const Record& record) {
  StepRecord& step = state.steps[text_at(record.body, "/step")];
  const std::string result = text_at(record.body, "/result");
  step.in_doubt = false;
  if (direction_of(record) == Direction::forward) {
    if (planted("timeout_not_applied") && result == "not_applied") step.intended = false;
    step.done = result == "applied" || result == "already";
    return;
  }
  if (result != "undone") return;
  step.undone = true;
  for (const std::string& id : covers(record)) {
    state.steps[id].undone = true;
    // The earlier step's revert put the whole target back, so a doubt about a later one is settled
    // with it.
    state.steps[id].in_doubt = false;
  }
}

void fold_gate(RunState& state, const Record& record) {
  if (const Json& baseline = value_at(record.body, "/baseline"); baseline.is_array()) {
    state.baseline.clear();
    for (const Json& one : baseline) {
      Baseline entry{text_at(one, "/indicator"), std::nullopt, 0};
      if (const Json& value = value_at(one, "/value"); value.is_number())
        entry.value = value.get<double>();
      if (const Json& samples = value_at(one, "/samples"); samples.is_number())
        entry.samples = samples.get<double>();
      state.baseline.push_back(std::move(entry));
    }
    return;
  }
  if (text_at(record.body, "/verdict") == "pass")
    state.steps[text_at(record.body, "/step")].gate_passed = true;
}

void fold_phase(RunState& state, const Record& record) {
  const std::string phase = text_at(record.body, "/phase");
  state.reason = text_at(record.body, "/reason");
  if (phase == "rolling_back") {
    state.phase = Phase::rolling_back;
    state.direction = Direction::back;
  } else if (phase == "held") {
    state.phase = Phase::held;
  } else if (phase == "parked") {
    state.phase = Phase::parked;
  } else if (phase == "resumed") {
    state.phase = state.direction == Direction::back ? Phase::rolling_back : Phase::forward;
  }
}

void fold_decision(RunState& state, const Record& record) {
  StepRecord& step = state.steps[text_at(record.body, "/step")];
  const std::string decision = text_at(record.body, "/decision");
  if (decision == "applied") step.done = true, step.in_doubt = false;
  if (decision == "not_applied") step.in_doubt = false;
  if (decision == "skip_undo") step.undone = true, step.skipped = true, step.in_doubt = false;
}

}  // namespace

void fold(RunState& state, const Record& record) {
  // Records taken over from the run that is being undone carry that run's epochs, which mean
  // nothing here.
  if (!flag_at(record.body, "/imported")) state.epoch = std::max(state.epoch, record.epoch);
  state.opno = std::max(state.opno, record.opno);
  if (record.kind == "RUN_OPEN") {
    state.plan_digest = text_at(record.body, "/plan");
    state.undoes = text_at(record.body, "/undoes");
    state.opened = record.wall;
  } else if (record.kind == "SNAPSHOT") {
    // The first touch counts; a snapshot whose intent never became durable is out of date by the
    // next attempt.
    StepRecord& step = state.steps[text_at(record.body, "/step")];
    if (!step.snapshot || !step.intended) step.snapshot = value_at(record.body, "/value");
  } else if (record.kind == "INTENT") {
    fold_intent(state, record);
  } else if (record.kind == "OUTCOME") {
    fold_outcome(state, record);
  } else if (record.kind == "GATE") {
    fold_gate(state, record);
  } else if (record.kind == "PHASE") {
    fold_phase(state, record);
  } else if (record.kind == "DECISION") {
    fold_decision(state, record);
  } else if (record.kind == "RUN_CLOSE") {
    state.outcome = text_at(record.body, "/outcome");
    state.closed = record.wall;
    state.phase = state.outcome == "committed" ? Phase::committed : Phase::rolled_back;
  }
}

RunState fold(const std::vector<Record>& records) {
  RunState state;
  for (const Record& record : records) fold(state, record);
  return state;
}

std::vector<Entry> undoing_entries(const Plan& plan, const std::string& undone,
                                   const std::vector<Record>& records, const std::string& asked,
                                   const std::string& reason) {
  std::vector<Entry> entries{run_open(plan, undone, asked)};
  for (const Record& record : records) {
    if (record.kind != "SNAPSHOT" && record.kind != "INTENT" && record.kind != "OUTCOME") continue;
    Json body = record.body;
    body["imported"] = true;
    entries.push_back({record.kind, std::move(body), record.opno});
  }
  // In the same group: whoever goes on with this run must not take it for one that goes forward.
  entries.push_back(turn_back(reason));
  return entries;
}

std::vector<Undo> plan_rollback(const Plan& plan, const RunState& state,
                                const std::function<bool(const Node&)>& is_traffic) {
  std::vector<Undo> undos;
  std::map<std::string, std::size_t> by_target;
  const auto intended = [&state](const Node& node) {
    const auto found = state.steps.find(node.id);
    return found != state.steps.end() && found->second.intended && !found->second.undone &&
           found->second.snapshot;
  };
  for (const Node& node : plan.nodes) {
    if (!intended(node)) continue;
    if (planted("rollback_forgets_doubt") && state.steps.at(node.id).in_doubt) continue;
    const auto [entry, first] = by_target.emplace(node.target, undos.size());
    if (first || node.target.empty())
      undos.push_back({node.id, {}, is_traffic(node)});
    else
      undos[entry->second].covers.insert(undos[entry->second].covers.begin(), node.id);
  }
  if (planted("forward_compensation")) return undos;
  std::reverse(undos.begin(), undos.end());
  std::stable_partition(undos.begin(), undos.end(), [](const Undo& undo) { return undo.traffic; });
  return undos;
}

}  // namespace ostler
