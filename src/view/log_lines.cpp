// The lines of a run in a log without a terminal: one per change, each with time and step.
#include "ostler/base/text.hpp"
#include "ostler/view/run_lines.hpp"
#include "ostler/view/values.hpp"

namespace ostler {
namespace {

// Foreign text may hold what CI systems read as commands at the start of a line; ours starts every
// line with the time.
std::string stamp(WallTime time) {
  std::string text = format_utc(time);
  const std::size_t dot = text.find('.');
  return dot == std::string::npos ? text : text.substr(0, dot) + "Z";
}

std::string after_colon(std::string_view text) {
  return text.empty() ? std::string() : fmt::format(": {}", text);
}

std::string state_text(const Event& event, const StepView& step) {
  const auto elapsed = Milliseconds(number_at(event.data, "/elapsed_ms"));
  const std::string took = elapsed.count() > 0 ? " " + format_duration(elapsed) : "";
  const std::string usually =
      step.usually.count() > 0 ? fmt::format(" (usually {})", format_duration(step.usually)) : "";
  if (step.state == "running") return step.title + ": start" + usually;
  if (step.state == "applied") return step.title + ": ok" + took + after_colon(step.found);
  if (step.state == "already") return step.title + ": already so" + after_colon(step.found);
  if (step.state == "failed") return step.title + ": FAIL" + took + after_colon(step.found);
  if (step.state == "reverting") return "undo: " + (step.undo.empty() ? step.title : step.undo);
  if (step.state == "reverted") return "undo: ok" + took;
  if (step.state == "skipped") return step.title + ": skipped" + after_colon(step.found);
  if (step.state == "in_doubt")
    return step.title + ": outcome not known, looking" + after_colon(step.found);
  return {};
}

std::string sample_text(const RunView& view, const StepView& step) {
  std::string text = fmt::format("{}: gate {}/{}", step.title, format_duration(view.gate_elapsed),
                                 format_duration(view.gate_hold));
  for (const IndicatorView& indicator : view.indicators) {
    text += fmt::format(" {}={}", indicator.name, format_value(indicator.canary, indicator.unit));
    std::vector<std::string> beside;
    if (indicator.stable)
      beside.push_back("stable " + format_value(indicator.stable, indicator.unit));
    if (indicator.baseline)
      beside.push_back("base " + format_value(indicator.baseline, indicator.unit));
    if (indicator.limit) beside.push_back("limit " + format_value(indicator.limit, indicator.unit));
    beside.push_back(fmt::format("n {:.0f}", indicator.samples));
    if (!indicator.trouble.empty()) beside.push_back(indicator.trouble);
    text += " (" + join(beside, ", ") + ")";
  }
  return text;
}

std::string verdict_text(const Event& event, const StepView& step) {
  const std::string verdict = text_at(event.data, "/verdict"),
                    reason = text_at(event.data, "/reason");
  if (verdict == "pass") return step.title + ": gate passed" + after_colon(reason);
  if (verdict == "breach") return step.title + ": GATE BREACH" + after_colon(reason);
  if (verdict == "exhausted") return step.title + ": GATE WITHOUT EVIDENCE" + after_colon(reason);
  return {};
}

std::string step_text(const Event& event, const RunView& view) {
  const StepView* step = view.step(text_at(event.data, "/step"));
  if (step == nullptr) return {};
  std::string text;
  if (event.type == "step.state") text = state_text(event, *step);
  if (event.type == "gate.sample") text = sample_text(view, *step);
  if (event.type == "gate.verdict") text = verdict_text(event, *step);
  if (event.type == "step.note") text = text_at(event.data, "/text");
  if (event.type == "step.progress")
    text =
        fmt::format("{}: {} [{}]", step->title, step->waiting_for, format_duration(step->elapsed));
  return text.empty() ? text : fmt::format("[{}] {}", step->id, text);
}

std::string check_text(const Json& data) {
  const std::string outcome = text_at(data, "/outcome");
  if (outcome == "pass") return {};
  std::string text =
      fmt::format("{} {} {} {}", outcome == "fail" ? "FAIL" : "UNKNOWN", text_at(data, "/id"),
                  text_at(data, "/code"), text_at(data, "/subject"));
  text += after_colon(text_at(data, "/found"));
  const std::string limit = text_at(data, "/limit");
  if (!limit.empty()) text += ", wanted " + limit;
  const std::string file = text_at(data, "/place/file");
  if (!file.empty()) text += fmt::format(" ({}:{})", file, number_at(data, "/place/line"));
  return text;
}

std::string result_text(const Json& data, const RunView& view) {
  std::string outcome = text_at(data, "/outcome");
  std::transform(outcome.begin(), outcome.end(), outcome.begin(), [](unsigned char c) {
    return static_cast<char>(c == '_' ? ' ' : std::toupper(c));
  });
  const std::string summary = text_at(data, "/summary");
  if (summary.empty()) return {};
  std::string text =
      view.run.empty() ? summary : fmt::format("run {} {}: {}", view.run, outcome, summary);
  const std::string reason = text_at(data, "/reason");
  if (!reason.empty()) text += " cause: " + reason;
  return text + fmt::format(" exit {}", number_at(data, "/exit_code"));
}

}  // namespace

std::string log_line(const Event& event, const RunView& view) {
  std::string text;
  if (event.type == "run.open") {
    text = fmt::format("run {} {}: {} -> {}, {}", view.run, view.environment, view.version_before,
                       view.version_after, counted(view.steps.size(), "step"));
  } else if (event.type == "run.phase") {
    const std::string phase = text_at(event.data, "/phase");
    if (phase != "forward")
      text = "run " + view.run + " " + replace_all(phase, "_", " ") +
             after_colon(text_at(event.data, "/reason"));
  } else if (event.type == "check.result") {
    text = check_text(event.data);
  } else if (event.type == "result") {
    text = result_text(event.data, view);
    const Json& next = value_at(event.data, "/next");
    if (!text.empty() && next.is_array())
      for (const Json& command : next)
        if (command.is_string())
          text += "\n" + stamp(event.time) + " next: " + command.get<std::string>();
  } else {
    text = step_text(event, view);
  }
  return text.empty() ? text : stamp(event.time) + " " + text + "\n";
}

}  // namespace ostler
