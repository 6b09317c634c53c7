// Every flag, in one table.
#include "flags.hpp"

#include "ostler/base/text.hpp"

namespace ostler {
namespace {

using Problem = std::optional<std::string>;

constexpr unsigned bit(Command command) {
  return 1u << static_cast<unsigned>(command);
}
constexpr unsigned running =
    bit(Command::apply) | bit(Command::promote) | bit(Command::migrate) | bit(Command::shift);
constexpr unsigned changing = running | bit(Command::hold) | bit(Command::resume) |
                              bit(Command::abort) | bit(Command::rollback);

Problem set_duration(Milliseconds& target, const std::string& value) {
  const auto duration = parse_duration(value);
  if (!duration) return "expected a duration such as 30s, 5m or 2h";
  target = *duration;
  return std::nullopt;
}

Problem add_list(std::vector<std::string>& target, const std::string& value) {
  for (const std::string& item : split(value, ',')) {
    if (item.empty()) return "expected names separated by commas";
    target.push_back(item);
  }
  return std::nullopt;
}

Problem set_colour(Invocation& invocation, const std::string& value) {
  if (value == "auto")
    invocation.colour = ColourChoice::automatic;
  else if (value == "always")
    invocation.colour = ColourChoice::always;
  else if (value == "never")
    invocation.colour = ColourChoice::never;
  else
    return "expected auto, always or never";
  return std::nullopt;
}

Problem set_progress(Invocation& invocation, const std::string& value) {
  if (value == "auto")
    invocation.progress = Progress::automatic;
  else if (value == "tty")
    invocation.progress = Progress::terminal;
  else if (value == "plain")
    invocation.progress = Progress::plain;
  else if (value == "none")
    invocation.progress = Progress::none;
  else
    return "expected auto, tty, plain or none";
  return std::nullopt;
}

Problem set_output(Invocation& invocation, const std::string& value) {
  if (value == "text")
    invocation.output = Output::text;
  else if (value == "json")
    invocation.output = Output::json;
  else if (value == "jsonl")
    invocation.output = Output::json_lines;
  else
    return "expected text, json or jsonl";
  return std::nullopt;
}

Problem set_on_failure(Invocation& invocation, const std::string& value) {
  if (value == "rollback")
    invocation.on_failure = OnFailure::rollback;
  else if (value == "hold")
    invocation.on_failure = OnFailure::hold;
  else
    return "expected rollback or hold";
  return std::nullopt;
}

std::optional<std::uint64_t> parse_number(const std::string& value) {
  if (value.empty() || value.size() > 9 ||
      value.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::stoull(value);
}

Problem set_limit(Invocation& invocation, const std::string& value) {
  if (value.empty() || value.size() > 6 ||
      value.find_first_not_of("0123456789") != std::string::npos || value == "0")
    return "expected a number from 1 to 999999";
  invocation.limit = std::stoul(value);
  return std::nullopt;
}

Problem set_since(Invocation& invocation, const std::string& value) {
  if (!parse_duration(value) && !parse_utc(value) && !parse_utc(value + "T00:00:00Z"))
    return "expected a duration such as 7d, a day such as 2026-11-24 or a time such as "
           "2026-11-24T09:00:00Z";
  invocation.since = value;
  return std::nullopt;
}

Problem set_speed(Invocation& invocation, const std::string& value) {
  const auto speed = parse_number(value);
  if (!speed || *speed < 1 || *speed > 1000) return "expected a number from 1 to 1000";
  invocation.lab.speed = static_cast<double>(*speed);
  return std::nullopt;
}

Problem set_seed(Invocation& invocation, const std::string& value) {
  const auto seed = parse_number(value);
  if (!seed) return "expected a number from 0 to 999999999";
  invocation.lab.seed = *seed;
  return std::nullopt;
}

Problem set_shoppers(Invocation& invocation, const std::string& value) {
  const auto rate = parse_number(value);
  if (!rate || *rate > 1000) return "expected requests per second, 0 to 1000";
  invocation.lab.shoppers_per_second = static_cast<int>(*rate);
  return std::nullopt;
}

Problem set_network(Invocation& invocation, const std::string& value) {
  const auto parts = split(value, '.');
  const bool fits = parts.size() == 3 && parts[0] == "127" &&
                    std::all_of(parts.begin() + 1, parts.end(), [](const std::string& part) {
                      const auto number = parse_number(part);
                      return number && *number <= 255;
                    });
  if (!fits || value == "127.0.0")
    return "expected the first three numbers of a loopback network such as 127.84.1";
  invocation.lab.network = value;
  return std::nullopt;
}

Problem set_place(Invocation& invocation, const std::string& value) {
  if (value == "clone") return "this version rehearses in the lab only";
  if (value != "lab") return "expected lab";
  invocation.place = value;
  return std::nullopt;
}

Problem set_porcelain(Invocation& invocation, const std::string& value) {
  if (value != "v1") return "expected v1";
  invocation.porcelain = value;
  return std::nullopt;
}

Problem set_text(std::string& target, const std::string& value) {
  if (value.empty()) return "expected something behind it";
  target = value;
  return std::nullopt;
}

template <bool Invocation::*member>
Problem raise(Invocation& invocation, const std::string&) {
  invocation.*member = true;
  return std::nullopt;
}

template <std::string Invocation::*member>
Problem text(Invocation& invocation, const std::string& value) {
  return set_text(invocation.*member, value);
}

template <Milliseconds Invocation::*member>
Problem duration(Invocation& invocation, const std::string& value) {
  return set_duration(invocation.*member, value);
}

template <std::vector<std::string> Invocation::*member>
Problem list(Invocation& invocation, const std::string& value) {
  return add_list(invocation.*member, value);
}

Problem set_verbose(Invocation& invocation, const std::string&) {
  ++invocation.verbosity;
  return std::nullopt;
}
Problem set_no_color(Invocation& invocation, const std::string&) {
  return set_colour(invocation, "never");
}
Problem set_json(Invocation& invocation, const std::string&) {
  return set_output(invocation, "json");
}
Problem set_utc(Invocation& invocation, const std::string&) {
  invocation.zone = Zone::utc;
  return std::nullopt;
}
Problem add_json_into(Invocation& invocation, const std::string& value) {
  if (value.empty()) return "expected a file, fd:N or -";
  invocation.json_into.push_back(value);
  return std::nullopt;
}

}  // namespace

const std::vector<Flag>& flags() {
  using I = Invocation;
  static const std::vector<Flag> table{
      {"--help", "-h", "", "", "this help", 0, raise<&I::help>},
      {"--directory", "-C", "DIR", "OSTLER_DIRECTORY", "run as if started in DIR", 0,
       text<&I::directory>},
      {"--quiet", "-q", "", "OSTLER_QUIET", "only results, warnings and errors", 0,
       raise<&I::quiet>},
      {"--verbose", "-v", "", "", "more about each step", 0, set_verbose},
      {"--color", "", "WHEN", "OSTLER_COLOR", "auto, always or never", 0, set_colour},
      {"--no-color", "", "", "", "the same as --color never", 0, set_no_color},
      {"--progress", "", "MODE", "OSTLER_PROGRESS", "auto, tty, plain or none", 0, set_progress},
      {"--progress-interval", "", "DUR", "OSTLER_PROGRESS_INTERVAL",
       "between two lines about one wait (30s; 0s: none)", 0, duration<&I::progress_interval>},
      {"--calm", "", "", "OSTLER_CALM", "no redrawing, one line at a time", 0, raise<&I::calm>},
      {"--output", "-o", "FORMAT", "OSTLER_OUTPUT", "text, json or jsonl on standard output", 0,
       set_output},
      {"--json", "", "", "", "the same as --output json", 0, set_json},
      {"--json-into", "", "TARGET", "OSTLER_JSON_INTO",
       "events as JSON Lines into FILE, fd:N or - as well", 0, add_json_into},
      {"--no-input", "", "", "OSTLER_NO_INPUT", "never ask", 0, raise<&I::no_input>},
      {"--yes", "-y", "", "", "answer y/N questions with yes", 0, raise<&I::yes>},
      {"--confirm", "", "ENV[:DIGEST]", "", "the typed confirmation, for scripts", 0,
       text<&I::confirm>},
      {"--read-only", "", "", "OSTLER_READONLY", "refuse every command that changes something", 0,
       raise<&I::read_only>},
      {"--no-pager", "", "", "OSTLER_NO_PAGER", "never start a pager", 0, raise<&I::no_pager>},
      {"--utc", "", "", "OSTLER_UTC", "show times in UTC", 0, set_utc},

      {"--dry-run", "-n", "", "", "show what would happen, change nothing", changing,
       raise<&I::dry_run>},
      {"--reason", "", "TEXT", "", "why; kept with the run", changing | bit(Command::preflight),
       text<&I::reason>},
      {"--on-failure", "", "WHAT", "OSTLER_ON_FAILURE",
       "rollback or hold, instead of what the release says",
       running | bit(Command::plan) | bit(Command::resume), set_on_failure},
      {"--pause-before", "", "STEP", "", "hold in front of this step",
       running | bit(Command::resume), text<&I::pause_before>},
      {"--fast", "", "", "", "skip the checks before going back", bit(Command::rollback),
       raise<&I::fast>},

      {"--env", "", "ENV", "", "check against this environment", bit(Command::check),
       text<&I::environment>},
      {"--only", "", "ID,...", "", "only these checks", bit(Command::preflight), list<&I::only>},
      {"--skip", "", "ID,...", "", "leave these checks out; needs --reason",
       bit(Command::preflight), list<&I::skip>},
      {"--wait", "", "DUR", "OSTLER_WAIT", "look again until all pass, at most this long",
       bit(Command::preflight), duration<&I::wait>},
      {"--out", "", "FILE", "", "save the plan as FILE.ostlerplan, or the proof as FILE",
       bit(Command::plan) | bit(Command::rehearse), text<&I::out>},
      {"--in", "", "WHERE", "", "where to rehearse: lab", bit(Command::rehearse), set_place},
      {"--detailed-exitcode", "", "", "OSTLER_DETAILED_EXITCODE",
       "exit 30 when there is something to do", bit(Command::plan), raise<&I::detailed_exit_code>},
      {"--expires", "", "DUR", "OSTLER_EXPIRES", "how long the plan is valid (4h)",
       bit(Command::plan), duration<&I::expires>},
      {"--steps", "", "", "", "every step with its parameters", bit(Command::show),
       raise<&I::steps>},
      {"--undo", "", "", "", "what going back does, in its order", bit(Command::show),
       raise<&I::undo>},
      {"--porcelain", "", "v1", "", "one line per environment for scripts", bit(Command::status),
       set_porcelain},
      {"--limit", "", "N", "", "at most N runs (20)", bit(Command::history), set_limit},
      {"--since", "", "TIME", "", "only runs since then", bit(Command::history), set_since},
      {"--speed", "", "N", "OSTLER_LAB_SPEED", "virtual seconds in a real one, 1 to 1000 (1)",
       bit(Command::lab), set_speed},
      {"--seed", "", "N", "", "another course of chance (1)", bit(Command::lab), set_seed},
      {"--shoppers", "", "N", "", "their requests in a virtual second (50)", bit(Command::lab),
       set_shoppers},
      {"--listen", "", "NETWORK", "", "loopback network to answer at (127.84.0)", bit(Command::lab),
       set_network},
      {"--folder", "", "DIR", "", "keep environment, releases and data there", bit(Command::lab),
       [](Invocation& invocation, const std::string& value) {
         return set_text(invocation.lab.folder, value);
       }},
      {"--scenario", "", "FILE", "", "a course of mishaps (examples/lab)", bit(Command::lab),
       text<&I::scenario>},
      {"--step", "", "ID", "", "only this step", bit(Command::log), text<&I::step>},
      {"--follow", "", "", "", "go on until the run ends", bit(Command::log), raise<&I::follow>},
  };
  return table;
}

const Flag* find_flag(std::string_view name, Command command) {
  const Flag* found = nullptr;
  for (const Flag& flag : flags())
    if (name == flag.long_name || (flag.short_name[0] != '\0' && name == flag.short_name))
      if (found == nullptr || flag.belongs_to(command)) found = &flag;
  return found;
}

}  // namespace ostler
