// Signs, colours and the decisions whether a stream gets them.
#include "ostler/view/style.hpp"

#include "ostler/base/text.hpp"

#include <array>

namespace ostler {
namespace {

struct Sign {
  std::string_view ascii, utf8;
  Colour colour;
};

constexpr std::array<Sign, 8> signs{{
    {"ok", "✔", Colour::green},
    {"FAIL", "✖", Colour::red},
    {"warn", "⚠", Colour::yellow},
    {"..", "◌", Colour::cyan},
    {"wait", "◷", Colour::dim},
    {"hold", "⏸", Colour::yellow},
    {"back", "↩", Colour::yellow},
    {"skip", "–", Colour::dim},
}};

std::string_view sequence(Colour colour) {
  switch (colour) {
    case Colour::red:
      return "\x1b[31m";
    case Colour::green:
      return "\x1b[32m";
    case Colour::yellow:
      return "\x1b[33m";
    case Colour::blue:
      return "\x1b[34m";
    case Colour::cyan:
      return "\x1b[36m";
    case Colour::dim:
      return "\x1b[2m";
    case Colour::bold:
      return "\x1b[1m";
    case Colour::plain:
      break;
  }
  return "";
}

bool set_and_not_zero(const Variables& variables, const char* name) {
  const auto value = variables(name);
  return value && !value->empty() && *value != "0";
}

bool not_empty(const Variables& variables, const char* name) {
  const auto value = variables(name);
  return value && !value->empty();
}

}  // namespace

std::string Style::paint(Colour colour, std::string_view text) const {
  if (colouring == Colouring::off || colour == Colour::plain || text.empty())
    return std::string(text);
  return fmt::format("{}{}\x1b[0m", sequence(colour), text);
}

std::string_view Style::sign(Glyph which) const {
  const Sign& sign = signs[static_cast<std::size_t>(which)];
  return charset == Charset::utf8 ? sign.utf8 : sign.ascii;
}

std::string Style::glyph(Glyph which) const {
  return paint(signs[static_cast<std::size_t>(which)].colour, sign(which));
}

std::string_view Style::arrow() const {
  return charset == Charset::utf8 ? "→" : "->";
}
std::string_view Style::ellipsis() const {
  return charset == Charset::utf8 ? "…" : "~";
}
std::string_view Style::dash() const {
  return charset == Charset::utf8 ? "–" : "-";
}
std::string_view Style::dot() const {
  return charset == Charset::utf8 ? " · " : " - ";
}

std::string Style::rule(int columns) const {
  std::string line;
  for (int column = 0; column < columns; ++column) line += charset == Charset::utf8 ? "─" : "-";
  return line;
}

Colouring decide_colouring(ColourChoice choice, const Variables& variables, Device device) {
  if (choice == ColourChoice::always) return Colouring::on;
  if (choice == ColourChoice::never) return Colouring::off;
  if (not_empty(variables, "NO_COLOR")) return Colouring::off;
  if (set_and_not_zero(variables, "FORCE_COLOR") || set_and_not_zero(variables, "CLICOLOR_FORCE"))
    return Colouring::on;
  if (variables("CLICOLOR") == "0") return Colouring::off;
  for (const char* ci : {"GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE"})
    if (set_and_not_zero(variables, ci)) return Colouring::on;
  if (device != Device::terminal || variables("TERM") == "dumb") return Colouring::off;
  return Colouring::on;
}

Charset decide_charset(const Variables& variables) {
  if (set_and_not_zero(variables, "OSTLER_ASCII")) return Charset::ascii;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    auto value = variables(name);
    if (!value || value->empty()) continue;
    std::transform(value->begin(), value->end(), value->begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return value->find("utf-8") != std::string::npos || value->find("utf8") != std::string::npos
               ? Charset::utf8
               : Charset::ascii;
  }
  return Charset::ascii;
}

bool may_redraw(const Variables& variables, Device device) {
  if (device != Device::terminal || variables("TERM") == "dumb") return false;
  if (set_and_not_zero(variables, "OSTLER_ACCESSIBLE")) return false;
  const auto ci = variables("CI");
  return !ci || ci->empty() || *ci == "0" || *ci == "false";
}

}  // namespace ostler
