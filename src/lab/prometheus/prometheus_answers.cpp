// The JSON that Prometheus answers with.
#include "lab/prometheus/prometheus_answers.hpp"

#include "lab/prometheus/promql_lexer.hpp"
#include "lab/registry/times.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>

namespace ostler::lab {
namespace {

/// The shortest text that gives the same number, without an exponent.
std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char text[400];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed);
  return std::string(text, end.ptr);
}

Json pair_of(std::int64_t time, double value) {
  return Json::array({static_cast<double>(time) / 1000, number_text(value)});
}

std::optional<double> plain_number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

Served prometheus_success(Json data, const PromNotes& notes) {
  Json body{{"status", "success"}, {"data", std::move(data)}};
  if (!notes.warnings.empty()) body["warnings"] = notes.warnings;
  if (!notes.infos.empty()) body["infos"] = notes.infos;
  return answer_json(200, body);
}

Served prometheus_error(int status, std::string_view type, const std::string& words) {
  return answer_json(status, {{"status", "error"}, {"errorType", type}, {"error", words}});
}

Json prometheus_labels(const PrometheusLabels& labels) {
  Json object = Json::object();
  for (const auto& [name, value] : labels) object[name] = value;
  return object;
}

Json prometheus_series(const PrometheusLabels& labels,
                       const std::vector<PrometheusSample>& samples) {
  Json values = Json::array();
  for (const PrometheusSample& sample : samples)
    values.push_back(pair_of(sample.time, sample.value));
  return {{"metric", prometheus_labels(labels)}, {"values", std::move(values)}};
}

Json prometheus_data(const PromValue& value, std::int64_t time) {
  switch (value.type) {
    case PromType::scalar:
      return {{"resultType", "scalar"}, {"result", pair_of(time, value.scalar)}};
    case PromType::text:
      return {{"resultType", "string"},
              {"result", Json::array({static_cast<double>(time) / 1000, value.text})}};
    case PromType::matrix: {
      Json result = Json::array();
      for (const auto& [labels, samples] : value.series)
        result.push_back(prometheus_series(labels, samples));
      return {{"resultType", "matrix"}, {"result", std::move(result)}};
    }
    default:
      break;
  }
  Json result = Json::array();
  for (const PromElement& element : value.elements)
    result.push_back(
        {{"metric", prometheus_labels(element.labels)}, {"value", pair_of(time, element.value)}});
  return {{"resultType", "vector"}, {"result", std::move(result)}};
}

std::optional<std::int64_t> prometheus_time(const std::string& text) {
  if (const auto seconds = plain_number(text)) return std::llround(*seconds * 1000);
  if (const auto time = read_iso_time(text)) return time->time_since_epoch().count();
  return std::nullopt;
}

std::optional<std::int64_t> prometheus_length(const std::string& text) {
  auto seconds = plain_number(text);
  if (!seconds) seconds = promql_duration(text);
  if (!seconds) return std::nullopt;
  return std::llround(*seconds * 1000);
}

}  // namespace ostler::lab
