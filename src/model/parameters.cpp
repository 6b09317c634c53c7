// Strict access to the members of one JSON object: a node's parameters, a stored gate, a stored
// plan.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"

namespace ostler {

namespace {

const Json absent;  // told apart from a null that stands in the object by its address

bool is_present(const Json& value) {
  return &value != &absent;
}

std::string wrong_type(const char* name, const char* expected) {
  return fmt::format("parameter '{}' is not {}", name, expected);
}

}  // namespace

Parameters::Parameters(const Json& parameters) : parameters_(parameters) {
  if (!parameters_.is_object()) troubles_.emplace_back("the parameters are not a JSON object");
}

const Json& Parameters::take(const char* name, bool required) {
  seen_.emplace_back(name);
  if (!parameters_.is_object()) return absent;
  const auto found = parameters_.find(name);
  if (found != parameters_.end()) return *found;
  if (required) troubles_.push_back(fmt::format("parameter '{}' is missing", name));
  return absent;
}

std::string Parameters::text(const char* name) {
  const Json& value = take(name, true);
  if (!is_present(value)) return "";
  if (!value.is_string()) {
    troubles_.push_back(wrong_type(name, "a text"));
    return "";
  }
  std::string result = value;
  if (result.empty()) troubles_.push_back(fmt::format("parameter '{}' is empty", name));
  return result;
}

std::string Parameters::text(const char* name, std::string otherwise) {
  const Json& value = take(name, false);
  if (value.is_string()) return value;
  if (is_present(value)) troubles_.push_back(wrong_type(name, "a text"));
  return otherwise;
}

std::int64_t Parameters::number(const char* name) {
  const Json& value = take(name, true);
  if (value.is_number_integer()) return value;
  if (is_present(value)) troubles_.push_back(wrong_type(name, "a whole number"));
  return 0;
}

std::int64_t Parameters::number(const char* name, std::int64_t otherwise) {
  const Json& value = take(name, false);
  if (value.is_number_integer()) return value;
  if (is_present(value)) troubles_.push_back(wrong_type(name, "a whole number"));
  return otherwise;
}

std::vector<std::string> Parameters::texts(const char* name) {
  const Json& value = take(name, true);
  if (!is_present(value)) return {};
  const auto is_text = [](const Json& element) { return element.is_string(); };
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_text)) {
    troubles_.push_back(wrong_type(name, "a list of texts"));
    return {};
  }
  return value.get<std::vector<std::string>>();
}

Json Parameters::json(const char* name) {
  return take(name, true);
}

Result<void> Parameters::finish() const {
  std::vector<std::string> troubles = troubles_;
  if (parameters_.is_object()) {
    for (const auto& [name, value] : parameters_.items()) {
      if (std::find(seen_.begin(), seen_.end(), name) != seen_.end()) continue;
      const auto near = nearest(name, seen_);
      troubles.push_back(fmt::format("parameter '{}' is unknown{}", sanitize(name),
                                     near ? fmt::format(" (did you mean '{}'?)", *near) : ""));
    }
  }
  if (troubles.empty()) return {};
  return Failure{FailureKind::refused, join(troubles, "; "),
                 "Make the plan anew with this version of ostler; a plan is not edited by hand.",
                 "parameters"};
}

}  // namespace ostler
