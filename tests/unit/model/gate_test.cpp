// Tables for gates: every boundary of judge(), and what a saved gate must survive.
#include "ostler/model/gate.hpp"

#include "tests/fakes/example_release.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace ostler;

namespace {

using Unit = IndicatorConfig::Unit;
using Comparison = IndicatorPolicy::Comparison;

IndicatorPolicy errors() {
  IndicatorPolicy policy;
  policy.name = "errors";
  policy.indicator = to_json(example_indicator("errors", ProxyIndicator::error_ratio));
  policy.limit = 0.02;
  policy.worse_by = 0.01;
  policy.comparison = Comparison::points;
  policy.min_samples = 100;
  policy.unit = Unit::ratio;
  return policy;
}

IndicatorPolicy latency() {
  IndicatorPolicy policy;
  policy.name = "latency";
  policy.indicator = to_json(example_indicator("latency", ProxyIndicator::latency));
  policy.limit = 1.2;
  policy.worse_by = 0.5;
  policy.comparison = Comparison::relative;
  policy.min_samples = 100;
  policy.unit = Unit::seconds;
  return policy;
}

GatePolicy gate(std::vector<IndicatorPolicy> indicators) {
  GatePolicy policy;
  policy.indicators = std::move(indicators);
  policy.hold = Milliseconds{10000};
  policy.budget = Milliseconds{20000};
  return policy;
}

Reading reading(double canary, double samples) {
  Reading result;
  result.canary = canary;
  result.samples = samples;
  return result;
}

Reading beside(double canary, double stable, double stable_samples = 5000) {
  Reading result = reading(canary, 1000);
  result.stable = stable;
  result.stable_samples = stable_samples;
  return result;
}

Verdict verdict(const IndicatorPolicy& policy, const Reading& newest, int seconds = 10,
                const std::vector<Baseline>& baseline = {}) {
  return judge(gate({policy}), baseline, {newest}, Milliseconds{seconds * 1000}).verdict;
}

Reading troubled(std::string why) {
  Reading result = reading(0.0, 1000);
  result.trouble = std::move(why);
  return result;
}

}  // namespace

TEST_CASE("judge: the limit itself is allowed, anything above it is a breach") {
  struct Row {
    double value;
    Verdict expected;
  };
  for (const Row row :
       {Row{0.0, Verdict::pass}, Row{0.02, Verdict::pass},
        Row{std::nextafter(0.02, 1.0), Verdict::breach}, Row{1.0, Verdict::breach}}) {
    CAPTURE(row.value);
    CHECK(verdict(errors(), reading(row.value, 100)) == row.expected);
  }
}

TEST_CASE("judge: an error ratio may be worse than stable by points, a duration by a share") {
  struct Row {
    IndicatorPolicy policy;
    double canary, stable;
    Verdict expected;
  };
  for (const Row& row :
       {Row{errors(), 0.0149, 0.005, Verdict::pass}, Row{errors(), 0.0151, 0.005, Verdict::breach},
        Row{errors(), 0.0099, 0.0, Verdict::pass}, Row{errors(), 0.0101, 0.0, Verdict::breach},
        Row{latency(), 0.449, 0.3, Verdict::pass}, Row{latency(), 0.451, 0.3, Verdict::breach},
        Row{latency(), 0.001, 0.0, Verdict::breach}}) {
    CAPTURE(row.policy.name, row.canary, row.stable);
    CHECK(verdict(row.policy, beside(row.canary, row.stable)) == row.expected);
  }
}

TEST_CASE("judge: the frozen baseline counts like the stable version") {
  const std::vector<Baseline> good{{"latency", 0.3, 5000}};
  CHECK(verdict(latency(), reading(0.449, 1000), 10, good) == Verdict::pass);
  CHECK(verdict(latency(), reading(0.451, 1000), 10, good) == Verdict::breach);
  // stable has become bad together with the canary: the baseline still tells
  CHECK(verdict(latency(), beside(0.6, 0.6), 10, good) == Verdict::breach);
  // another indicator's baseline is not ours
  CHECK(verdict(latency(), reading(0.6, 1000), 10, {{"errors", 0.001, 5000}}) == Verdict::pass);
}

TEST_CASE("judge: what is compared with must itself rest on enough samples") {
  CHECK(verdict(latency(), beside(0.6, 0.3, 99)) == Verdict::pass);
  CHECK(verdict(latency(), beside(0.6, 0.3, 100)) == Verdict::breach);
  CHECK(verdict(latency(), reading(0.6, 1000), 10, {{"latency", 0.3, 99}}) == Verdict::pass);
  CHECK(verdict(latency(), beside(0.6, std::nan(""))) == Verdict::pass);
}

TEST_CASE("judge: an indicator with nothing to be compared with is no evidence") {
  IndicatorPolicy policy = latency();
  policy.limit.reset();
  CHECK(verdict(policy, reading(0.1, 1000)) == Verdict::wait);
  CHECK(verdict(policy, reading(0.1, 1000), 30) == Verdict::exhausted);
  CHECK(verdict(policy, beside(0.1, 0.3)) == Verdict::pass);
  policy.worse_by.reset();
  CHECK(verdict(policy, beside(0.1, 0.3)) == Verdict::wait);
}

TEST_CASE("judge: below the minimum of samples there is no verdict, good or bad") {
  CHECK(verdict(latency(), reading(0.1, 99)) == Verdict::wait);
  CHECK(verdict(latency(), reading(0.1, 100)) == Verdict::pass);
  CHECK(verdict(latency(), reading(9.0, 99)) == Verdict::wait);
  CHECK(verdict(latency(), reading(9.0, 100)) == Verdict::breach);
}

TEST_CASE("judge: errors that can no longer come under the limit are a breach at once") {
  // 2 % of 100 samples are 2 errors; the third decides, however few requests there were
  CHECK(verdict(errors(), reading(2.0 / 3, 3), 0) == Verdict::wait);
  CHECK(verdict(errors(), reading(1.0, 3), 0) == Verdict::breach);
  CHECK(verdict(errors(), reading(3.0 / 50, 50), 0) == Verdict::breach);
  CHECK(verdict(errors(), reading(1.0, 0), 0) == Verdict::wait);
  // other indicators do not add up like that
  IndicatorPolicy share = errors();
  share.indicator = to_json(example_indicator("errors", ProxyIndicator::share));
  CHECK(verdict(share, reading(1.0, 50), 0) == Verdict::wait);
}

TEST_CASE("judge: no value, no number, no clean look: never a pass, never a breach") {
  const double infinite = std::numeric_limits<double>::infinity();
  const std::vector<std::pair<const char*, Reading>> rows{
      {"nothing", Reading{}},
      {"not a number", reading(std::nan(""), 1000)},
      {"infinite", reading(infinite, 1000)},
      {"negative infinite", reading(-infinite, 1000)},
      {"samples not a number", reading(0.0, std::nan(""))},
      {"Prometheus is dead", troubled("Prometheus does not answer")},
      {"stale", troubled("newest sample is 40 s old")},
      {"partial", troubled("Prometheus warns: partial response")},
      {"counter reset", troubled("counter reset at traefik-1")}};
  for (const auto& [name, newest] : rows) {
    CAPTURE(name);
    CHECK(verdict(errors(), newest, 0) == Verdict::wait);
    CHECK(verdict(errors(), newest, 10) == Verdict::wait);
    CHECK(verdict(errors(), newest, 29) == Verdict::wait);
    CHECK(verdict(errors(), newest, 30) == Verdict::exhausted);
  }
  Reading bad_and_troubled = troubled("counter reset at traefik-1");
  bad_and_troubled.canary = 1.0;
  CHECK(verdict(errors(), bad_and_troubled) == Verdict::wait);
}

TEST_CASE("judge: an indicator that was not read at all is no evidence") {
  const Judgement judgement =
      judge(gate({errors(), latency()}), {}, {reading(0, 1000)}, Milliseconds{10000});
  CHECK(judgement.verdict == Verdict::wait);
  CHECK(judgement.indicator == "latency");
}

TEST_CASE("judge: good evidence passes once the hold is over") {
  CHECK(verdict(errors(), reading(0, 1000), 9) == Verdict::wait);
  CHECK(judge(gate({errors()}), {}, {reading(0, 1000)}, Milliseconds{9999}).verdict ==
        Verdict::wait);
  CHECK(verdict(errors(), reading(0, 1000), 10) == Verdict::pass);
  CHECK(judge(gate({}), {}, {}, Milliseconds{9999}).verdict == Verdict::wait);
  CHECK(judge(gate({}), {}, {}, Milliseconds{10000}).verdict == Verdict::pass);
}

TEST_CASE(
    "judge: evidence that comes late or comes back still passes, within the budget and at its "
    "end") {
  CHECK(verdict(errors(), troubled("counter reset at traefik-1"), 12) == Verdict::wait);
  CHECK(verdict(errors(), reading(0, 1000), 13) == Verdict::pass);
  CHECK(verdict(errors(), reading(0, 1000), 30) == Verdict::pass);
  CHECK(verdict(errors(), reading(0, 1000), 3000) == Verdict::pass);
}

TEST_CASE("judge: a breach is one at any time and wins over missing evidence") {
  for (const int seconds : {0, 9, 10, 30, 3000}) {
    CAPTURE(seconds);
    const Judgement judgement = judge(gate({errors(), latency()}), {},
                                      {Reading{}, reading(9, 1000)}, Milliseconds{seconds * 1000});
    CHECK(judgement.verdict == Verdict::breach);
    CHECK(judgement.indicator == "latency");
  }
}

TEST_CASE("judge: without a budget the hold is all the time there is") {
  GatePolicy policy = gate({errors()});
  policy.budget = Milliseconds{0};
  CHECK(judge(policy, {}, {Reading{}}, Milliseconds{9999}).verdict == Verdict::wait);
  CHECK(judge(policy, {}, {Reading{}}, Milliseconds{10000}).verdict == Verdict::exhausted);
}

TEST_CASE(
    "judge: the reason names the value, the limit, what it was compared with and the samples") {
  Reading newest = beside(0.0213, 0.002);
  newest.samples = 412;
  const Judgement judgement =
      judge(gate({errors()}), {{"errors", 0.0019, 5000}}, {newest}, Milliseconds{1000});
  CHECK(judgement.indicator == "errors");
  CHECK(judgement.reason ==
        "errors 2.13 % (limit 2.00 %, stable 0.20 %, baseline 0.19 %, 412 samples) is over its "
        "limit");
  CHECK(judge(gate({errors()}), {}, {reading(0, 40)}, Milliseconds{1000}).reason ==
        "errors: 40 of 100 samples");
  CHECK(judge(gate({errors()}), {}, {troubled("counter reset at traefik-1")}, Milliseconds{30000})
            .reason == "errors: counter reset at traefik-1; no evidence within 30s");
}

TEST_CASE("stable_alone puts the stable version in the canary's place") {
  GateSubject subject;
  subject.stable_service = "odoo-web";
  subject.canary_service = "odoo-web-canary";
  subject.stable_workload = "odoo-web";
  subject.canary_workload = "odoo-web-canary";
  const GateSubject alone = stable_alone(subject);
  CHECK(alone.canary_service == "odoo-web");
  CHECK(alone.canary_workload == "odoo-web");
  CHECK(alone.stable_service.empty());
  CHECK(alone.stable_workload.empty());
  CHECK(alone.weight == 100);
}

TEST_CASE("a gate survives being saved") {
  GatePolicy policy = gate({errors(), latency()});
  policy.indicators[1].limit.reset();
  policy.interval = Milliseconds{500};
  policy.subject.cell = "pool-a";
  policy.subject.stable_service = "odoo-web";
  policy.subject.canary_service = "odoo-web-canary";
  policy.subject.stable_workload = "odoo-web";
  policy.subject.port = 8069;
  policy.subject.weight = 25;
  policy.subject.tenants = {"acme", "bistro"};
  const auto again = parse_gate_policy(to_json(policy));
  REQUIRE(again.ok());
  CHECK(to_bytes(to_json(*again)) == to_bytes(to_json(policy)));
  CHECK_FALSE(again->indicators[1].limit);
  CHECK(again->indicators[0].comparison == Comparison::points);
}

TEST_CASE("every source of an indicator survives being saved") {
  IndicatorConfig proxies = example_indicator("latency", ProxyIndicator::latency);
  proxies.quantile = 0.99;
  IndicatorConfig sql;
  sql.name = "orders_lost";
  sql.source = IndicatorSource::sql;
  sql.query = "select count(*) from sale_order";
  sql.server = "main";
  sql.per_tenant = true;
  sql.limit = 0;
  IndicatorConfig prometheus;
  prometheus.name = "checkout_time";
  prometheus.query = "histogram_quantile(0.95, ...)";
  prometheus.unit = Unit::seconds;
  prometheus.max_age = Milliseconds{9000};
  for (const IndicatorConfig& indicator : {proxies, sql, prometheus}) {
    const auto again = parse_indicator(to_json(indicator));
    REQUIRE(again.ok());
    CHECK(to_bytes(to_json(*again)) == to_bytes(to_json(indicator)));
    CHECK(again->source == indicator.source);
  }
}

TEST_CASE("a saved gate that was edited is refused with the place") {
  const Json good = to_json(gate({errors()}));
  const auto trouble = [&](const char* pointer, Json value) {
    Json edited = good;
    edited[Json::json_pointer(pointer)] = std::move(value);
    const auto parsed = parse_gate_policy(edited);
    return parsed.ok() ? std::string("accepted") : parsed.failure().message;
  };
  CHECK(trouble("/hold_ms", "ten").find("'hold_ms'") != std::string::npos);
  CHECK(trouble("/typo", 1).find("'typo' is unknown") != std::string::npos);
  CHECK(trouble("/indicators/0/comparison", "sideways").find("'comparison'") != std::string::npos);
  CHECK(trouble("/indicators/0/limit", "2%").find("'limit'") != std::string::npos);
  CHECK(trouble("/indicators/0/min_samples", -1).find("'min_samples'") != std::string::npos);
  CHECK(trouble("/indicators/0/indicator/source", "tea leaves").find("'source'") !=
        std::string::npos);
  CHECK(trouble("/indicators/0/name", "other").find("definition of 'errors'") != std::string::npos);
  CHECK(trouble("/subject/port", "8069").find("'port'") != std::string::npos);
  CHECK(trouble("/subject", nullptr) != "accepted");
}
