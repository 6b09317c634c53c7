#pragma once

#include "ostler/base/clock.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ostler {

enum class Colour { plain, red, green, yellow, blue, cyan, dim, bold };
enum class Glyph { ok, failed, warning, working, waiting, held, back, skipped };
enum class Colouring { off, on };
enum class Charset { ascii, utf8 };
enum class Zone { local, utc };

/// How text is drawn on one stream. Meaning never rests on colour alone: a glyph and a word stand
/// beside it.
struct Style {
  Colouring colouring = Colouring::off;
  Charset charset = Charset::ascii;
  Zone zone = Zone::local;
  int width = 0;  ///< columns; 0: not a terminal, nothing is cut

  std::string paint(Colour colour, std::string_view text) const;
  /// The coloured sign: a character of one column, or a short word in ASCII.
  std::string glyph(Glyph which) const;
  /// The sign without colour.
  std::string_view sign(Glyph which) const;
  /// "→" or "->".
  std::string_view arrow() const;
  /// "…" or "~", for what was cut.
  std::string_view ellipsis() const;
  /// "–" or "-", for "nothing here".
  std::string_view dash() const;
  /// " · " or " - ".
  std::string_view dot() const;
  /// A horizontal line over `columns`.
  std::string rule(int columns) const;
};

/// Reads an environment variable; nothing when it is not set.
using Variables = std::function<std::optional<std::string>(const std::string& name)>;

enum class ColourChoice { automatic, always, never };
enum class Device { terminal, other };

/// Whether a stream is coloured: --color (which includes OSTLER_COLOR), NO_COLOR, FORCE_COLOR and
/// CLICOLOR_FORCE, CLICOLOR=0, CI systems whose logs show colours, then the device and TERM. Judged
/// for each stream on its own.
Colouring decide_colouring(ColourChoice choice, const Variables& variables, Device device);

/// UTF-8 unless OSTLER_ASCII is set or the locale variables name another character set.
Charset decide_charset(const Variables& variables);

/// Whether a region may be redrawn: a terminal that can move its cursor, not in CI, not
/// OSTLER_ACCESSIBLE.
bool may_redraw(const Variables& variables, Device device);

/// Columns that `text` takes on a terminal; colour sequences take none, wide characters two,
/// combining ones none.
int display_width(std::string_view text);
/// `text` cut to `columns` with an ellipsis; colours are closed. Nothing is cut when `columns` is
/// 0.
std::string clip(std::string_view text, int columns, Charset charset);
std::string pad_right(std::string text, int columns);
std::string pad_left(std::string text, int columns);
/// `text` broken at spaces into lines of at most `columns` (0: one line); `indent` starts every
/// line but the first.
std::string wrap(std::string_view text, int columns, std::string_view indent);

/// "2026-11-24 10:12:44" in the style's zone; for people.
std::string format_time(WallTime time, Zone zone);
/// "today 11:02", "18 Nov 14:20", "18 Nov 2025", seen from `now`.
std::string format_day(WallTime time, WallTime now, Zone zone);
/// The zone's name for a headline: "UTC", "CET".
std::string zone_name(Zone zone);

}  // namespace ostler
