#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ostler {

/// Makes foreign text harmless for a terminal and a log: control characters, escapes, bidirectional
/// overrides and zero-width characters become visible `\x1b`-like escapes; invalid UTF-8 becomes
/// U+FFFD; `limit` bytes at most. Line feeds stay only with `Lines::keep`. Every string from
/// another system passes here once, where it enters.
enum class Lines { escape, keep };
std::string sanitize(std::string_view foreign, Lines lines = Lines::escape,
                     std::size_t limit = 4096);

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string trim(std::string_view text);
bool starts_with(std::string_view text, std::string_view prefix);
bool ends_with(std::string_view text, std::string_view suffix);
std::string replace_all(std::string text, std::string_view from, std::string_view to);

/// The candidate nearest to `word` by Damerau-Levenshtein distance, when it is near enough to be a
/// typing mistake (at most 2, and less than half the word).
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

/// "300ms", "5s", "5m", "2h", "26h", "7d"; one number and one unit, nothing else. Nothing when it
/// is not one.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// For people: 180ms, 2.1s, 41s, 3m 05s, 2h 10m, 3d 4h.
std::string format_duration(std::chrono::milliseconds duration);

/// "2%" or "0.5%" as 0.02 and 0.005; nothing when it is not a percentage.
std::optional<double> parse_percent(std::string_view text);

/// For people: 0.0213 as "2.13 %".
std::string format_percent(double ratio);
/// For people: 812 B, 4.1 KiB, 1.2 GiB.
std::string format_bytes(std::uint64_t bytes);

/// "1 step", "3 steps".
std::string counted(std::size_t count, std::string_view noun);

/// `text` inside single quotes for a POSIX shell.
std::string shell_quoted(std::string_view text);
/// Percent-encoding of everything but RFC 3986's unreserved characters, and of '/' unless
/// `Slash::keep`.
enum class Slash { encode, keep };
std::string url_encoded(std::string_view text, Slash slash = Slash::encode);

}  // namespace ostler
