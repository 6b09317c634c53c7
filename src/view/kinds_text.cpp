// The kinds of steps, checks and indicators, for people and machines.
#include "ostler/view/kinds_text.hpp"

#include "ostler/base/text.hpp"
#include "ostler/view/table.hpp"

namespace ostler {
namespace {

std::string indented(std::string_view text) {
  std::string lines;
  for (const std::string& line : split(text, '\n'))
    if (!line.empty()) lines += "    " + line + '\n';
  return lines;
}

std::string title(const char* name, const char* summary, const Style& style) {
  return fmt::format("{}  {}\n", style.paint(Colour::bold, name), summary);
}

// An example as it is written in a program is one long line; people want to read it.
std::string readable(const char* example) {
  const auto parsed = parse_json(example, "example");
  return parsed ? parsed->dump(2) : std::string(example);
}

}  // namespace

std::string kinds_text(const std::vector<const StepKind*>& steps,
                       const std::vector<const CheckKind*>& checks,
                       const std::vector<const IndicatorKind*>& indicators, const Style& style) {
  Table table{{{"STEPS", Align::left, 0}, {"PHASE", Align::left, 2}, {"", Align::left, 0}}, {}, ""};
  for (const StepKind* kind : steps) table.rows.push_back({kind->name, kind->phase, kind->summary});
  std::string text = table.render(style);
  table = {{{"CHECKS", Align::left, 0}, {"CODE", Align::left, 2}, {"", Align::left, 0}}, {}, ""};
  for (const CheckKind* kind : checks)
    table.rows.push_back({kind->name, kind->code, kind->summary});
  if (!checks.empty()) text += '\n' + table.render(style);
  table = {{{"INDICATORS", Align::left, 0}, {"", Align::left, 0}}, {}, ""};
  for (const IndicatorKind* kind : indicators) table.rows.push_back({kind->name, kind->summary});
  if (!indicators.empty()) text += '\n' + table.render(style);
  return text;
}

std::string kind_text(const StepKind& kind, const Style& style) {
  return title(kind.name, kind.summary, style) +
         fmt::format(
             "  phase     {}\n  undo      {}{}\n  recovery  {}\n  budget    {}\n  parameters, for "
             "example\n{}",
             kind.phase, kind.undo, kind.traffic ? " (before everything else)" : "",
             to_string(kind.recovery), format_duration(kind.budget),
             indented(readable(kind.example)));
}

std::string kind_text(const CheckKind& kind, const Style& style) {
  return title(kind.name, kind.summary, style) +
         fmt::format("  code      {}\n  system    {}\n  try       {}\n", kind.code, kind.system,
                     kind.remedy);
}

std::string kind_text(const IndicatorKind& kind, const Style& style) {
  return title(kind.name, kind.summary, style) +
         fmt::format("  below indicators: in environment.yaml, for example\n{}",
                     indented(kind.example));
}

Json to_json(const StepKind& kind) {
  return {{"sort", "step"},          {"name", kind.name},
          {"phase", kind.phase},     {"summary", kind.summary},
          {"undo", kind.undo},       {"recovery", to_string(kind.recovery)},
          {"traffic", kind.traffic}, {"budget_ms", kind.budget.count()},
          {"example", kind.example}};
}

Json to_json(const CheckKind& kind) {
  return {{"sort", "check"},       {"name", kind.name},       {"code", kind.code},
          {"system", kind.system}, {"summary", kind.summary}, {"remedy", kind.remedy}};
}

Json to_json(const IndicatorKind& kind) {
  return {{"sort", "indicator"},
          {"name", kind.name},
          {"summary", kind.summary},
          {"example", kind.example}};
}

}  // namespace ostler
