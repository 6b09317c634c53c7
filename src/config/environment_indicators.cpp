// Reads the indicators of environment.yaml: where a number comes from, in which unit, and what is
// too much.
#include "environment_parts.hpp"
#include "values.hpp"

#include "ostler/base/text.hpp"

namespace ostler {
namespace {

using Unit = IndicatorConfig::Unit;

constexpr Milliseconds longest_limit{24 * 3'600'000};

void read_sql(MapReader& map, const Field& query, const KnownNames& names, IndicatorConfig& one) {
  one.source = IndicatorSource::sql;
  one.query = read_long_text(query, map.report());
  const Field server = map.required("server");
  one.server = read_name(server, map.report());
  if (!names.servers.empty())
    check_known(server, one.server, names.servers, "PostgreSQL server", map.report());
  one.per_tenant = read_choice(map.optional("per"), {"tenant"}, map.report()).has_value();
}

/// Says whether the kind is known, so that nothing depends on a guess.
bool read_proxies(MapReader& map, const Field& kind, IndicatorConfig& one) {
  constexpr ProxyIndicator values[] = {ProxyIndicator::error_ratio, ProxyIndicator::latency,
                                       ProxyIndicator::share};
  one.source = IndicatorSource::proxies;
  const auto index = read_choice(kind, {"error_ratio", "latency", "share"}, map.report());
  if (!index) {
    map.ignore_rest();
    return false;
  }
  one.proxy_indicator = values[*index];
  one.unit = one.proxy_indicator == ProxyIndicator::latency ? Unit::seconds : Unit::ratio;
  if (one.proxy_indicator != ProxyIndicator::latency) {
    map.refuse("quantile", "It is for 'proxies: latency' only.");
    return true;
  }
  const Field quantile = map.optional("quantile");
  const std::optional<double> value = read_decimal(quantile, map.report());
  if (value && (*value <= 0 || *value >= 1)) {
    map.report().error(quantile.span,
                       fmt::format("'quantile' must be between 0 and 1, found {}",
                                   found(*quantile.node, map.report())),
                       {"Write 0.95 for the 95th percentile."});
  }
  one.quantile = value.value_or(one.quantile);
  return true;
}

/// Reads the one source that the indicator has; says whether it has just one, of a known kind.
bool read_source(MapReader& map, const KnownNames& names, IndicatorConfig& one) {
  const Field prometheus = map.optional("prometheus"), sql = map.optional("sql"),
              proxies = map.optional("proxies");
  if (!!prometheus + !!sql + !!proxies != 1) {
    map.report().error(
        map.span(), fmt::format("{} must have exactly one of prometheus, sql, proxies", map.name()),
        {"It says where the number comes from."});
    map.ignore_rest();
    return false;
  }
  if (!sql) {
    map.refuse("server", "It is for indicators from SQL only.");
    map.refuse("per", "It is for indicators from SQL only.");
  }
  if (!proxies) map.refuse("quantile", "It is for 'proxies: latency' only.");
  if (sql) read_sql(map, sql, names, one);
  if (proxies) return read_proxies(map, proxies, one);
  if (prometheus) {
    one.query = read_long_text(prometheus, map.report());
    if (!names.prometheus) {
      map.report().error(
          prometheus.span,
          fmt::format("{} asks Prometheus, but there is none in the environment", map.name()),
          {"Add 'prometheus: { url: https://HOST }' at the top level."});
    }
  }
  return true;
}

/// Says whether the unit is known.
bool read_unit(MapReader& map, IndicatorConfig& one) {
  constexpr Unit values[] = {Unit::ratio, Unit::seconds, Unit::number};
  const bool needed = one.source == IndicatorSource::prometheus;
  const Field field = needed ? map.required("unit") : map.optional("unit");
  const auto index = read_choice(field, {"ratio", "seconds", "number"}, map.report());
  if (!index) return !field && !needed;
  if (one.source == IndicatorSource::proxies && values[*index] != one.unit) {
    map.report().error(field.span,
                       fmt::format("'unit' must be {} for this source, found {}",
                                   one.unit == Unit::seconds ? "seconds" : "ratio",
                                   found(*field.node, map.report())),
                       {"Remove the key; the proxies' numbers have a unit of their own."});
    return false;
  }
  one.unit = values[*index];
  return true;
}

std::optional<double> read_limit(const Field& field, Unit unit, Report& report) {
  if (!field) return std::nullopt;
  const bool scalar = field.node->is_scalar();
  if (unit == Unit::ratio) return read_percent(field, 1, report);
  if (unit == Unit::seconds) {
    const auto value = read_duration(field, {Milliseconds(0), longest_limit}, report);
    return value ? std::optional(std::chrono::duration<double>(*value).count()) : std::nullopt;
  }
  if (scalar && (parse_duration(field.node->text) || parse_percent(field.node->text))) {
    const bool duration = parse_duration(field.node->text).has_value();
    report.error(field.span,
                 fmt::format("'limit' must be a number, found {}", found(*field.node, report)),
                 {fmt::format("Add 'unit: {}' if that is what the query gives.",
                              duration ? "seconds" : "ratio")});
    return std::nullopt;
  }
  return read_decimal(field, report);
}

IndicatorConfig read_indicator(const std::string& name, const Field& entry, const KnownNames& names,
                               const Reading& reading) {
  Report& report = reading.report;
  IndicatorConfig one;
  one.name = name;
  one.place = report.source().place(entry.span);
  MapReader map(entry, report);
  if (!map.usable() || !read_source(map, names, one)) return one;
  const bool known_unit = read_unit(map, one);
  const Field limit = map.optional("limit"), worse_by = map.optional("worseBy");
  if (known_unit) one.limit = read_limit(limit, one.unit, report);
  one.worse_by = read_percent(worse_by, one.unit == Unit::ratio ? 1 : 100, report);
  const bool share =
      one.source == IndicatorSource::proxies && one.proxy_indicator == ProxyIndicator::share;
  if (!limit && !worse_by && !share) {
    report.error(entry.span, fmt::format("{} has neither 'limit' nor 'worseBy'", entry.name),
                 {"Give it one of them: without, it could never stop a release."});
  }
  one.min_samples = static_cast<int>(
      read_integer(map.optional("minSamples"), {1, 1'000'000}, report).value_or(1));
  one.max_age =
      read_duration(map.optional("maxAge"), {Milliseconds(1000), Milliseconds(3'600'000)}, report)
          .value_or(one.max_age);
  return one;
}

}  // namespace

std::vector<IndicatorConfig> read_indicators(const Field& field, const KnownNames& names,
                                             const Reading& reading) {
  std::vector<IndicatorConfig> all;
  MapReader indicators(field, reading.report);
  for (const auto& [name, entry] : indicators.named("an indicator")) {
    all.push_back(read_indicator(name, entry, names, reading));
  }
  return all;
}

}  // namespace ostler
