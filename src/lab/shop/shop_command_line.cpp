// Reads Odoo's command line as the shop's program does: unknown options are refused.
#include "shop_command_line.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <set>

namespace ostler::lab {
namespace {

const std::set<std::string> flags{"--proxy-mode", "--no-database-list", "--stop-after-init"};
const std::set<std::string> ignored{"-c",
                                    "--config",
                                    "--db-filter",
                                    "--data-dir",
                                    "--log-level",
                                    "--log-handler",
                                    "--db_maxconn",
                                    "--gevent-port",
                                    "--limit-time-real",
                                    "--limit-time-cpu",
                                    "--limit-memory-hard",
                                    "--limit-memory-soft",
                                    "--without-demo",
                                    "--upgrade-path",
                                    "--load",
                                    "--addons-path",
                                    "--max-cron-threads",
                                    "--db_host",
                                    "--db_user",
                                    "-r",
                                    "--db_password",
                                    "-w",
                                    "--db_port"};

std::vector<std::string> listed(const std::string& text) {
  std::vector<std::string> result;
  for (const std::string& part : split(text, ','))
    if (std::string name = trim(part); !name.empty()) result.push_back(std::move(name));
  return result;
}

}  // namespace

ShopCommandLine ShopCommandLine::of(const std::vector<std::string>& arguments) {
  ShopCommandLine line;
  // Words before the first option are the program and its command.
  std::size_t first = 0;
  while (first < arguments.size() && !starts_with(arguments[first], "-")) ++first;
  for (std::size_t at = first; at < arguments.size() && line.error.empty(); ++at) {
    std::string name = arguments[at], value;
    bool joined = false;
    if (const std::size_t equal = name.find('=');
        starts_with(name, "--") && equal != std::string::npos) {
      value = name.substr(equal + 1);
      name.resize(equal);
      joined = true;
    } else if (name.size() > 2 && name[0] == '-' && name[1] != '-') {
      value = name.substr(2);
      name.resize(2);
      joined = true;
    }
    if (name == "--no-http") {
      line.http = false;
      continue;
    }
    if (flags.contains(name)) continue;
    const bool number = name == "--workers" || name == "-p" || name == "--http-port";
    const bool update = name == "-u" || name == "--update" || name == "-i" || name == "--init";
    const bool databases = name == "-d" || name == "--database";
    if (!number && !update && !databases && !ignored.contains(name)) {
      line.error = "no such option: " + name;
      return line;
    }
    if (!joined && ++at >= arguments.size()) {
      line.error = name + " option requires 1 argument";
      return line;
    }
    if (!joined) value = arguments[at];
    if (databases) line.databases = listed(value);
    if (update) line.update = true;
    if (!number) continue;
    int& target = name == "--workers" ? line.workers : line.port;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), target);
    if (error != std::errc{} || end != value.data() + value.size())
      line.error = fmt::format("option {}: invalid integer value: \"{}\"", name, value);
  }
  return line;
}

}  // namespace ostler::lab
