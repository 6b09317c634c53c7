// The region at the bottom of a terminal that shows a run as it goes on.
#include "ostler/base/text.hpp"
#include "ostler/view/run_lines.hpp"
#include "ostler/view/values.hpp"

namespace ostler {
namespace {

constexpr std::size_t most_steps = 3, most_indicators = 3, spark_columns = 16;

std::string step_line(const StepView& step, WallTime now, const Style& style) {
  const bool back = step.state == "reverting";
  const auto elapsed = step.started ? std::max(now - *step.started, Milliseconds(0)) : step.elapsed;
  const auto usually = back ? step.undo_usually : step.usually;
  std::string line =
      fmt::format(" {} {}  {}  [{}{}]", style.glyph(back ? Glyph::back : Glyph::working), step.id,
                  back && !step.undo.empty() ? step.undo : step.title,
                  format_duration(std::chrono::floor<std::chrono::seconds>(elapsed)),
                  usually.count() > 0 ? ", usually " + format_duration(usually) : "");
  if (!step.waiting_for.empty()) line += "  " + step.waiting_for;
  return line;
}

std::string indicator_line(const IndicatorView& indicator, int name_width, const Style& style) {
  const bool over = indicator.canary && indicator.limit && *indicator.canary > *indicator.limit;
  const std::string bars =
      sparkline(indicator.history, indicator.limit, spark_columns, style.charset);
  std::string line = fmt::format("   {}  new {} {}", pad_right(indicator.name, name_width), bars,
                                 style.paint(over ? Colour::red : Colour::plain,
                                             format_value(indicator.canary, indicator.unit)));
  if (indicator.stable) line += "  stable " + format_value(indicator.stable, indicator.unit);
  if (indicator.baseline) line += "  before " + format_value(indicator.baseline, indicator.unit);
  if (indicator.limit) line += "  limit " + format_value(indicator.limit, indicator.unit);
  line += fmt::format("  n={:.0f}", indicator.samples);
  if (!indicator.trouble.empty()) line += "  " + style.paint(Colour::yellow, indicator.trouble);
  return line;
}

std::string footer(const RunView& view, const std::string& running, Interrupt interrupt) {
  const std::string resume = "ostler resume " + view.run;
  if (interrupt == Interrupt::requested)
    return running.empty()
               ? " Stopping at this point. Ctrl-C again: leave at once, go on with  " + resume
               : fmt::format(
                     " Stopping: {} settles, then the run is held. Ctrl-C again: leave at once",
                     running);
  if (!view.changed) return " Ctrl-C now: stop; nothing has been changed";
  return fmt::format(
      " Ctrl-C now: {}. Twice: leave at once, go on with  {}",
      running.empty() ? "hold here" : fmt::format("let {} settle, then hold", running), resume);
}

}  // namespace

std::vector<std::string> live_lines(const RunView& view, WallTime now, Interrupt interrupt,
                                    const Style& style) {
  std::vector<std::string> lines;
  if (view.run.empty() || !view.result.is_null()) return lines;
  std::vector<const StepView*> running;
  std::size_t settled = 0;
  for (const StepView& step : view.steps) {
    if (step.state == "running" || step.state == "reverting" || step.state == "in_doubt")
      running.push_back(&step);
    if (step.state != "waiting") ++settled;
  }
  const std::size_t done = settled - running.size();
  for (std::size_t at = 0; at < std::min(running.size(), most_steps); ++at)
    lines.push_back(step_line(*running[at], now, style));
  if (running.size() > most_steps)
    lines.push_back(fmt::format("   and {} more", running.size() - most_steps));
  if (const StepView* gate = view.step(view.gate_step)) {
    lines.push_back(fmt::format(" {} {}  gate of {}: {} of {}", style.glyph(Glyph::waiting),
                                gate->id, gate->title, format_duration(view.gate_elapsed),
                                format_duration(view.gate_hold)));
    int name_width = 0;
    for (const auto& indicator : view.indicators)
      name_width = std::max(name_width, display_width(indicator.name));
    for (std::size_t at = 0; at < std::min(view.indicators.size(), most_indicators); ++at)
      lines.push_back(indicator_line(view.indicators[at], name_width, style));
  }
  if (lines.size() > 6) lines.resize(6);
  const std::string versions = view.version_after.empty()
                                   ? ""
                                   : fmt::format("{}{} {} {}", style.dot(), view.version_before,
                                                 style.arrow(), view.version_after);
  lines.insert(
      lines.begin(),
      style.paint(Colour::dim, fmt::format(" {}{}{}{} of {}", view.run, versions, style.dot(), done,
                                           counted(view.steps.size(), "step"))));
  std::vector<std::string> names;
  for (const StepView* step : running) names.push_back(step->id);
  lines.push_back(style.paint(Colour::dim, footer(view, join(names, ", "), interrupt)));
  for (std::string& line : lines) line = clip(line, style.width, style.charset);
  return lines;
}

}  // namespace ostler
