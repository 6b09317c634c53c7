// Turns yaml-cpp's events into a tree of our own, refusing what makes YAML surprising while it is
// being read.
#include "yaml.hpp"

#include "yaml_text.hpp"

#include "ostler/base/text.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>
#include <unordered_map>

namespace ostler {
namespace {

/// Ends yaml-cpp's reading after the complaint was made. Never leaves this file.
struct StopReading {};

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(Report& report, const YamlLimits& limits) : report_(report), limits_(limits) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 0) return;
    const Position at = position(mark);
    if (starts_with(report_.source().from(at), "---")) {
      stop({at.first, at.second, 3}, "a second document begins here",
           {"Keep one document in the file."});
    }
    stop({at.first, at.second, word_width(report_.source(), at)},
         "this text stands behind the end of the document",
         {"Keep one map at the top level; check the indentation and the quotes."});
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    YamlNode node;
    const Position at = position(mark);
    const int width = null_width(report_.source(), at);
    const bool written = width > 0 && at > last_;
    if (written) note(at);
    node.span = written ? Span{at.first, at.second, width} : fallback_span(at);
    add(std::move(node));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    YamlNode node;
    node.kind = YamlNode::Kind::scalar;
    node.text = value;
    const Position at = position(mark);
    const char first = first_character(at);
    const bool tagged = check_tag(at, tag);
    node.style = tag == "?" || tagged           ? YamlNode::Style::plain
                 : first == '|' || first == '>' ? YamlNode::Style::block
                                                : YamlNode::Style::quoted;
    const ScalarExtent extent = scalar_extent(report_.source(), at, value);
    if (!extent.closed) {
      stop({at.first, at.second, 1}, "the quote that begins here is never closed",
           {"Put the same quote at the end of the text."});
    }
    node.span = {at.first, at.second, extent.width};
    note(at);
    add(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    const Position at = position(mark);
    refuse_alias(at);
    note(at);
    YamlNode node;
    node.kind = YamlNode::Kind::scalar;
    node.span = {at.first, at.second, word_width(report_.source(), at)};
    misleading_ = true;
    add(std::move(node));
  }

  void OnAnchor(const YAML::Mark& mark, const std::string&) override {
    misleading_ = true;
    const Position at = anchor_position(report_.source(), position(mark));
    report_.error({at.first, at.second, word_width(report_.source(), at)},
                  "anchors are not allowed",
                  {"Write the value out where it is needed; there are no aliases either."});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::sequence, mark, tag);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::map, mark, tag);
  }
  void OnMapEnd() override { close(); }

  static Position position(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }
  void refuse_alias(Position at) {
    report_.error({at.first, at.second, word_width(report_.source(), at)},
                  "aliases are not allowed",
                  {"Write the value out here; a text that begins with '*' must stand in quotes."});
  }
  /// The innermost bracket that is open, where there is one.
  std::optional<Span> open_bracket() const {
    for (auto frame = stack_.rbegin(); frame != stack_.rend(); ++frame) {
      const char first = first_character(frame->node.begin());
      if (first == '[' || first == '{') return frame->node.span;
    }
    return std::nullopt;
  }
  Position last() const { return last_; }
  bool complete() const { return complete_ && !misleading_; }
  bool empty() const { return documents_ == 0; }
  std::vector<Position> take_starts() {
    std::sort(starts_.begin(), starts_.end());
    return std::move(starts_);
  }
  YamlNode take_root() { return std::move(root_); }

 private:
  struct Frame {
    YamlNode node;
    std::optional<YamlNode> key;
    bool skip_value = false;  ///< the key was refused: its value is read and dropped
    std::unordered_map<std::string, int> seen;
  };

  char first_character(Position at) const {
    const std::string_view rest = report_.source().from(at);
    return rest.empty() ? '\0' : rest[0];
  }

  [[noreturn]] void stop(const Span& span, std::string message, std::vector<std::string> hints) {
    report_.error(span, std::move(message), std::move(hints));
    throw StopReading{};
  }

  void note(Position at) {
    last_ = std::max(last_, at);
    starts_.push_back(at);
  }

  /// An empty value has no place of its own: it is shown at its key, or where the parser stood.
  Span fallback_span(Position at) {
    if (!stack_.empty() && stack_.back().key) return stack_.back().key->span;
    if (!stack_.empty() && stack_.back().node.is_sequence())
      return empty_item(stack_.back().node.span, at);
    return {at.first, at.second, 1};
  }

  /// The dash of an item without a value: the first one of this list that no item was seen behind.
  Span empty_item(const Span& list, Position at) {
    const Source& source = report_.source();
    if (first_character({list.line, list.column}) != '-') return {at.first, at.second, 1};
    for (int line = std::max(list.line, last_.first); line <= source.line_count(); ++line) {
      const Position dash{line, list.column};
      if (dash <= last_ && last_ != Position{list.line, list.column}) continue;
      if (first_character(dash) != '-') continue;
      last_ = {line, list.column + 1};
      return {line, list.column, 1};
    }
    return list;
  }

  bool check_tag(Position at, const std::string& tag) {
    const Position place = tag_position(report_.source(), at);
    if (tag == "?" || place.first == 0) return false;
    report_.error({place.first, place.second, word_width(report_.source(), place)},
                  "tags are not allowed",
                  {"Remove the tag; a text that begins with '!' must stand in quotes."});
    return true;
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag) {
    const Position at = position(mark);
    check_tag(at, tag);
    Frame frame;
    frame.node.kind = kind;
    frame.node.span = {at.first, at.second, 1};
    if (static_cast<int>(stack_.size()) >= limits_.depth) {
      stop(frame.node.span, fmt::format("the nesting is deeper than {} levels", limits_.depth),
           {"Neither file needs more than ten; check the brackets and the indentation."});
    }
    count(frame.node.span);
    stack_.push_back(std::move(frame));
  }

  void close() {
    YamlNode node = std::move(stack_.back().node);
    stack_.pop_back();
    // A block map has no bracket to point at, so its first key stands for it.
    if (node.is_map() && !node.keys.empty() && node.keys[0].begin() == node.begin())
      node.span = node.keys[0].span;
    insert(std::move(node));
  }

  void count(const Span& span) {
    if (++nodes_ > limits_.nodes) {
      stop(span, fmt::format("the file has more than {} values", limits_.nodes),
           {"Split the release or the environment."});
    }
  }

  void add(YamlNode node) {
    count(node.span);
    insert(std::move(node));
  }

  void insert(YamlNode node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      complete_ = true;
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node.is_sequence()) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.key) {
      frame.skip_value = !check_key(frame, node);
      frame.key = std::move(node);
    } else {
      if (frame.skip_value) {
        // Nobody will look at the value again to see whether it is a secret.
        hide_value(node, report_);
      } else {
        frame.node.keys.push_back(std::move(*frame.key));
        frame.node.items.push_back(std::move(node));
      }
      frame.key.reset();
    }
  }

  bool check_key(Frame& frame, const YamlNode& key) {
    if (!key.is_scalar()) {
      report_.error(
          key.span,
          key.kind == YamlNode::Kind::null ? "a key is missing here" : "a key must be plain text",
          {"Write 'key: value'."});
      return false;
    }
    if (key.is_plain() && key.text == "<<") {
      report_.error(key.span, "merge keys are not allowed", {"Write the keys out here."});
      return false;
    }
    const auto [first, fresh] = frame.seen.emplace(key.text, key.span.line);
    if (fresh) return true;
    report_.error(
        key.span, fmt::format("duplicate key {}", in_quotes(key.text)),
        {fmt::format("The first one stands in line {}; remove one of them.", first->second)});
    return false;
  }

  Report& report_;
  const YamlLimits limits_;
  std::vector<Frame> stack_;
  YamlNode root_;
  std::vector<Position> starts_;
  Position last_{0, 0};
  int documents_ = 0;
  int nodes_ = 0;
  bool complete_ = false;
  bool misleading_ = false;  ///< anchors or aliases changed what the tree means
};

/// Every sentence yaml-cpp has, in our words and with the place that helps.
void explain(const YAML::Exception& error, TreeBuilder& builder, const YamlLimits& limits,
             Report& report) {
  YamlTrouble trouble;
  trouble.text = error.msg;
  trouble.place = TreeBuilder::position(error.mark);
  trouble.last = builder.last();
  trouble.bracket = builder.open_bracket();
  trouble.depth_limit = limits.depth;
  explain_yaml_trouble(trouble, report);
}

}  // namespace

void hide_value(const YamlNode& node, Report& report) {
  if (node.is_scalar()) report.hide_from(node.begin());
  for (const YamlNode& key : node.keys) hide_value(key, report);
  for (const YamlNode& item : node.items) hide_value(item, report);
}

std::optional<YamlNode> parse_yaml(Report& report, const YamlLimits& limits) {
  if (const int line = directive_line(report.source()); line > 0) {
    report.error({line, 1, static_cast<int>(report.source().line(line).size())},
                 "directives are not allowed", {"Remove the line."});
    return std::nullopt;
  }
  TreeBuilder builder(report, limits);
  try {
    std::istringstream stream(report.source().text());
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const StopReading&) {
    return std::nullopt;
  } catch (const YAML::Exception& error) {
    explain(error, builder, limits, report);
    return std::nullopt;
  } catch (const std::exception& error) {
    report.error({}, "the file cannot be parsed: " + sanitize(error.what()));
    return std::nullopt;
  }
  if (builder.empty()) {
    const bool blank = trim(report.source().text()).empty();
    report.error({}, blank ? "the file is empty" : "the file has only comments",
                 {"A complete example is in ostler-environment(5) and ostler-release(5)."});
    return std::nullopt;
  }
  if (!builder.complete()) return std::nullopt;
  report.set_starts(builder.take_starts());
  return builder.take_root();
}

}  // namespace ostler
