// The lines of a run that stay on a terminal.
#include "ostler/base/text.hpp"
#include "ostler/view/run_lines.hpp"
#include "ostler/view/values.hpp"

namespace ostler {
namespace {

std::string elapsed_text(const Json& data) {
  const auto elapsed = number_at(data, "/elapsed_ms");
  return elapsed > 0 ? format_duration(Milliseconds(elapsed)) : std::string();
}

int id_width(const RunView& view) {
  std::size_t width = 2;
  for (const StepView& step : view.steps) width = std::max(width, step.id.size());
  return static_cast<int>(width);
}

int title_width(const RunView& view) {
  int width = 12;
  for (const StepView& step : view.steps) width = std::max(width, display_width(step.title));
  return std::min(width, 44);
}

// On a terminal a digest is cut to what people compare; logs and machines get all of it.
std::string for_width(const std::string& text, const Style& style) {
  return style.width == 0 ? text : short_digests(text, style);
}

// Lines of their own under a step, broken at spaces.
std::string indented(const std::string& text, int columns, const Style& style) {
  const std::string margin(static_cast<std::size_t>(columns), ' ');
  const std::string broken = wrap(text, style.width > 0 ? style.width - columns : 0, "");
  return margin + replace_all(broken, "\n", '\n' + margin) + '\n';
}

// "  ✔ S4  canary 5 %          3m 00s  detail"
std::string step_line(const StepView& step, const RunView& view, Glyph glyph,
                      const std::string& time, const std::string& detail, const Style& style) {
  std::string line =
      fmt::format("  {} {}  {}  {}", style.glyph(glyph), pad_right(step.id, id_width(view)),
                  pad_right(step.title, title_width(view)), pad_left(time, 7));
  const std::string shown = for_width(detail, style);
  const bool fits =
      style.width == 0 || display_width(line) + 2 + display_width(shown) <= style.width;
  if (!shown.empty() && fits) line += "  " + shown;
  while (line.back() == ' ') line.pop_back();
  line += '\n';
  if (!fits) line += indented(shown, id_width(view) + 6, style);
  return line;
}

std::string state_line(const Event& event, const RunView& view, const Style& style) {
  const StepView* step = view.step(text_at(event.data, "/step"));
  if (step == nullptr) return {};
  const std::string time = elapsed_text(event.data);
  if (step->state == "applied") return step_line(*step, view, Glyph::ok, time, step->found, style);
  if (step->state == "already")
    return step_line(*step, view, Glyph::ok, time,
                     step->found.empty() ? "already so" : "already so: " + step->found, style);
  if (step->state == "failed")
    return step_line(*step, view, Glyph::failed, time, style.paint(Colour::red, step->found),
                     style);
  if (step->state == "reverted")
    return step_line(*step, view, Glyph::back, time,
                     "undone" + (step->undo.empty() ? "" : ": " + step->undo), style);
  if (step->state == "skipped")
    return step_line(*step, view, Glyph::skipped, time, "skipped " + step->found, style);
  if (step->state == "in_doubt")
    return step_line(*step, view, Glyph::warning, time, "outcome not known, looking " + step->found,
                     style);
  return {};
}

// "5xx 0.18 % (stable 0.19 %, limit 2 %)" for every indicator of the gate.
std::string readings(const RunView& view) {
  std::vector<std::string> parts;
  for (const IndicatorView& indicator : view.indicators) {
    std::string part =
        fmt::format("{} {}", indicator.name, format_value(indicator.canary, indicator.unit));
    if (indicator.stable)
      part += fmt::format(" (stable {})", format_value(indicator.stable, indicator.unit));
    parts.push_back(std::move(part));
  }
  return join(parts, "  ");
}

std::string verdict_line(const Event& event, const RunView& view, const Style& style) {
  const StepView* step = view.step(text_at(event.data, "/step"));
  const std::string verdict = text_at(event.data, "/verdict");
  if (step == nullptr || verdict == "wait") return {};
  StepView gate = *step;
  gate.title =
      "  gate " +
      (verdict == "pass"
           ? std::string("passed")
           : style.paint(Colour::red, verdict == "breach" ? "BREACHED" : "WITHOUT EVIDENCE"));
  const std::string time = view.gate_elapsed.count() > 0 ? format_duration(view.gate_elapsed) : "";
  if (verdict == "pass") return step_line(gate, view, Glyph::ok, time, readings(view), style);
  return step_line(gate, view, Glyph::failed, time, text_at(event.data, "/reason"), style);
}

std::string phase_line(const Event& event, const Style& style) {
  const std::string phase = text_at(event.data, "/phase"), reason = text_at(event.data, "/reason");
  const std::string because = reason.empty() ? "" : ": " + reason;
  if (phase == "rolling_back")
    return fmt::format("{} rolling back{}\n", style.glyph(Glyph::back), because);
  if (phase == "held") return fmt::format("{} held{}\n", style.glyph(Glyph::held), because);
  if (phase == "parked")
    return fmt::format("{} {}{}\n", style.glyph(Glyph::failed),
                       style.paint(Colour::red, "stuck, a person is needed"), because);
  return {};
}

}  // namespace

std::string durable_lines(const Event& event, const RunView& view, const Style& style,
                          Detail detail) {
  if (event.type == "result") return closing_text(event.data, view, style);
  if (event.type == "step.state" && text_at(event.data, "/state") == "failed")
    return state_line(event, view, style);
  if (event.type == "gate.verdict" && text_at(event.data, "/verdict") != "pass")
    return verdict_line(event, view, style);
  if (event.type == "run.phase") return phase_line(event, style);
  if (detail == Detail::quiet) return {};
  if (event.type == "step.state") return state_line(event, view, style);
  if (event.type == "gate.verdict") return verdict_line(event, view, style);
  if (event.type == "step.note") {
    const std::string note = for_width(text_at(event.data, "/text"), style);
    std::string line = indented(style.paint(Colour::dim, note), 6, style);
    const Json& evidence = value_at(event.data, "/evidence");
    if (detail == Detail::verbose && !evidence.is_null())
      line += fmt::format("      {}\n", style.paint(Colour::dim, to_bytes(evidence)));
    return line;
  }
  return {};
}

std::string closing_text(const Json& result, const RunView& view, const Style& style) {
  static const std::map<std::string, std::pair<std::string, Colour>> headlines{
      {"released", {"RELEASED", Colour::green}},
      {"done", {"DONE", Colour::green}},
      {"rolled_back", {"ROLLED BACK", Colour::yellow}},
      {"stuck", {"STUCK", Colour::red}},
      {"held", {"HELD", Colour::yellow}},
      {"interrupted", {"STOPPED", Colour::yellow}}};
  const auto headline = headlines.find(text_at(result, "/outcome"));
  const std::string summary = text_at(result, "/summary");
  std::string text;
  if (headline != headlines.end() && !summary.empty())
    text = fmt::format("\n{}  {}\n", style.paint(headline->second.second, headline->second.first),
                       summary);
  else if (!summary.empty())
    text = summary + '\n';
  const std::string reason = text_at(result, "/reason");
  if (!reason.empty() && !text.empty()) text += fmt::format("Why: {}\n", reason);
  const Json& leftovers = value_at(result, "/leftovers");
  if (leftovers.is_array() && !leftovers.empty()) {
    text += "Left behind on purpose:\n";
    for (const Json& item : leftovers)
      if (item.is_string()) text += fmt::format("  {}\n", item.get<std::string>());
  }
  const Json& next = value_at(result, "/next");
  if (next.is_array())
    for (const Json& command : next)
      if (command.is_string()) text += fmt::format("Next: {}\n", command.get<std::string>());
  if (!view.run.empty() && !text.empty())
    text += style.paint(Colour::dim,
                        fmt::format("{}  exit {}", view.run, number_at(result, "/exit_code"))) +
            '\n';
  return text;
}

}  // namespace ostler
