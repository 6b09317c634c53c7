// Help texts, made from the tables of commands, flags and exit codes: examples first, one screen
// each.
#include "flags.hpp"

#include "ostler/base/text.hpp"
#include "ostler/cli/exit_code.hpp"
#include "ostler/view/table.hpp"

namespace ostler {
namespace {

std::string heading(const Style& style, std::string_view text) {
  return style.paint(Colour::bold, text) + "\n";
}

std::string flag_names(const Flag& flag) {
  std::string text = flag.short_name[0] != '\0'
                         ? fmt::format("{}, {}", flag.short_name, flag.long_name)
                         : fmt::format("    {}", flag.long_name);
  if (flag.takes_value()) text += fmt::format(" {}", flag.value);
  return text;
}

template <typename Wanted>
std::string flag_list(const Style& style, const Wanted& wanted) {
  Table table{{{"", Align::left, 0}, {"", Align::left, 0}}, {}, "  "};
  for (const Flag& flag : flags())
    if (wanted(flag)) table.rows.push_back({flag_names(flag), flag.text});
  return table.render(style);
}

std::string command_help(const CommandSpec& spec, const Style& style) {
  std::string text = heading(style, "Examples");
  Table examples{{{"", Align::left, 0}, {"", Align::left, 0}}, {}, "  "};
  for (const std::string& line : split(spec.examples, '\n')) {
    const std::size_t bar = line.find(" | ");
    if (bar != std::string::npos)
      examples.rows.push_back({line.substr(0, bar), line.substr(bar + 3)});
  }
  text += examples.render(style);
  text += "\n" + heading(style, "Usage") +
          fmt::format("  ostler {} {}\n  {}\n", spec.name, spec.synopsis, spec.summary);
  const std::string own = flag_list(
      style, [&](const Flag& flag) { return flag.commands != 0 && flag.belongs_to(spec.command); });
  if (!own.empty()) text += "\n" + heading(style, "Flags") + own;
  return text + "\nFlags of every command: ostler help flags. Manual: man ostler\n";
}

std::string overview(const Style& style) {
  std::string text = "ostler: plan, check, run, watch and undo releases\n\n";
  text += heading(style, "Examples");
  text +=
      "  ostler plan prod           what would happen, with each step's undo\n"
      "  ostler apply prod          checks, plan, question, run\n"
      "  ostler rollback prod       undo the newest run\n";
  std::string group;
  for (const CommandSpec& spec : command_specs()) {
    if (spec.group[0] == '\0') continue;
    if (group != spec.group) {
      group = spec.group;
      text += "\n" + heading(style, group);
    }
    text += fmt::format("  {:<10} {}\n", spec.name, spec.summary);
  }
  text += "\nMore: ostler help COMMAND, ostler help flags, ostler help exit-codes, man ostler\n";
  return text;
}

std::string exit_code_help(const Style& style) {
  Table table{
      {{"CODE", Align::right, 0}, {"NAME", Align::left, 0}, {"MEANING", Align::left, 0}}, {}, ""};
  for (const ExitCodeMeaning& entry : exit_codes())
    table.rows.push_back({std::to_string(static_cast<int>(entry.code)), entry.name, entry.meaning});
  Style uncut = style;
  uncut.width = 0;
  return table.render(uncut) +
         "10 to 19: nothing was changed, safe to run again. 20 to 29: something was changed.\n"
         "An unknown code is a failure.\n";
}

}  // namespace

std::optional<std::string> help_text(std::string_view topic, const Style& style) {
  if (topic.empty()) return overview(style);
  if (topic == "flags")
    return heading(style, "Flags of every command") +
           flag_list(style, [](const Flag& flag) { return flag.commands == 0; });
  if (topic == "exit-codes") return exit_code_help(style);
  if (const CommandSpec* spec = find_command(topic)) return command_help(*spec, style);
  return std::nullopt;
}

}  // namespace ostler
