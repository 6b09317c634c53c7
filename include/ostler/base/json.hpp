#pragma once

#include "ostler/base/result.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace ostler {

/// JSON with members in the order of insertion kept sorted by name: serialising the same value
/// gives the same bytes.
using Json = nlohmann::json;

/// Bounds for foreign JSON; deeper or larger input is refused while parsing, before a tree exists.
struct JsonLimits {
  std::size_t bytes = 16u << 20;
  int depth = 64;
};

/// Parses one JSON text. Refuses duplicate keys, depth and size beyond `limits`, and anything
/// behind the value. `what` names the source in the message ("answer of the registry").
Result<Json> parse_json(std::string_view text, std::string_view what,
                        const JsonLimits& limits = {});

/// Compact canonical bytes: sorted members, no white space, UTF-8; invalid UTF-8 is replaced.
std::string to_bytes(const Json& value);

/// Masks every known secret in every text inside `value`; names of members stay.
void redact_texts(Json& value);

/// Members of foreign JSON, read without exceptions: a missing member or one of another type gives
/// the default.
std::string text_at(const Json& object, std::string_view pointer, std::string_view otherwise = "");
std::int64_t number_at(const Json& object, std::string_view pointer, std::int64_t otherwise = 0);
bool flag_at(const Json& object, std::string_view pointer, bool otherwise = false);
/// The value at the JSON pointer, or a null value that lives for ever.
const Json& value_at(const Json& object, std::string_view pointer);

}  // namespace ostler
