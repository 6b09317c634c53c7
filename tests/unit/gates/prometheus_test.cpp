// Prometheus as evidence: one fresh number for each version, and everything that makes an answer
// none.
#include "tests/fakes/fake_platform.hpp"

#include "ostler/model/kind.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace ostler;

namespace {

constexpr std::int64_t now_ms = 1'764'000'000'000;

GateSubject example_subject() {
  GateSubject subject;
  subject.name_space = "odoo-pool-a";
  subject.stable_service = "odoo-web";
  subject.canary_service = "odoo-web-canary";
  subject.stable_workload = "odoo-web";
  subject.canary_workload = "odoo-web-canary";
  subject.port = 8069;
  return subject;
}

PromAnswer answer(double value, std::vector<std::string> warnings = {}) {
  PromAnswer result;
  result.samples.push_back({{}, value, WallTime{Milliseconds{now_ms}}});
  result.warnings = std::move(warnings);
  return result;
}

struct Asked {
  explicit Asked(std::string query = "avg(shop_seconds{app=\"${workload}\"})",
                 GateSubject subject = example_subject()) {
    IndicatorConfig indicator;
    indicator.name = "checkout_time";
    indicator.query = std::move(query);
    for (const IndicatorKind* kind : indicator_kinds())
      if (std::string(kind->name) == "prometheus") gate = kind->make(indicator, subject);
    platform.metrics.on("odoo-web\"", answer(0.2));
    platform.metrics.on("odoo-web-canary", answer(0.3));
    scraped(0);
    gate->start(platform);
  }
  /// The newest raw samples are that old.
  void scraped(std::int64_t age_ms) {
    platform.metrics.on("timestamp(", answer(static_cast<double>(now_ms - age_ms) / 1000));
  }
  Reading sample() { return gate->sample(platform); }
  FakePlatform platform;
  std::unique_ptr<Sampler> gate;
};

}  // namespace

TEST_CASE("prometheus: both versions are asked with their own names") {
  Asked gate;
  const Reading reading = gate.sample();
  CHECK(reading.trouble.empty());
  CHECK(*reading.canary == Approx(0.3));
  CHECK(*reading.stable == Approx(0.2));
  CHECK(gate.platform.metrics.asked ==
        std::vector<std::string>{"avg(shop_seconds{app=\"odoo-web-canary\"})",
                                 "max(timestamp(shop_seconds{app=\"odoo-web-canary\"}))",
                                 "avg(shop_seconds{app=\"odoo-web\"})",
                                 "max(timestamp(shop_seconds{app=\"odoo-web\"}))"});
}

TEST_CASE("prometheus: Traefik's label and the namespace are filled in") {
  Asked gate("x{service=\"${service}\", namespace=\"${namespace}\"}");
  (void)gate.sample();
  CHECK(gate.platform.metrics.asked.front() ==
        "x{service=\"odoo-pool-a-odoo-web-canary-8069@kubernetescrd\", namespace=\"odoo-pool-a\"}");
}

TEST_CASE("prometheus: an expression without a version's name has one value only") {
  Asked gate("avg(queue_depth)");
  gate.platform.metrics.on("queue_depth", answer(7));
  gate.scraped(0);
  const Reading reading = gate.sample();
  CHECK(*reading.canary == 7);
  CHECK_FALSE(reading.stable);
}

TEST_CASE("prometheus: every scrape is one sample, asking twice is none") {
  Asked gate;
  gate.scraped(3000);
  CHECK(gate.sample().samples == 1);
  CHECK(gate.sample().samples == 1);
  gate.scraped(2000);
  CHECK(gate.sample().samples == 2);
  gate.gate->start(gate.platform);
  CHECK(gate.sample().samples == 1);
}

TEST_CASE("prometheus: stale samples are no evidence") {
  Asked gate;
  gate.scraped(15000);
  CHECK(gate.sample().trouble.empty());
  gate.scraped(15001);
  CHECK(gate.sample().trouble == "the newest sample is 15s old (limit 15s)");
}

TEST_CASE("prometheus: no data, no number, several series, warnings and silence are no evidence") {
  struct Row {
    const char* name;
    Result<PromAnswer> canary;
    const char* trouble;
  };
  PromAnswer several = answer(1);
  several.samples.push_back(several.samples.front());
  const std::vector<Row> rows{
      {"empty", PromAnswer{}, "no data"},
      {"not a number", answer(std::nan("")), "the value is nan"},
      {"infinite", answer(HUGE_VAL), "the value is inf"},
      {"several", several, "the expression gives 2 series where one is expected"},
      {"partial", answer(1, {"a store did not answer"}),
       "Prometheus warns: a store did not answer"},
      {"dead", Failure{FailureKind::transient, "Prometheus does not answer", "", ""},
       "Prometheus does not answer"}};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Asked gate;
    gate.platform.metrics.on("odoo-web-canary", row.canary);
    const Reading reading = gate.sample();
    CHECK(reading.trouble == row.trouble);
    CHECK_FALSE(reading.canary);
    CHECK(reading.samples == 0);
  }
}

TEST_CASE("prometheus: it recovers by itself") {
  Asked gate;
  gate.platform.metrics.on("odoo-web-canary", PromAnswer{});
  CHECK_FALSE(gate.sample().canary);
  gate.platform.metrics.on("odoo-web-canary", answer(0.3));
  gate.scraped(0);
  CHECK(gate.sample().trouble.empty());
}

TEST_CASE(
    "prometheus: an old version without numbers is nothing to compare with, a broken answer is "
    "trouble") {
  Asked quiet;
  quiet.platform.metrics.on("odoo-web\"", answer(std::nan("")));
  quiet.platform.metrics.on("max(timestamp(", answer(now_ms / 1000.0));
  const Reading reading = quiet.sample();
  CHECK(reading.trouble.empty());
  CHECK(reading.canary);
  CHECK_FALSE(reading.stable);
  Asked broken;
  broken.platform.metrics.on("odoo-web\"",
                             Failure{FailureKind::timeout, "no answer in 5 s", "", ""});
  CHECK(broken.sample().trouble == "no answer in 5 s");
}

TEST_CASE("prometheus: without one there is no evidence") {
  Asked gate;
  gate.platform.has_prometheus = false;
  CHECK(gate.sample().trouble == "the environment has no Prometheus");
}

TEST_CASE("prometheus: which metrics an expression rests on") {
  const auto asked_ages = [](const std::string& query) {
    Asked gate(query, stable_alone(example_subject()));
    gate.platform.metrics.on("", answer(1));
    gate.scraped(0);
    (void)gate.sample();
    std::vector<std::string> ages;
    for (const std::string& expression : gate.platform.metrics.asked)
      if (expression.find("timestamp(") != std::string::npos)
        ages.push_back(expression.substr(14, expression.size() - 16));
    return ages;
  };
  using Names = std::vector<std::string>;
  CHECK(asked_ages("up") == Names{"up"});
  CHECK(asked_ages("sum by (le, app) (rate(a_bucket{app=\"x\",b=~\"}{\"}[15s] offset 1m))") ==
        Names{"a_bucket{app=\"x\",b=~\"}{\"}"});
  CHECK(asked_ages("sum(rate(errors[1m])) / ignoring(code) group_left sum(rate(requests[1m])) > "
                   "bool 0.5e3") == Names{"errors", "requests"});
  CHECK(asked_ages("histogram_quantile(0.95, sum(rate(job:x:rate5m{}[5m])) without (instance))") ==
        Names{"job:x:rate5m{}"});
  CHECK(asked_ages("{__name__=\"a\"} # up") == Names{"{__name__=\"a\"}"});
  CHECK(asked_ages("vector(1)").empty());
}

TEST_CASE("prometheus: an expression without a metric cannot be fresh") {
  Asked gate("vector(1)");
  CHECK(gate.sample().trouble ==
        "the expression names no metric, so nobody can tell how old its data is");
}
