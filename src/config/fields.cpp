// Walks maps strictly: what was not asked for is an error with the nearest known key, what is
// missing stands at its parent.
#include "fields.hpp"

#include "surprises.hpp"
#include "values.hpp"

#include "ostler/base/text.hpp"

#include <cctype>

namespace ostler {
namespace {

// "Known keys: ..." helps only while it can be read at a glance.
constexpr std::size_t most_listed = 14;

bool contains(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

bool is_key(const YamlNode& key, const YamlNode& value) {
  return value.kind != YamlNode::Kind::null &&
         std::all_of(key.text.begin(), key.text.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
}

}  // namespace

MapReader::MapReader(const Field& field, Report& report)
    : report_(report), name_(field.name), span_(field.span) {
  if (!field) return;
  if (field.node->is_map()) {
    map_ = field.node;
    return;
  }
  report_.error(field.span,
                fmt::format("{} must be a map, found {}", name_, found(*field.node, report_)),
                {"Write its keys below it, further to the right, as 'key: value'."});
}

MapReader::~MapReader() {
  if (map_ == nullptr || ignore_rest_) return;
  for (std::size_t index = 0; index < map_->keys.size(); ++index) {
    if (!contains(known_, map_->keys[index].text))
      complain_about(map_->keys[index], map_->items[index]);
  }
}

Field MapReader::at(std::size_t index) const {
  const YamlNode& value = map_->items[index];
  return {&value, in_quotes(map_->keys[index].text),
          value.is_scalar() ? value.span : map_->keys[index].span};
}

Field MapReader::optional(std::string_view key) {
  known_.emplace_back(key);
  Field field;
  field.name = "'" + std::string(key) + "'";
  if (map_ == nullptr) return field;
  for (std::size_t index = 0; index < map_->keys.size(); ++index) {
    if (map_->keys[index].text != key) continue;
    if (map_->items[index].kind != YamlNode::Kind::null) return at(index);
    report_.error(map_->keys[index].span, fmt::format("{} has no value", field.name),
                  {"Give it a value, or remove the key."});
  }
  return field;
}

Field MapReader::required(std::string_view key) {
  const bool missing =
      map_ != nullptr && std::none_of(map_->keys.begin(), map_->keys.end(),
                                      [&](const YamlNode& one) { return one.text == key; });
  if (missing) report_.error(span_, fmt::format("missing key '{}' in {}", key, name_));
  return optional(key);
}

void MapReader::refuse(std::string_view key, std::string_view hint) {
  refused_.emplace_back(key, hint);
}

void MapReader::refuse_future(const std::vector<std::string>& keys) {
  for (const std::string& key : keys) refuse(key, "This version of ostler has no such feature.");
}

std::vector<std::pair<std::string, Field>> MapReader::named(std::string_view what) {
  std::vector<std::pair<std::string, Field>> all;
  if (map_ == nullptr) return all;
  ignore_rest_ = true;
  for (std::size_t index = 0; index < map_->keys.size(); ++index) {
    const YamlNode& key = map_->keys[index];
    const Field name{&key, fmt::format("the key of {}", what), key.span};
    std::string text = read_name(name, report_);
    Field field = at(index);
    if (field.node->kind == YamlNode::Kind::null) {
      report_.error(key.span, fmt::format("{} has no value", field.name),
                    {"Give it a value, or remove the key."});
      continue;
    }
    if (!text.empty()) all.emplace_back(std::move(text), std::move(field));
  }
  if (map_->keys.empty()) {
    report_.error(span_, fmt::format("{} is empty", name_),
                  {fmt::format("Write {} as 'name: {{ ... }}'.", what)});
  }
  return all;
}

void MapReader::complain_about(const YamlNode& key, const YamlNode& value) {
  if (distrusted_ != Distrust::nothing) hide_value(value, report_);
  for (const auto& [refused, hint] : refused_) {
    if (refused == key.text) {
      report_.error(key.span, fmt::format("unknown key '{}' in {}", refused, name_), {hint});
      return;
    }
  }
  const std::optional<std::string> near = nearest(key.text, known_);
  std::vector<std::string> hints;
  if (near) {
    hints.push_back(fmt::format("Did you mean '{}'?", *near));
  } else if (known_.size() <= most_listed) {
    hints.push_back(fmt::format("Known keys: {}.", join(known_, ", ")));
  }
  // "{ the-secret }" is a key without a value, and a missing blank or bracket makes one of key and
  // value.
  const bool doubtful =
      distrusted_ == Distrust::keys || (distrusted_ == Distrust::values && !is_key(key, value));
  if (doubtful && !near) {
    report_.hide_from(key.begin());
    report_.error(key.span, fmt::format("unknown key in {}", name_), std::move(hints));
    return;
  }
  report_.error(key.span, fmt::format("unknown key {} in {}", in_quotes(key.text), name_),
                std::move(hints));
}

std::vector<Field> list_items(const Field& field, Report& report) {
  std::vector<Field> items;
  if (!field) return items;
  if (!field.node->is_sequence()) {
    report.error(field.span,
                 fmt::format("{} must be a list, found {}", field.name, found(*field.node, report)),
                 {"Write [ a, b ], or one '- item' a line below the key."});
    return items;
  }
  if (field.node->items.empty()) {
    report.error(field.span, fmt::format("{} is empty", field.name),
                 {"Give it at least one item."});
  }
  for (std::size_t index = 0; index < field.node->items.size(); ++index) {
    const YamlNode& item = field.node->items[index];
    const std::string name = fmt::format("item {} of {}", index + 1, field.name);
    if (item.kind == YamlNode::Kind::null) {
      report.error(item.span, name + " has no value", {"Give it a value, or remove the item."});
    } else {
      items.push_back({&item, name, item.span});
    }
  }
  return items;
}

std::string found(const YamlNode& node, const Report& report) {
  switch (node.kind) {
    case YamlNode::Kind::map:
      return "a map";
    case YamlNode::Kind::sequence:
      return "a list";
    case YamlNode::Kind::null:
      return "no value";
    case YamlNode::Kind::scalar:
      break;
  }
  if (report.full() || report.hidden(node.begin())) return "a value that is not shown";
  return node.is_plain() ? in_quotes(node.text) : "the text " + in_quotes(node.text);
}

}  // namespace ostler
