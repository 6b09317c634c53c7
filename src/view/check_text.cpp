// What the checks found, for people and machines.
#include "ostler/view/check_text.hpp"

#include "ostler/base/text.hpp"
#include "ostler/view/table.hpp"
#include "ostler/view/values.hpp"

namespace ostler {
namespace {

Glyph glyph_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::pass:
      return Glyph::ok;
    case Outcome::fail:
      return Glyph::failed;
    case Outcome::inconclusive:
      return Glyph::warning;
  }
  return Glyph::failed;
}

// Systems in the order of their first check.
std::vector<std::string> systems_of(const CheckReport& report) {
  std::vector<std::string> systems;
  for (const CheckAnswer& answer : report.answers)
    if (std::find(systems.begin(), systems.end(), answer.system) == systems.end())
      systems.push_back(answer.system);
  return systems;
}

// "nodes are ready" of "kubernetes.nodes" where a check passed; its finding's text in one line
// otherwise.
std::string cell(const CheckAnswer& answer) {
  const std::size_t dot = answer.id.find('.');
  return dot == std::string::npos ? answer.id : answer.id.substr(dot + 1);
}

std::string failure_line(const CheckAnswer& answer, const Finding& finding, const Style& style) {
  std::string text = finding.subject.empty() ? answer.summary : finding.subject + ": ";
  if (!finding.subject.empty()) text += finding.found;
  if (!finding.limit.empty()) text += fmt::format(" (wanted {})", finding.limit);
  return fmt::format("{}  {}", text, style.paint(Colour::dim, "[" + answer.code + "]"));
}

std::string system_rows(const CheckReport& report, const Style& style) {
  Table table{{{"", Align::left, 0}, {"", Align::left, 0}, {"", Align::left, 0}}, {}, "  "};
  for (const std::string& system : systems_of(report)) {
    std::vector<std::string> passed;
    Outcome worst = Outcome::pass;
    std::vector<std::string> lines;
    for (const CheckAnswer& answer : report.answers) {
      if (answer.system != system) continue;
      if (answer.outcome() == Outcome::pass) passed.push_back(cell(answer));
      for (const Finding& finding : answer.findings) {
        if (finding.outcome == Outcome::pass) continue;
        if (worst != Outcome::fail) worst = finding.outcome;
        lines.push_back(failure_line(answer, finding, style));
      }
    }
    constexpr std::size_t most_lines = 4;
    if (lines.size() > most_lines) {
      const std::size_t more = lines.size() - most_lines;
      lines.resize(most_lines);
      lines.push_back(fmt::format("and {} more", more));
    }
    if (lines.empty()) lines.push_back(join(passed, std::string(style.dot())));
    for (std::size_t at = 0; at < lines.size(); ++at)
      table.rows.push_back(
          {at == 0 ? style.glyph(glyph_of(worst)) : "", at == 0 ? system : "", lines[at]});
  }
  return table.render(style);
}

std::string summary_line(const CheckReport& report, const Style& style) {
  const std::size_t failed = report.count(Outcome::fail),
                    unknown = report.count(Outcome::inconclusive);
  const std::size_t all = report.answers.size();
  if (failed == 0 && unknown == 0)
    return fmt::format("{} passed in {}.\n",
                       all == 1 ? "The check" : fmt::format("All {} checks", all),
                       format_duration(report.elapsed));
  std::string text;
  if (failed > 0)
    text = style.paint(Colour::red, fmt::format("{} of {} failed", failed, counted(all, "check")));
  if (unknown > 0)
    text += (text.empty() ? "" : ", ") +
            style.paint(Colour::yellow,
                        fmt::format("{} of {} could not be made", unknown, counted(all, "check")));
  return text + fmt::format(" in {}. Nothing was changed.\n", format_duration(report.elapsed));
}

std::string failure_block(const CheckAnswer& answer, const Finding& finding, const Style& style) {
  const bool failed = finding.outcome == Outcome::fail;
  const std::string word =
      style.paint(failed ? Colour::red : Colour::yellow,
                  fmt::format("{}[{}]", failed ? "error" : "no answer", answer.code));
  std::string text = fmt::format("{} {}: {}\n", word, answer.id,
                                 finding.subject.empty() ? answer.summary : finding.subject);
  const int columns = style.width;
  const std::string indent(10, ' ');
  if (!finding.place.file.empty())
    text += fmt::format("  asked   {}:{}:{}\n", finding.place.file, finding.place.line,
                        finding.place.column);
  text += wrap("  found   " + finding.found, columns, indent) + '\n';
  if (!finding.limit.empty()) text += wrap("  wanted  " + finding.limit, columns, indent) + '\n';
  const std::string cure = finding.cure.empty() ? answer.remedy : finding.cure;
  if (!cure.empty()) text += wrap("  try     " + cure, columns, indent) + '\n';
  return text;
}

}  // namespace

Outcome CheckAnswer::outcome() const {
  Outcome worst = Outcome::pass;
  for (const Finding& finding : findings) {
    if (finding.outcome == Outcome::fail) return Outcome::fail;
    if (finding.outcome == Outcome::inconclusive) worst = Outcome::inconclusive;
  }
  return worst;
}

std::vector<Finding> CheckReport::findings() const {
  std::vector<Finding> all;
  for (const CheckAnswer& answer : answers)
    all.insert(all.end(), answer.findings.begin(), answer.findings.end());
  return all;
}

std::size_t CheckReport::count(Outcome outcome) const {
  return static_cast<std::size_t>(
      std::count_if(answers.begin(), answers.end(),
                    [outcome](const CheckAnswer& answer) { return answer.outcome() == outcome; }));
}

std::string check_failures(const CheckReport& report, const Style& style) {
  std::string text;
  for (const Outcome wanted : {Outcome::fail, Outcome::inconclusive})
    for (const CheckAnswer& answer : report.answers)
      for (const Finding& finding : answer.findings)
        if (finding.outcome == wanted) text += '\n' + failure_block(answer, finding, style);
  return text;
}

std::string check_text(const CheckReport& report, const Style& style) {
  return fmt::format("Preflight {}{}{}\n", style.paint(Colour::bold, report.environment),
                     style.dot(), counted(report.answers.size(), "check")) +
         system_rows(report, style) + '\n' + summary_line(report, style) +
         check_failures(report, style);
}

std::string check_summary(const CheckReport& report, const Style& style) {
  std::string systems;
  int used = 0;
  for (const std::string& system : systems_of(report)) {
    const auto count =
        std::count_if(report.answers.begin(), report.answers.end(),
                      [&](const CheckAnswer& answer) { return answer.system == system; });
    const std::string item = fmt::format("  {} {} {}", style.glyph(Glyph::ok), system, count);
    if (used > 0 && style.width > 0 && used + display_width(item) > style.width) {
      systems += '\n';
      used = 0;
    }
    systems += item;
    used += display_width(item);
  }
  return fmt::format("Preflight  {}  {}\n{}\n", counted(report.answers.size(), "check"),
                     format_duration(report.elapsed), systems);
}

Json check_event(const CheckAnswer& answer, const Finding& finding) {
  Json data{{"id", answer.id},
            {"code", answer.code},
            {"system", answer.system},
            {"outcome", to_string(finding.outcome)},
            {"subject", finding.subject},
            {"found", finding.found},
            {"limit", finding.limit},
            {"cure", finding.cure.empty() ? answer.remedy : finding.cure},
            {"elapsed_ms", answer.elapsed.count()}};
  if (!finding.evidence.is_null()) data["evidence"] = finding.evidence;
  if (!finding.place.file.empty())
    data["place"] = {{"file", finding.place.file},
                     {"line", finding.place.line},
                     {"column", finding.place.column}};
  return data;
}

Json to_json(const CheckReport& report) {
  Json checks = Json::array();
  for (const CheckAnswer& answer : report.answers) {
    Json findings = Json::array();
    for (const Finding& finding : answer.findings) findings.push_back(check_event(answer, finding));
    checks.push_back({{"id", answer.id},
                      {"code", answer.code},
                      {"outcome", to_string(answer.outcome())},
                      {"findings", findings},
                      {"elapsed_ms", answer.elapsed.count()}});
  }
  return {{"environment", report.environment},
          {"checks", checks},
          {"passed", report.count(Outcome::pass)},
          {"failed", report.count(Outcome::fail)},
          {"inconclusive", report.count(Outcome::inconclusive)},
          {"elapsed_ms", report.elapsed.count()}};
}

}  // namespace ostler
