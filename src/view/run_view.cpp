// Folds the event stream into what can be drawn.
#include "ostler/view/run_view.hpp"

namespace ostler {
namespace {

constexpr std::size_t history_length = 64;

std::optional<double> optional_number(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

StepView& step_of(RunView& view, const Json& data) {
  const std::string id = text_at(data, "/step");
  if (StepView* known = view.step(id)) return *known;
  StepView step;
  step.id = id;
  step.kind = text_at(data, "/kind");
  step.title = text_at(data, "/title", id);
  view.steps.push_back(std::move(step));
  return view.steps.back();
}

void open_run(RunView& view, const Event& event) {
  const Json& data = event.data;
  view.run = event.run.empty() ? text_at(data, "/run") : event.run;
  view.environment = text_at(data, "/environment");
  view.release = text_at(data, "/release");
  view.version_before = text_at(data, "/version_before");
  view.version_after = text_at(data, "/version_after");
  view.plan_digest = text_at(data, "/plan");
  view.direction = text_at(data, "/direction", "forward");
  view.pivot = text_at(data, "/pivot");
  view.opened = event.time;
  view.phase = view.direction == "back" ? "rolling_back" : "forward";
  view.reason.clear();
  const Json& steps = value_at(data, "/steps");
  if (!steps.is_array()) return;
  view.steps.clear();
  for (const Json& item : steps) {
    StepView step;
    step.id = text_at(item, "/id", text_at(item, "/step"));
    step.kind = text_at(item, "/kind");
    step.title = text_at(item, "/title");
    step.undo = text_at(item, "/undo");
    step.cell = text_at(item, "/cell");
    step.state = text_at(item, "/state", "waiting");
    step.usually = Milliseconds(number_at(item, "/usually_ms"));
    step.undo_usually = Milliseconds(number_at(item, "/undo_usually_ms"));
    view.steps.push_back(std::move(step));
  }
}

void change_step(RunView& view, const Event& event) {
  StepView& step = step_of(view, event.data);
  const std::string state = text_at(event.data, "/state");
  if ((state == "running" || state == "reverting") && state != step.state) {
    step.started = event.time;
    step.waiting_for.clear();
    view.changed = true;
  }
  step.state = state;
  step.found = text_at(event.data, "/found");
  step.elapsed = Milliseconds(number_at(event.data, "/elapsed_ms"));
  if (const auto usually = number_at(event.data, "/usually_ms"); usually > 0)
    (state == "reverting" ? step.undo_usually : step.usually) = Milliseconds(usually);
}

void take_sample(RunView& view, const Json& data) {
  const std::string step = text_at(data, "/step");
  const std::string& verdict = step_of(view, data).verdict;
  const bool judged = !verdict.empty() && verdict != "wait";  // a last reading may come behind it
  if (!judged && view.gate_step != step) {
    view.gate_step = step;
    view.indicators.clear();
  }
  view.gate_elapsed = Milliseconds(number_at(data, "/elapsed_ms"));
  view.gate_hold = Milliseconds(number_at(data, "/hold_ms"));
  const std::string name = text_at(data, "/indicator");
  auto found = std::find_if(view.indicators.begin(), view.indicators.end(),
                            [&](const IndicatorView& item) { return item.name == name; });
  if (found == view.indicators.end()) {
    view.indicators.push_back({});
    found = view.indicators.end() - 1;
    found->name = name;
  }
  found->unit = text_at(data, "/unit");
  found->canary = optional_number(data, "canary");
  found->stable = optional_number(data, "stable");
  found->baseline = optional_number(data, "baseline");
  found->limit = optional_number(data, "limit");
  found->samples = optional_number(data, "samples").value_or(0);
  found->trouble = text_at(data, "/trouble");
  if (!found->canary) return;
  found->history.push_back(*found->canary);
  if (found->history.size() > history_length) found->history.erase(found->history.begin());
}

void take_verdict(RunView& view, const Json& data) {
  StepView& step = step_of(view, data);
  step.verdict = text_at(data, "/verdict");
  step.verdict_reason = text_at(data, "/reason");
  if (step.verdict != "wait") view.gate_step.clear();
}

}  // namespace

StepView* RunView::step(std::string_view id) {
  const auto found = std::find_if(steps.begin(), steps.end(),
                                  [id](const StepView& item) { return item.id == id; });
  return found == steps.end() ? nullptr : &*found;
}

const StepView* RunView::step(std::string_view id) const {
  return const_cast<RunView*>(this)->step(id);
}

void update(RunView& view, const Event& event) {
  if (event.type == "run.open") {
    open_run(view, event);
  } else if (event.type == "step.state") {
    change_step(view, event);
  } else if (event.type == "step.progress") {
    StepView& step = step_of(view, event.data);
    step.waiting_for = text_at(event.data, "/waiting_for");
    step.elapsed = Milliseconds(number_at(event.data, "/elapsed_ms"));
  } else if (event.type == "gate.sample") {
    take_sample(view, event.data);
  } else if (event.type == "gate.verdict") {
    take_verdict(view, event.data);
  } else if (event.type == "run.phase") {
    view.phase = text_at(event.data, "/phase");
    view.reason = text_at(event.data, "/reason");
    view.gate_step.clear();
  } else if (event.type == "result") {
    view.result = event.data;
  }
}

std::optional<Event> parse_event(std::string_view line) {
  auto parsed = parse_json(line, "event");
  if (!parsed || !parsed->is_object()) return std::nullopt;
  Event event;
  event.data = std::move(*parsed);
  event.type = text_at(event.data, "/type");
  event.run = text_at(event.data, "/run");
  event.seq = static_cast<std::uint64_t>(number_at(event.data, "/seq"));
  event.time = parse_utc(text_at(event.data, "/ts")).value_or(WallTime{});
  if (event.type.empty()) return std::nullopt;
  for (const char* name : {"type", "ts", "seq"}) event.data.erase(name);
  return event;
}

}  // namespace ostler
