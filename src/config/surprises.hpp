#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ostler {

/// What a YAML reader (1.1 or 1.2) takes an unquoted text for when it does not take it for text:
/// "the number 2026.1", "true or false", "a date". Nothing for plain text.
std::optional<std::string> surprising_meaning(std::string_view plain);

}  // namespace ostler
