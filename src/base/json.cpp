// Bounded JSON parsing and access without exceptions.
#include "ostler/base/json.hpp"

#include "ostler/base/secret.hpp"
#include "ostler/base/text.hpp"

#include <set>

namespace ostler {
namespace {

/// Builds the tree while watching depth and duplicate keys: the library itself accepts any depth
/// and then overflows the stack in copies and comparisons, and lets the last of two equal keys win.
class Guarded {
 public:
  explicit Guarded(int depth) : limit_(depth) {}

  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth + 1 > limit_) return fail(fmt::format("nested deeper than {} levels", limit_));
      if (event == Event::object_start) keys_.emplace_back();
    } else if (event == Event::object_end) {
      if (!keys_.empty()) keys_.pop_back();
    } else if (event == Event::key && !keys_.empty()) {
      if (!keys_.back().insert(parsed.get_ref<const std::string&>()).second)
        return fail(
            fmt::format("the member '{}' stands there twice", sanitize(parsed.get<std::string>())));
    }
    return true;
  }
  const std::string& trouble() const { return *trouble_; }

 private:
  struct Stop {};
  bool fail(std::string trouble) {
    *trouble_ = std::move(trouble);
    throw Stop{};
  }
  int limit_;
  std::vector<std::set<std::string>> keys_;
  std::shared_ptr<std::string> trouble_ = std::make_shared<std::string>();

  friend Result<Json> parse_guarded(std::string_view, std::string_view, const JsonLimits&);
};

Result<Json> parse_guarded(std::string_view text, std::string_view what, const JsonLimits& limits) {
  Guarded guarded(limits.depth);
  try {
    return Json::parse(text, [&guarded](int depth, Json::parse_event_t event, Json& parsed) {
      return guarded(depth, event, parsed);
    });
  } catch (const Guarded::Stop&) {
    return Failure{FailureKind::permanent, fmt::format("{}: {}", what, guarded.trouble()), "",
                   "bad-json"};
  } catch (const Json::parse_error& error) {
    return Failure{FailureKind::permanent, fmt::format("{}: not JSON at byte {}", what, error.byte),
                   "", "bad-json"};
  } catch (const Json::exception&) {
    return Failure{FailureKind::permanent, fmt::format("{}: not JSON", what), "", "bad-json"};
  }
}

const Json& null_value() {
  static const Json null;
  return null;
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view what, const JsonLimits& limits) {
  if (text.size() > limits.bytes)
    return Failure{
        FailureKind::permanent,
        fmt::format("{}: {} bytes long, at most {} are read", what, text.size(), limits.bytes), "",
        "too-large"};
  return parse_guarded(text, what, limits);
}

std::string to_bytes(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void redact_texts(Json& value) {
  if (value.is_string())
    value = redact(value.get_ref<const std::string&>());
  else if (value.is_structured())
    for (Json& member : value) redact_texts(member);
}

const Json& value_at(const Json& object, std::string_view pointer) {
  const Json* here = &object;
  for (std::size_t at = 0; at < pointer.size();) {
    const std::size_t end = std::min(pointer.find('/', at + 1), pointer.size());
    std::string name(pointer.substr(at + 1, end - at - 1));
    name = replace_all(replace_all(std::move(name), "~1", "/"), "~0", "~");
    if (here->is_object()) {
      const auto found = here->find(name);
      if (found == here->end()) return null_value();
      here = &*found;
    } else if (here->is_array() && !name.empty() &&
               name.find_first_not_of("0123456789") == std::string::npos && name.size() < 9 &&
               static_cast<std::size_t>(std::stoul(name)) < here->size()) {
      here = &(*here)[std::stoul(name)];
    } else {
      return null_value();
    }
    at = end;
  }
  return *here;
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
