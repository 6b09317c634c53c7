// The counters of one Traefik, out of the Prometheus text format. Read several times a second: no
// copies, no regexes.
#include "ostler/base/text.hpp"
#include "ostler/systems/traefik.hpp"

#include <charconv>
#include <limits>

namespace ostler {
namespace {

constexpr std::string_view requests_total = "traefik_service_requests_total";
constexpr std::string_view duration = "traefik_service_request_duration_seconds";
constexpr std::string_view process_start = "process_start_time_seconds";

std::optional<double> number_of(std::string_view text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct Sample {
  std::string_view name;
  std::string_view service, code, bound;  ///< as written, escapes and all
  double value = 0;
};

/// One line `name{label="value",...} number [time]`; nothing for anything else.
std::optional<Sample> read_line(std::string_view line) {
  Sample sample;
  const std::size_t name_end = line.find_first_of("{ ");
  if (name_end == std::string_view::npos) return std::nullopt;
  sample.name = line.substr(0, name_end);
  std::string_view rest = line.substr(name_end);
  if (rest[0] == '{') {
    rest.remove_prefix(1);
    while (!rest.empty() && rest[0] != '}') {
      const std::size_t equal = rest.find("=\"");
      if (equal == std::string_view::npos) return std::nullopt;
      const std::string_view label = rest.substr(0, equal);
      std::size_t end = equal + 2;
      while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? 2 : 1;
      if (end >= rest.size()) return std::nullopt;
      const std::string_view value = rest.substr(equal + 2, end - equal - 2);
      if (label == "service") sample.service = value;
      if (label == "code") sample.code = value;
      if (label == "le") sample.bound = value;
      rest.remove_prefix(end + 1);
      if (!rest.empty() && rest[0] == ',') rest.remove_prefix(1);
    }
    if (rest.empty()) return std::nullopt;
    rest.remove_prefix(1);
  }
  const std::size_t start = rest.find_first_not_of(' ');
  if (start == std::string_view::npos) return std::nullopt;
  rest = rest.substr(start, rest.find_first_of(" \r", start) - start);
  const std::optional<double> value = number_of(rest);
  if (!value) return std::nullopt;
  sample.value = *value;
  return sample;
}

/// The label without the provider, as traefik_service_label() makes it.
std::string key_of(std::string_view service) {
  constexpr std::string_view provider = "@kubernetescrd";
  if (ends_with(service, provider)) service.remove_suffix(provider.size());
  return sanitize(service);
}

void take(ProxyCounters& counters, const Sample& sample) {
  if (sample.service.empty()) return;
  const bool is_count = sample.name == requests_total;
  // A websocket counts as one request as long as it lives: its duration says nothing about
  // anybody's waiting.
  if (!is_count && sample.code == "101") return;
  ServiceCounters& service = counters.services[key_of(sample.service)];
  if (is_count) {
    service.requests += sample.value;
    if (sample.code.size() == 3 && sample.code[0] == '5') service.errors += sample.value;
  } else if (ends_with(sample.name, "_sum")) {
    service.seconds += sample.value;
  } else if (const auto bound = number_of(sample.bound);
             ends_with(sample.name, "_bucket") && bound) {
    service.buckets[*bound] += sample.value;
  }
}

}  // namespace

ProxyCounters parse_traefik_metrics(std::string_view text) {
  ProxyCounters counters;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool wanted = starts_with(line, requests_total) || starts_with(line, duration);
    if (!wanted && !starts_with(line, process_start)) continue;
    const std::optional<Sample> sample = read_line(line);
    if (!sample) continue;
    if (!wanted) {
      if (sample->name == process_start) counters.started = sample->value;
    } else if (sample->name == requests_total || starts_with(sample->name, duration)) {
      take(counters, *sample);
    }
  }
  return counters;
}

}  // namespace ostler
