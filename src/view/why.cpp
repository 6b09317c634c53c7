// Why a run ended as it did: from the outcome down to what was measured, out of its own journal and
// events.
#include "ostler/base/text.hpp"
#include "ostler/view/runs_text.hpp"
#include "ostler/view/values.hpp"

namespace ostler {
namespace {

std::string named(const RunEvidence& run, const std::string& step) {
  const Node* node = run.plan.node(step);
  return node == nullptr ? step : fmt::format("{} {}", step, node->title);
}

const Event* last_event(const RunEvidence& run, std::string_view type, const std::string& step,
                        std::string_view member, const std::vector<std::string>& values) {
  for (auto event = run.events.rbegin(); event != run.events.rend(); ++event) {
    if (event->type != type || (!step.empty() && text_at(event->data, "/step") != step)) continue;
    const std::string value = text_at(event->data, std::string("/") + std::string(member));
    if (std::find(values.begin(), values.end(), value) != values.end()) return &*event;
  }
  return nullptr;
}

// The newest samples of one step's gate, one per indicator.
std::vector<Cause> samples_of(const RunEvidence& run, const std::string& step) {
  std::vector<Cause> causes;
  std::vector<std::string> seen;
  for (auto event = run.events.rbegin(); event != run.events.rend(); ++event) {
    if (event->type != "gate.sample" || text_at(event->data, "/step") != step) continue;
    const std::string name = text_at(event->data, "/indicator"),
                      unit = text_at(event->data, "/unit");
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) continue;
    seen.push_back(name);
    const auto number = [&](const char* member) -> std::optional<double> {
      const auto found = event->data.find(member);
      return found != event->data.end() && found->is_number() ? std::optional(found->get<double>())
                                                              : std::nullopt;
    };
    std::string text = fmt::format("{}: new {}", name, format_value(number("canary"), unit));
    for (const auto& [member, word] :
         {std::pair{"stable", "stable"}, {"baseline", "before the release"}, {"limit", "limit"}})
      if (const auto value = number(member))
        text += fmt::format(", {} {}", word, format_value(value, unit));
    text += fmt::format(", from {:.0f} samples", number("samples").value_or(0));
    if (const std::string trouble = text_at(event->data, "/trouble"); !trouble.empty())
      text += "; " + trouble;
    causes.push_back({"measured", step, text, event->data});
  }
  return causes;
}

std::vector<Cause> notes_of(const RunEvidence& run, const std::string& step) {
  constexpr std::size_t most = 5;
  std::vector<Cause> causes;
  for (auto event = run.events.rbegin(); event != run.events.rend() && causes.size() < most;
       ++event)
    if (event->type == "step.note" && text_at(event->data, "/step") == step)
      causes.push_back(
          {"evidence", step, text_at(event->data, "/text"), value_at(event->data, "/evidence")});
  std::reverse(causes.begin(), causes.end());
  return causes;
}

// What went wrong at one step: its failure or its gate, with the numbers and notes behind it.
// Empty: nothing did.
std::vector<Cause> causes_of_step(const RunEvidence& run, const std::string& step) {
  std::vector<Cause> causes;
  if (const Event* failed = last_event(run, "step.state", step, "state", {"failed"}))
    causes.push_back(
        {"because",
         step,
         fmt::format("{} failed: {}", named(run, step), text_at(failed->data, "/found")),
         {}});
  if (const Event* verdict =
          last_event(run, "gate.verdict", step, "verdict", {"breach", "exhausted"})) {
    const bool breach = text_at(verdict->data, "/verdict") == "breach";
    causes.push_back({"because",
                      step,
                      fmt::format("the gate of {} {}: {}", named(run, step),
                                  breach ? "was breached" : "had no evidence within its budget",
                                  text_at(verdict->data, "/reason")),
                      {}});
    for (Cause& cause : samples_of(run, step)) causes.push_back(std::move(cause));
  }
  for (const Record& record : run.records)
    if (record.kind == "DRIFT" && text_at(record.body, "/step") == step)
      causes.push_back({"evidence", step,
                        "something else wrote to it: " + text_at(record.body, "/resource"),
                        record.body});
  if (causes.empty()) return causes;
  for (Cause& cause : notes_of(run, step)) causes.push_back(std::move(cause));
  return causes;
}

// The newest step that went wrong while the run went forward.
std::string culprit(const RunEvidence& run) {
  for (auto event = run.events.rbegin(); event != run.events.rend(); ++event) {
    const bool failed = event->type == "step.state" && text_at(event->data, "/state") == "failed" &&
                        text_at(event->data, "/direction", "forward") == "forward";
    const std::string verdict =
        event->type == "gate.verdict" ? text_at(event->data, "/verdict") : "";
    if (failed || verdict == "breach" || verdict == "exhausted")
      return text_at(event->data, "/step");
  }
  return {};
}

// What a finished release rests on.
std::vector<Cause> passed_gates(const RunEvidence& run) {
  std::vector<Cause> causes;
  for (const Event& event : run.events) {
    if (event.type != "gate.verdict" || text_at(event.data, "/verdict") != "pass") continue;
    const std::string step = text_at(event.data, "/step");
    causes.push_back(
        {"evidence", step,
         fmt::format("the gate of {} passed: {}", named(run, step), text_at(event.data, "/reason")),
         event.data});
  }
  return causes;
}

std::vector<Cause> explain_step(const RunEvidence& run, const std::string& step) {
  std::vector<Cause> causes = causes_of_step(run, step);
  if (!causes.empty()) return causes;
  const Event* newest = nullptr;
  for (const Event& event : run.events)
    if (event.type == "step.state" && text_at(event.data, "/step") == step) newest = &event;
  if (newest == nullptr) {
    causes.push_back({"because", step, named(run, step) + " was never started", {}});
    return causes;
  }
  const std::string found = text_at(newest->data, "/found");
  causes.push_back({"because",
                    step,
                    fmt::format("{} is {}{}", named(run, step),
                                replace_all(text_at(newest->data, "/state"), "_", " "),
                                found.empty() ? "" : ": " + found),
                    {}});
  for (Cause& cause : samples_of(run, step)) causes.push_back(std::move(cause));
  for (Cause& cause : notes_of(run, step)) causes.push_back(std::move(cause));
  return causes;
}

}  // namespace

std::vector<Cause> explain(const RunEvidence& run, const std::string& step) {
  if (!step.empty()) return explain_step(run, step);
  std::vector<Cause> causes;
  for (auto record = run.records.rbegin(); record != run.records.rend(); ++record) {
    if (record->kind != "PHASE") continue;
    const std::string reason = text_at(record->body, "/reason");
    if (!reason.empty()) causes.push_back({"because", "", reason, {}});
    break;
  }
  const std::string guilty = run.state.phase == Phase::committed ? std::string() : culprit(run);
  if (!guilty.empty())
    for (Cause& cause : causes_of_step(run, guilty)) {
      const bool said = std::any_of(causes.begin(), causes.end(), [&](const Cause& known) {
        return known.level == cause.level && known.text == cause.text;
      });
      if (!said) causes.push_back(std::move(cause));
    }
  for (const auto& [id, step_record] : run.state.steps) {
    if (step_record.undone) causes.push_back({"undone", id, named(run, id), {}});
    if (run.state.phase == Phase::parked && step_record.intended && !step_record.undone &&
        run.state.direction == Direction::back)
      causes.push_back({"left", id, named(run, id) + " is not undone", {}});
    if (step_record.in_doubt && run.state.open())
      causes.push_back(
          {"left", id, named(run, id) + ": its outcome is not known yet, resume looks first", {}});
  }
  const bool released = run.state.phase == Phase::committed;
  if (causes.empty())
    causes.push_back(
        {"because",
         "",
         released ? "every step is done and verified" : "nothing has gone wrong so far",
         {}});
  if (released)
    for (Cause& cause : passed_gates(run)) causes.push_back(std::move(cause));
  return causes;
}

std::string why_text(const RunEvidence& run, const std::vector<Cause>& causes, const Style& style) {
  const RunSummary& summary = run.summary;
  std::string text =
      fmt::format("{} {}{}{} {} {} is {}\n", style.paint(Colour::bold, summary.run),
                  summary.environment, style.dot(), summary.version_before, style.arrow(),
                  summary.version_after, replace_all(summary.state, "_", " "));
  for (const Cause& cause : causes)
    text += wrap(fmt::format("  {}  {}", pad_right(cause.level, 8), cause.text), style.width,
                 std::string(12, ' ')) +
            '\n';
  return text +
         style.paint(Colour::dim,
                     fmt::format("Everything: ostler log {}   {}", summary.run, run.folder)) +
         '\n';
}

Json why_json(const RunEvidence& run, const std::vector<Cause>& causes) {
  Json list = Json::array();
  for (const Cause& cause : causes) {
    Json item{{"level", cause.level}, {"text", cause.text}};
    if (!cause.step.empty()) item["step"] = cause.step;
    if (!cause.evidence.is_null()) item["evidence"] = cause.evidence;
    list.push_back(std::move(item));
  }
  return {{"run", to_json(run.summary)}, {"causes", list}};
}

}  // namespace ostler
