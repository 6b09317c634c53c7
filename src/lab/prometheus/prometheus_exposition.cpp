// Reads metrics as text, as Prometheus' clients write them.
#include "lab/prometheus/prometheus_storage.hpp"

#include "ostler/base/text.hpp"

#include <algorithm>
#include <cstdlib>

namespace ostler::lab {
namespace {

/// One line that holds a sample.
class SampleLine {
 public:
  explicit SampleLine(std::string_view line) : rest_(line) {}

  bool read(const PrometheusDoor::Visitor& visitor) {
    const std::string_view name = until("{ \t");
    if (name.empty()) return false;
    PrometheusLabels labels;
    skip_blanks();
    if (starts_with(rest_, "{") && !read_labels(labels)) return false;
    skip_blanks();
    const std::string value(until(" \t"));
    char* end = nullptr;
    const double number = std::strtod(value.c_str(), &end);
    if (value.empty() || *end != '\0') return false;
    std::sort(labels.begin(), labels.end());
    visitor(name, labels, number);
    return true;
  }

 private:
  std::string_view until(std::string_view ends) {
    const std::string_view found = rest_.substr(0, rest_.find_first_of(ends));
    rest_.remove_prefix(found.size());
    return found;
  }

  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
  }

  bool read_labels(PrometheusLabels& labels) {
    rest_.remove_prefix(1);
    while (true) {
      skip_blanks();
      if (starts_with(rest_, "}")) break;
      const std::string name = trim(until("="));
      rest_.remove_prefix(std::min<std::size_t>(1, rest_.size()));
      std::string value;
      if (name.empty() || !read_value(value)) return false;
      if (!value.empty()) labels.emplace_back(name, std::move(value));
      skip_blanks();
      if (starts_with(rest_, ",")) rest_.remove_prefix(1);
    }
    rest_.remove_prefix(1);
    return true;
  }

  bool read_value(std::string& value) {
    if (!starts_with(rest_, "\"")) return false;
    for (rest_.remove_prefix(1); !rest_.empty() && rest_[0] != '"'; rest_.remove_prefix(1)) {
      char c = rest_[0];
      if (c == '\\' && rest_.size() > 1) {
        rest_.remove_prefix(1);
        c = rest_[0] == 'n' ? '\n' : rest_[0];
      }
      value += c;
    }
    if (rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view rest_;
};

}  // namespace

bool read_exposition(std::string_view text, const PrometheusDoor::Visitor& visitor) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty() || line[0] == '#') continue;
    if (!SampleLine(line).read(visitor)) return false;
  }
  return true;
}

}  // namespace ostler::lab
