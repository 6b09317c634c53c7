// What differs between two moments, and what of it a plan has announced.
#include "rehearsal.hpp"

#include "ostler/base/text.hpp"

#include <set>

namespace ostler {
namespace {

constexpr std::size_t most_shown = 3;
constexpr std::size_t longest_value = 80;

std::string shown(const Json& value) {
  const std::string text = value.is_string() ? value.get<std::string>() : to_bytes(value);
  return sanitize(text, Lines::escape, longest_value);
}

std::string some_of(std::vector<std::string> parts) {
  const std::size_t all = parts.size();
  if (all > most_shown) parts.resize(most_shown);
  return join(parts, "; ") +
         (all > most_shown ? fmt::format("; and {} more", all - most_shown) : "");
}

/// Lists of lines: what came and what went.
std::string lines_difference(const Json& before, const Json& after) {
  const std::set<Json> old_lines(before.begin(), before.end());
  const std::set<Json> new_lines(after.begin(), after.end());
  std::vector<std::string> parts;
  for (const Json& line : old_lines)
    if (!new_lines.contains(line)) parts.push_back("lost " + shown(line));
  for (const Json& line : new_lines)
    if (!old_lines.contains(line)) parts.push_back("has " + shown(line));
  return some_of(std::move(parts));
}

std::string object_difference(const Json& before, const Json& after) {
  std::vector<std::string> parts;
  for (const Json& change : Json::diff(before, after)) {
    const std::string path = text_at(change, "/path");
    const Json& was = value_at(before, path);
    const Json& is = value_at(after, path);
    parts.push_back(fmt::format("{} was {}, is {}", path, shown(was), shown(is)));
  }
  return some_of(std::move(parts));
}

std::string difference(const Json& before, const Json& after) {
  const auto is_lines = [](const Json& value) {
    return value.is_array() &&
           std::all_of(value.begin(), value.end(), [](const Json& one) { return one.is_string(); });
  };
  if (is_lines(before) && is_lines(after)) return lines_difference(before, after);
  return object_difference(before, after);
}

/// "SERVER/DATABASE" behind the first word of a target.
std::string place_of(const std::string& target) {
  return target.substr(target.find(' ') + 1);
}

bool all_undoable(const Node& node) {
  const Json& files = value_at(node.parameters, "/files");
  return files.is_array() && std::all_of(files.begin(), files.end(), [](const Json& file) {
           return !text_at(file, "/undo_text").empty();
         });
}

}  // namespace

std::map<std::string, std::string> compare_pictures(const lab::Picture& before,
                                                    const lab::Picture& after) {
  std::map<std::string, std::string> differences;
  for (const auto& [name, was] : before) {
    const auto is = after.find(name);
    if (is == after.end())
      differences[name] = name + " is gone";
    else if (is->second != was)
      differences[name] = name + ": " + difference(was, is->second);
  }
  for (const auto& [name, is] : after)
    if (!before.contains(name)) differences[name] = name + " is there";
  return differences;
}

std::vector<std::string> may_stay(const Node& node, const Kinds& kinds) {
  if (!kinds.leaves(node)) return {};
  const std::string place = place_of(node.target);
  // A migration whose every file can be undone announces that nothing stays.
  if (node.kind == "sql.expand") {
    if (all_undoable(node)) return {};
    return {node.target, "ledger " + place};
  }
  // An update changes the schema as well, and leaves its Job for whoever wants to read its log.
  if (node.kind == "odoo.update") return {node.target, "schema " + place};
  return {node.target};
}

}  // namespace ostler
