// Flags of ostler-sim, read by hand: the library for flags belongs to the product's own parser.
#include "sim/options.hpp"

#include <charconv>

namespace ostler::sim {
namespace {

bool read_number(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_range(std::string_view text, Options& options) {
  const std::size_t dots = text.find("..");
  if (dots == text.npos) {
    if (!read_number(text, options.from)) return false;
    options.to = options.from;
    return true;
  }
  return read_number(text.substr(0, dots), options.from) &&
         read_number(text.substr(dots + 2), options.to) && options.from <= options.to;
}

/// Reads one flag with its value; false when the value makes no sense.
bool read_flag(const std::string& flag, const std::string& value, Options& options) {
  if (flag == "--seeds") return read_range(value, options);
  if (flag == "--replay") {
    options.replay = true;
    return read_range(value, options) && options.from == options.to;
  }
  if (flag == "--plant") return !(options.plant = value).empty();
  if (flag == "--world") return !(options.world = value).empty();
  std::uint64_t jobs = 0;
  if (!read_number(value, jobs) || jobs == 0 || jobs > 1024) return false;
  options.jobs = static_cast<unsigned>(jobs);
  return true;
}

}  // namespace

Options parse_options(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const std::string& flag = arguments[at];
    if (flag == "--shrink") {
      options.shrink = true;
    } else if (flag == "--plants") {
      options.list_plants = true;
    } else if (flag == "--help") {
      options.help = true;
    } else if (flag == "--seeds" || flag == "--plant" || flag == "--world" || flag == "--jobs" ||
               flag == "--replay") {
      const std::string value = at + 1 < arguments.size() ? arguments[++at] : "";
      if (!read_flag(flag, value, options))
        options.trouble = "'" + value + "' is no value for " + flag;
    } else {
      options.trouble = "unknown argument '" + flag + "'";
    }
  }
  return options;
}

}  // namespace ostler::sim
