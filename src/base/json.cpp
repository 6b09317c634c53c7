// Bounded JSON parsing and access without exceptions.
#include "ostler/base/json.hpp"

#include "ostler/base/secret.hpp"
#include "ostler/base/text.hpp"

#include <charconv>
#include <optional>
#include <vector>

namespace ostler {
namespace {

/// Builds the tree while watching depth and duplicate keys: the library itself accepts any depth
/// and then overflows the stack in copies and comparisons, and lets the last of two equal keys win.
/// The library calls it as its SAX interface; `false` ends parsing.
class Builder {
 public:
  Builder(std::string_view what, int depth)
      : what_(what), limit_(static_cast<std::size_t>(depth)) {}

  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(Json::number_integer_t value) { return put(value); }
  bool number_unsigned(Json::number_unsigned_t value) { return put(value); }
  bool number_float(Json::number_float_t value, const std::string&) { return put(value); }
  bool string(const std::string& value) { return put(value); }
  bool binary(const Json::binary_t&) { return false; }  // JSON has none

  bool start_object(std::size_t) { return start(Json::value_t::object); }
  bool end_object() { return end(); }
  bool start_array(std::size_t) { return start(Json::value_t::array); }
  bool end_array() { return end(); }
  bool key(const std::string& name) {
    const auto [member, fresh] = open_.back()->get_ref<Json::object_t&>().try_emplace(name);
    if (!fresh) return fail(fmt::format("the member '{}' stands there twice", sanitize(name)));
    member_ = &member->second;
    return true;
  }
  bool parse_error(std::size_t at, const std::string&, const Json::exception&) {
    return fail(fmt::format("not JSON at byte {}", at));
  }

  /// What was built, once parsing has ended.
  Result<Json> result() && {
    if (trouble_) return *std::move(trouble_);
    return std::move(root_);
  }

 private:
  template <typename Value>
  bool put(Value&& value) {
    place() = std::forward<Value>(value);
    return true;
  }
  bool start(Json::value_t type) {
    if (open_.size() >= limit_) return fail(fmt::format("nested deeper than {} levels", limit_));
    Json& here = place();
    here = type;
    open_.push_back(&here);
    return true;
  }
  bool end() {
    open_.pop_back();
    return true;
  }
  /// Where the next value belongs.
  Json& place() {
    if (open_.empty()) return root_;
    return open_.back()->is_array() ? open_.back()->emplace_back() : *member_;
  }
  bool fail(std::string_view why) {
    trouble_ = Failure{FailureKind::permanent, fmt::format("{}: {}", what_, why), "", "bad-json"};
    return false;
  }

  std::string_view what_;
  std::size_t limit_;
  Json root_;
  std::vector<Json*> open_;  ///< containers around the next value; only the innermost still grows
  Json* member_ = nullptr;   ///< the value of the newest key
  std::optional<Failure> trouble_;
};

const Json& null_value() {
  static const Json null;
  return null;
}

/// What one part of a JSON pointer leads to (RFC 6901), or null.
const Json* member_of(const Json& here, std::string_view part) {
  if (here.is_object()) {
    const auto found =
        part.find('~') == std::string_view::npos
            ? here.find(part)
            : here.find(replace_all(replace_all(std::string(part), "~1", "/"), "~0", "~"));
    return found == here.end() ? nullptr : &*found;
  }
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
  const bool number = error == std::errc() && end == part.data() + part.size();
  return here.is_array() && number && index < here.size() ? &here[index] : nullptr;
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view what, const JsonLimits& limits) {
  if (text.size() > limits.bytes)
    return Failure{
        FailureKind::permanent,
        fmt::format("{}: {} bytes long, at most {} are read", what, text.size(), limits.bytes), "",
        "too-large"};
  Builder builder(what, limits.depth);
  Json::sax_parse(text, &builder);
  return std::move(builder).result();
}

std::string to_bytes(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void redact_texts(Json& value) {
  if (value.is_string()) {
    auto& text = value.get_ref<std::string&>();
    text = redact(text);
  } else if (value.is_structured()) {
    for (Json& member : value) redact_texts(member);
  }
}

const Json& value_at(const Json& object, std::string_view pointer) {
  const Json* here = &object;
  while (!pointer.empty() && here != nullptr) {
    const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
    here = member_of(*here, pointer.substr(1, end - 1));
    pointer.remove_prefix(end);
  }
  return here != nullptr ? *here : null_value();
}

std::string text_at(const Json& object, std::string_view pointer, std::string_view otherwise) {
  const Json& found = value_at(object, pointer);
  return found.is_string() ? found.get<std::string>() : std::string(otherwise);
}

std::int64_t number_at(const Json& object, std::string_view pointer, std::int64_t otherwise) {
  const Json& found = value_at(object, pointer);
  return found.is_number_integer() ? found.get<std::int64_t>() : otherwise;
}

bool flag_at(const Json& object, std::string_view pointer, bool otherwise) {
  const Json& found = value_at(object, pointer);
  return found.is_boolean() ? found.get<bool>() : otherwise;
}

}  // namespace ostler
