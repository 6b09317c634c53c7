// Reading an update's log, and judging by everything that was seen whether the update counts as
// done. Neither the exit code nor the versions alone prove it.
#include "ostler/base/text.hpp"
#include "ostler/systems/odoo.hpp"

#include <regex>
#include <set>

namespace ostler {
namespace {

bool holds(std::string_view line, std::string_view part) {
  return line.find(part) != std::string_view::npos;
}

/// "2026-11-25 04:00:00,123 7 INFO shop_a odoo.modules.loading: Loading module sale (3/9) "
struct Line {
  std::string level, logger, text;
};

std::optional<Line> parse_line(const std::string& raw) {
  static const std::regex form(
      R"(^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ ([A-Z]+) \S+ ([\w.]+): (.*)$)");
  std::smatch match;
  if (!std::regex_match(raw, match, form)) return std::nullopt;
  return Line{match[1], match[2], trim(match[3].str())};
}

bool must_not_be(const Line& line) {
  static const std::vector<std::string> texts{"has no table",
                                              "Some modules are not loaded",
                                              "invalid module names, ignored",
                                              "Some modules have inconsistent state",
                                              "Failed to load registry",
                                              "Failed to initialize database",
                                              "not installable, skipped"};
  for (const std::string& text : texts)
    if (holds(line.text, text)) return true;
  if (line.level == "CRITICAL") return true;
  if (line.level == "ERROR" && starts_with(line.logger, "odoo.modules")) return true;
  return line.logger == "odoo.schema" && (line.level == "WARNING" || line.level == "ERROR");
}

}  // namespace

UpdateLog read_update_log(std::string_view log) {
  static const std::regex loading(R"(^Loading module (\S+) \((\d+)/(\d+)\))");
  static const std::regex not_null(
      R"(Table '([^']+)': unable to set NOT NULL on column '([^']+)')");
  static const std::regex kept(R"(^(?:column|table|relation) kept: (\S+))");
  UpdateLog read;
  bool in_traceback = false;
  for (const std::string& raw : split(log, '\n')) {
    // Lines of a log may be of any length; the expressions are for lines of a sane one.
    const auto line = parse_line(raw.substr(0, 2000));
    if (!line) {
      const std::string text = trim(raw);
      if (starts_with(text, "Traceback")) in_traceback = true;
      // The exception itself stands at the left edge, behind the indented frames.
      if (in_traceback && !text.empty() && raw[0] != ' ' && !starts_with(text, "Traceback"))
        read.last_error = sanitize(text, Lines::escape, 500);
      continue;
    }
    in_traceback = false;
    std::smatch match;
    if (std::regex_search(line->text, match, loading))
      read.loading.push_back(
          {match[1], std::atoi(match[2].str().c_str()), std::atoi(match[3].str().c_str())});
    if (line->text == "Modules loaded.") read.modules_loaded = true;
    if (starts_with(line->text, "Registry loaded in")) read.registry_loaded = true;
    if (std::regex_search(line->text, match, kept)) read.kept.push_back(match[1]);
    if (!must_not_be(*line)) continue;
    if (std::regex_search(line->text, match, not_null)) {
      read.not_null_failed.push_back(match[1].str() + "." + match[2].str());
      continue;
    }
    const std::string text = sanitize(line->logger + ": " + line->text, Lines::escape, 500);
    read.troubles.push_back(text);
    if (read.last_error.empty()) read.last_error = text;
  }
  return read;
}

std::vector<std::string> failed_proofs(const UpdateProof& proof) {
  std::vector<std::string> failed;
  const auto demand = [&](bool holds_true, const std::string& otherwise) {
    if (!holds_true) failed.push_back(otherwise);
  };
  demand(proof.exit_code == 0, proof.exit_code ? fmt::format("exit code {}", *proof.exit_code)
                                               : "the exit code is not known");
  for (const Json& module : value_at(proof.after, "/transitional"))
    failed.push_back("module " + module.get<std::string>() + " is in transit");
  const Json& versions = value_at(proof.after, "/versions");
  for (const auto& [module, version] : proof.expected) {
    const std::string found =
        versions.is_object() && versions.contains(module) ? text_at(versions, "/" + module) : "";
    demand(found == version, fmt::format("module {} is at {}, expected {}", module,
                                         found.empty() ? "no version" : found, version));
  }
  for (const std::string& module : proof.modules) {
    const bool seen =
        std::any_of(proof.log.loading.begin(), proof.log.loading.end(),
                    [&](const UpdateLog::Loading& one) { return one.module == module; });
    demand(seen, fmt::format("the log has no line that loads module {}", module));
  }
  demand(proof.log.modules_loaded, "the log lacks 'Modules loaded.'");
  demand(proof.log.registry_loaded, "the log lacks 'Registry loaded in'");
  for (const std::string& trouble : proof.log.troubles) failed.push_back("the log says " + trouble);
  std::set<std::string> loose;
  for (const Json& column : value_at(proof.before, "/required_nullable"))
    loose.insert(column.get<std::string>());
  std::set<std::string> unset;
  for (const std::string& column : proof.log.not_null_failed)
    if (!loose.contains(column)) unset.insert(column);
  for (const std::string& column : beyond(value_at(proof.after, "/required_nullable"),
                                          value_at(proof.before, "/required_nullable")))
    unset.insert(column);
  for (const std::string& column : unset)
    failed.push_back(
        fmt::format("required column {} could not be set NOT NULL: rows without a value", column));
  for (const std::string& object :
       beyond(value_at(proof.after, "/schema/invalid"), value_at(proof.before, "/schema/invalid")))
    failed.push_back(object + " is not valid");
  demand(proof.queue_triggers == 3,
         fmt::format("queue_job has {} of 3 notification triggers", proof.queue_triggers));
  demand(number_at(proof.after, "/counter") > number_at(proof.before, "/counter"),
         "the registry counter was not raised, so the last commit was not reached");
  demand(proof.cancelled == 0,
         fmt::format("the lock watcher cancelled the update {} times", proof.cancelled));
  return failed;
}

}  // namespace ostler
