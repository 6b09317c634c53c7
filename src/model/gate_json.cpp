// Gates and indicators as they stand in a saved plan, so that a plan does not change when a file
// does.
#include "ostler/base/text.hpp"
#include "ostler/model/gate.hpp"
#include "ostler/model/kind.hpp"

namespace ostler {

namespace {

using Unit = IndicatorConfig::Unit;
using Comparison = IndicatorPolicy::Comparison;

/// The stable words of one enumeration, in the order of its values.
template <typename Enum, std::size_t N>
struct Words {
  std::array<std::string_view, N> words;
  std::string text(Enum value) const { return std::string(words[static_cast<std::size_t>(value)]); }
  std::optional<Enum> value(std::string_view word) const {
    for (std::size_t i = 0; i < N; ++i)
      if (words[i] == word) return static_cast<Enum>(i);
    return std::nullopt;
  }
};

constexpr Words<Unit, 3> units{{"ratio", "seconds", "number"}};
constexpr Words<Comparison, 2> comparisons{{"relative", "points"}};
constexpr Words<IndicatorSource, 3> sources{{"prometheus", "sql", "proxies"}};
constexpr Words<ProxyIndicator, 3> proxy_indicators{{"error_ratio", "latency", "share"}};

Json optional_json(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

/// Collects the troubles that Parameters does not know: numbers with a fraction, flags and words of
/// enumerations.
class Reader {
 public:
  Reader(const Json& object, std::string what) : parameters(object), what_(std::move(what)) {}

  template <typename Enum, std::size_t N>
  Enum word(const char* name, const Words<Enum, N>& words) {
    const std::string text = parameters.text(name);
    if (const auto value = words.value(text)) return *value;
    if (!text.empty()) wrong(name, "a known word");
    return Enum{};
  }
  std::optional<double> optional_decimal(const char* name) {
    const Json value = parameters.json(name);
    if (value.is_number()) return value.get<double>();
    if (!value.is_null()) wrong(name, "a number");
    return std::nullopt;
  }
  bool flag(const char* name) {
    const Json value = parameters.json(name);
    if (!value.is_boolean() && !value.is_null()) wrong(name, "true or false");
    return value.is_boolean() && value.get<bool>();
  }
  Milliseconds duration(const char* name) { return Milliseconds{parameters.number(name)}; }
  int small_number(const char* name) {
    const std::int64_t value = parameters.number(name);
    if (value < 0 || value > 1000000000) wrong(name, "in range");
    return static_cast<int>(value);
  }

  Result<void> finish() const {
    std::vector<std::string> troubles = troubles_;
    if (auto result = parameters.finish(); !result) troubles.push_back(result.failure().message);
    if (troubles.empty()) return {};
    return Failure{FailureKind::refused, what_ + ": " + join(troubles, "; "),
                   "Make the plan anew; a plan is not edited by hand.", "parameters"};
  }

  Parameters parameters;

 private:
  void wrong(const char* name, const char* expected) {
    troubles_.push_back(fmt::format("parameter '{}' is not {}", name, expected));
  }
  std::string what_;
  std::vector<std::string> troubles_;
};

Json to_json(const GateSubject& subject) {
  return Json{{"cell", subject.cell},
              {"namespace", subject.name_space},
              {"route", subject.route},
              {"stable_service", subject.stable_service},
              {"canary_service", subject.canary_service},
              {"stable_workload", subject.stable_workload},
              {"canary_workload", subject.canary_workload},
              {"port", subject.port},
              {"weight", subject.weight},
              {"server", subject.server},
              {"tenants", subject.tenants}};
}

Result<GateSubject> parse_subject(const Json& value) {
  Reader reader(value, "the gate's subject");
  GateSubject subject;
  subject.cell = reader.parameters.text("cell", "");
  subject.name_space = reader.parameters.text("namespace", "");
  subject.route = reader.parameters.text("route", "");
  subject.stable_service = reader.parameters.text("stable_service", "");
  subject.canary_service = reader.parameters.text("canary_service", "");
  subject.stable_workload = reader.parameters.text("stable_workload", "");
  subject.canary_workload = reader.parameters.text("canary_workload", "");
  subject.port = reader.small_number("port");
  subject.weight = reader.small_number("weight");
  subject.server = reader.parameters.text("server", "");
  subject.tenants = reader.parameters.texts("tenants");
  OSTLER_CHECK(reader.finish());
  return subject;
}

Json to_json(const IndicatorPolicy& policy) {
  return Json{{"name", policy.name},
              {"indicator", policy.indicator},
              {"limit", optional_json(policy.limit)},
              {"worse_by", optional_json(policy.worse_by)},
              {"comparison", comparisons.text(policy.comparison)},
              {"min_samples", policy.min_samples},
              {"unit", units.text(policy.unit)}};
}

Result<IndicatorPolicy> parse_indicator_policy(const Json& value) {
  Reader reader(value, "the gate's indicator");
  IndicatorPolicy policy;
  policy.name = reader.parameters.text("name");
  policy.indicator = reader.parameters.json("indicator");
  policy.limit = reader.optional_decimal("limit");
  policy.worse_by = reader.optional_decimal("worse_by");
  policy.comparison = reader.word("comparison", comparisons);
  policy.min_samples = reader.small_number("min_samples");
  policy.unit = reader.word("unit", units);
  OSTLER_CHECK(reader.finish());
  OSTLER_TRY(const IndicatorConfig indicator, parse_indicator(policy.indicator));
  if (indicator.name == policy.name) return policy;
  return Failure{FailureKind::refused,
                 fmt::format("the gate's indicator '{}' holds the definition of '{}'",
                             sanitize(policy.name), sanitize(indicator.name)),
                 "Make the plan anew; a plan is not edited by hand.", "parameters"};
}

}  // namespace

Json to_json(const GatePolicy& policy) {
  Json indicators = Json::array();
  for (const IndicatorPolicy& indicator : policy.indicators)
    indicators.push_back(to_json(indicator));
  return Json{{"indicators", indicators},
              {"hold_ms", policy.hold.count()},
              {"budget_ms", policy.budget.count()},
              {"interval_ms", policy.interval.count()},
              {"subject", to_json(policy.subject)}};
}

Result<GatePolicy> parse_gate_policy(const Json& value) {
  Reader reader(value, "the gate");
  GatePolicy policy;
  const Json indicators = reader.parameters.json("indicators");
  policy.hold = reader.duration("hold_ms");
  policy.budget = reader.duration("budget_ms");
  policy.interval = reader.duration("interval_ms");
  const Json subject = reader.parameters.json("subject");
  OSTLER_CHECK(reader.finish());
  OSTLER_TRY(policy.subject, parse_subject(subject));
  for (const Json& indicator : indicators) {
    OSTLER_TRY(IndicatorPolicy parsed, parse_indicator_policy(indicator));
    policy.indicators.push_back(std::move(parsed));
  }
  return policy;
}

Json to_json(const IndicatorConfig& indicator) {
  Json result{{"name", indicator.name},
              {"source", sources.text(indicator.source)},
              {"limit", optional_json(indicator.limit)},
              {"worse_by", optional_json(indicator.worse_by)},
              {"min_samples", indicator.min_samples},
              {"max_age_ms", indicator.max_age.count()},
              {"unit", units.text(indicator.unit)}};
  if (indicator.source == IndicatorSource::proxies) {
    result["proxies"] = proxy_indicators.text(indicator.proxy_indicator);
    result["quantile"] = indicator.quantile;
  } else {
    result["query"] = indicator.query;
  }
  if (indicator.source == IndicatorSource::sql) {
    result["server"] = indicator.server;
    result["per_tenant"] = indicator.per_tenant;
  }
  return result;
}

Result<IndicatorConfig> parse_indicator(const Json& value) {
  Reader reader(value, fmt::format("indicator '{}'", sanitize(text_at(value, "/name"))));
  IndicatorConfig indicator;
  indicator.name = reader.parameters.text("name");
  indicator.source = reader.word("source", sources);
  indicator.limit = reader.optional_decimal("limit");
  indicator.worse_by = reader.optional_decimal("worse_by");
  indicator.min_samples = reader.small_number("min_samples");
  indicator.max_age = reader.duration("max_age_ms");
  indicator.unit = reader.word("unit", units);
  if (indicator.source == IndicatorSource::proxies) {
    indicator.proxy_indicator = reader.word("proxies", proxy_indicators);
    indicator.quantile = reader.optional_decimal("quantile").value_or(indicator.quantile);
  } else {
    indicator.query = reader.parameters.text("query");
  }
  if (indicator.source == IndicatorSource::sql) {
    indicator.server = reader.parameters.text("server", "");
    indicator.per_tenant = reader.flag("per_tenant");
  }
  OSTLER_CHECK(reader.finish());
  return indicator;
}

}  // namespace ostler
