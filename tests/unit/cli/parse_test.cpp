// argv becomes plain data, and every mistake one helpful line.
#include "cli/flags.hpp"

#include "ostler/base/file.hpp"
#include "ostler/cli/invocation.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

Parsed read(const std::vector<std::string>& arguments,
            std::map<std::string, std::string> variables = {}) {
  return parse(arguments, [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

Invocation good(const std::vector<std::string>& arguments,
                std::map<std::string, std::string> variables = {}) {
  const Parsed parsed = read(arguments, std::move(variables));
  INFO((parsed.problem ? parsed.problem->message : "no problem"));
  REQUIRE_FALSE(parsed.problem);
  return parsed.invocation;
}

Failure bad(const std::vector<std::string>& arguments,
            std::map<std::string, std::string> variables = {}) {
  const Parsed parsed = read(arguments, std::move(variables));
  REQUIRE(parsed.problem);
  CHECK(parsed.problem->code == "usage");
  return *parsed.problem;
}

}  // namespace

TEST_CASE("parse: commands, arguments and flags", "[cli]") {
  const Invocation plan =
      good({"plan", "prod", "web.yaml", "--out", "web.ostlerplan", "--expires=2h"});
  CHECK(plan.command == Command::plan);
  CHECK(plan.arguments == std::vector<std::string>{"prod", "web.yaml"});
  CHECK(plan.out == "web.ostlerplan");
  CHECK(plan.expires == std::chrono::hours(2));
}

TEST_CASE("parse: global flags stand before or behind the command", "[cli]") {
  for (const auto& line : {std::vector<std::string>{"--json", "-q", "status"},
                           std::vector<std::string>{"status", "--json", "-q"},
                           std::vector<std::string>{"-q", "status", "-o", "json"},
                           std::vector<std::string>{"status", "-qojson"}}) {
    const Invocation status = good(line);
    CHECK(status.command == Command::status);
    CHECK(status.output == Output::json);
    CHECK(status.quiet);
  }
}

TEST_CASE("parse: a flag's value may look like anything", "[cli]") {
  CHECK(good({"hold", "prod", "--reason", "plan"}).reason == "plan");
  CHECK(good({"--reason", "x", "hold", "prod"}).command == Command::hold);
  CHECK(good({"hold", "--", "-odd-name"}).arguments == std::vector<std::string>{"-odd-name"});
  CHECK(good({"status", "a", "b", "c"}).arguments.size() == 3);
  CHECK(good({"preflight", "prod", "--only", "a,b", "--only", "c"}).only ==
        std::vector<std::string>{"a", "b", "c"});
  CHECK(good({"plan", "prod", "--out", "a", "--out", "b"}).out == "b");
  CHECK(good({"apply", "prod", "-n", "-y", "-vv"}).verbosity == 2);
  CHECK(good({"apply", "prod", "--on-failure", "hold"}).on_failure == OnFailure::hold);
}

TEST_CASE("parse: what is mistyped is answered with what is near", "[cli]") {
  CHECK(bad({"aply", "prod"}).message == "unknown command 'aply'");
  CHECK(bad({"aply", "prod"}).hint == "Did you mean 'apply'?");
  CHECK(bad({"zzzzzz"}).hint == "Type ostler --help for the commands.");
  CHECK(bad({"plan", "prod", "--expire", "2h"}).hint == "Did you mean '--expires'?");
  CHECK(bad({"status", "-json"}).hint == "Did you mean '--json'?");
  CHECK(bad({"status", "--fast"}).message == "'status' does not take --fast");
  CHECK(bad({"status", "--fast"}).hint == "It belongs to: rollback.");
  CHECK(bad({"plan"}).message == "'plan' needs ENV");
  CHECK(bad({"rollback", "prod", "prod-3"}).message ==
        "'rollback' has one argument too many: 'prod-3'");
  CHECK(bad({"plan", "prod", "--expires", "soon"}).message ==
        "--expires: 'soon' is not usable, expected a duration such as 30s, 5m or 2h");
  CHECK(bad({"plan", "prod", "--out"}).message == "--out needs FILE");
  CHECK(bad({"apply", "prod", "--yes=false"}).message == "--yes takes no value");
  CHECK(bad({"preflight", "prod", "--skip", "a"}).message == "--skip needs --reason");
  CHECK(bad({"--json"}).message == "a command is missing");
  CHECK(bad({"plan", ""}).message == "'plan' was given an empty argument");
  CHECK(bad({"pl\x1b[2Jan"}).message.find('\x1b') == std::string::npos);
}

TEST_CASE("parse: a machine gets its JSON even when the line is wrong", "[cli]") {
  CHECK(read({"aply", "--json"}).invocation.output == Output::json);
  CHECK(read({"plan", "--nonsense", "-o", "jsonl"}).invocation.output == Output::json_lines);
  CHECK(read({"--json-into=x", "aply"}).invocation.json_into == std::vector<std::string>{"x"});
}

TEST_CASE("parse: variables stand for flags, flags win, confirmations have none", "[cli]") {
  CHECK(good({"status"}, {{"OSTLER_OUTPUT", "json"}}).output == Output::json);
  CHECK(good({"status", "-o", "text"}, {{"OSTLER_OUTPUT", "json"}}).output == Output::text);
  CHECK(good({"status"}, {{"OSTLER_READONLY", "1"}}).read_only);
  CHECK_FALSE(good({"status"}, {{"OSTLER_READONLY", "0"}}).read_only);
  CHECK(bad({"status"}, {{"OSTLER_PROGRESS", "x"}}).message ==
        "OSTLER_PROGRESS: 'x' is not usable, expected auto, tty, plain or none");
  for (const char* name : {"--yes", "--confirm", "--reason", "--skip"})
    CHECK(std::string(find_flag(name, Command::preflight)->variable).empty());
}

TEST_CASE("parse: help is always there", "[cli]") {
  CHECK(good({"plan", "--help"}).help);
  CHECK(good({"--help"}).help);
  CHECK(good({}).command == Command::none);
  CHECK(good({"--version"}).command == Command::version);
  CHECK(good({"--version", "--json"}).output == Output::json);
}

TEST_CASE("help: every command's fits one screen and names its flags", "[cli]") {
  Style style;
  style.width = 100;
  for (const CommandSpec& spec : command_specs()) {
    const auto text = help_text(spec.name, style);
    REQUIRE(text);
    CHECK(std::count(text->begin(), text->end(), '\n') <= 24);
    for (const Flag& flag : flags())
      if (flag.commands != 0 && flag.belongs_to(spec.command))
        CHECK(text->find(flag.long_name) != std::string::npos);
  }
  CHECK_FALSE(help_text("nonsense", style));
}

TEST_CASE("the manual page names every command, flag and variable", "[cli]") {
  const auto page = read_file(std::string(OSTLER_SOURCE_DIR) + "/man/ostler.1.scd");
  REQUIRE(page.ok());
  std::string text = *page;
  text.erase(std::remove(text.begin(), text.end(), '\\'), text.end());
  for (const CommandSpec& spec : command_specs()) {
    INFO(spec.name);
    CHECK(text.find(spec.name) != std::string::npos);
  }
  for (const Flag& flag : flags()) {
    INFO(flag.long_name);
    CHECK(text.find(flag.long_name) != std::string::npos);
    if (flag.variable[0] != '\0') CHECK(text.find(flag.variable) != std::string::npos);
  }
}
