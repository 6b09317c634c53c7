// The lab's Prometheus, through the client that talks to the real one.
#include "ostler/lab/prometheus_door.hpp"

#include "ostler/base/json.hpp"
#include "ostler/base/text.hpp"
#include "ostler/lab/door_http.hpp"
#include "ostler/systems/prometheus.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace ostler;
using namespace ostler::lab;
using namespace std::chrono_literals;

namespace {

/// Two Pods of the shop, scraped every second; `count` is what each has counted.
struct Shop {
  World world{1};
  PrometheusDoor door{world, {}};
  DoorHttp http;
  std::unique_ptr<PrometheusLook> prometheus =
      make_prometheus({"http://127.0.0.1:9090", "", nullptr, 5000ms}, http);
  double count = 0;
  bool answers = true;
  PrometheusDoor::Target first, second;

  Shop() {
    http.serve("127.0.0.1:9090", door);
    first = add("pod-1", 1);
    second = add("pod-2", 3);
  }
  PrometheusDoor::Target add(const std::string& pod, double factor) {
    return door.add_target(
        {{"job", "shop"}, {"instance", pod}, {"app", "odoo-web"}},
        [this, factor](const PrometheusDoor::Visitor& visit) {
          visit("shop_requests_total", {{"app", "inner"}, {"code", "200"}}, count * factor);
          visit("shop_seconds_bucket", {{"le", "0.1"}}, count * factor);
          visit("shop_seconds_bucket", {{"le", "1"}}, 2 * count * factor);
          visit("shop_seconds_bucket", {{"le", "+Inf"}}, 2 * count * factor);
          return answers;
        });
  }
  /// So many seconds, in each of which a Pod counts 10 times its factor.
  void pass(int seconds) {
    for (int passed = 0; passed < seconds; ++passed) {
      count += 10;
      world.advance_to(world.now() + 1s);
    }
  }
  double value(const std::string& expression) {
    const auto answer = prometheus->query(expression);
    if (!answer.ok()) FAIL(expression << ": " << answer.failure().message);
    if (answer->samples.size() != 1) FAIL(expression << ": " << answer->samples.size());
    return answer->samples[0].value;
  }
  std::size_t size(const std::string& expression) {
    const auto answer = prometheus->query(expression);
    if (!answer.ok()) FAIL(expression << ": " << answer.failure().message);
    return answer->samples.size();
  }
  std::string trouble(const std::string& expression) {
    const auto answer = prometheus->query(expression);
    return answer.ok() ? "" : answer.failure().message;
  }
  Json ask(const std::string& path) {
    HttpRequest request;
    request.url = "http://127.0.0.1:9090" + path;
    return parse_json(http.send(request)->body, "answer").value();
  }
};

}  // namespace

TEST_CASE("Prometheus answers as its client expects", "[lab]") {
  Shop shop;
  shop.pass(3);
  CHECK(shop.prometheus->ready().value());
  CHECK(shop.value("1 + 1") == 2);
  const auto vector = shop.prometheus->query("vector(3)");
  REQUIRE(vector->samples.size() == 1);
  CHECK(vector->samples[0].labels.empty());
  CHECK(shop.prometheus->query("no_such_metric")->samples.empty());
  CHECK(std::isnan(shop.value("vector(0) / 0")));
  CHECK(std::isinf(shop.value("vector(1) / 0")));
  const auto up = shop.prometheus->query("up");
  REQUIRE(up->samples.size() == 2);
  CHECK(up->samples[0].labels.at("job") == "shop");
  const Failure bad = shop.prometheus->query("sum(").failure();
  CHECK(bad.kind == FailureKind::permanent);
  CHECK(bad.code == "400");
  CHECK(shop.trouble("up[1m]").find("gives a matrix") != std::string::npos);
}

TEST_CASE("series carry the labels of their target, and keep their own beside", "[lab]") {
  Shop shop;
  shop.pass(2);
  const auto found = shop.prometheus->query("shop_requests_total{instance=\"pod-1\"}");
  REQUIRE(found->samples.size() == 1);
  const auto& labels = found->samples[0].labels;
  CHECK(labels.at("app") == "odoo-web");
  CHECK(labels.at("exported_app") == "inner");
  CHECK(labels.at("__name__") == "shop_requests_total");
  CHECK(shop.size("{__name__=~\"shop_.*\", le=\"\"}") == 2);
  CHECK(shop.size("up{instance!~\"pod-1|pod-3\"}") == 1);
  CHECK(shop.size("up{instance=~\"pod-.\"}") == 2);
}

TEST_CASE("rates are stretched to their range as Prometheus stretches them", "[lab]") {
  Shop shop;
  shop.pass(20);
  // Four samples lie in the range, three seconds apart; both ends are near enough.
  CHECK(shop.value("increase(shop_requests_total{instance=\"pod-1\"}[4s])") == Approx(40));
  CHECK(shop.value("rate(shop_requests_total{instance=\"pod-1\"}[4s])") == Approx(10));
  CHECK(shop.value("sum(rate(shop_requests_total[10s]))") == Approx(40));
  CHECK(shop.value("sum by (job) (rate(shop_requests_total[10s] offset 5s))") == Approx(40));
  CHECK(shop.value("irate(shop_requests_total{instance=\"pod-2\"}[10s])") == Approx(30));
  CHECK(shop.value("delta(shop_requests_total{instance=\"pod-1\"}[4s])") == Approx(40));
  // Further back than the series goes it is stretched by half a distance, not below zero.
  CHECK(shop.value("increase(shop_requests_total{instance=\"pod-1\"}[1m])") == Approx(195));
  shop.count = 0;
  shop.pass(1);
  CHECK(shop.value("increase(shop_requests_total{instance=\"pod-1\"}[3s])") ==
        Approx(20 * 3.0 / 2));
  CHECK(shop.size("rate(shop_requests_total[1s])") == 0);
}

TEST_CASE("quantiles are read off the buckets", "[lab]") {
  Shop shop;
  shop.pass(20);
  const std::string buckets = "sum by (le) (rate(shop_seconds_bucket[10s]))";
  CHECK(shop.value("histogram_quantile(0.25, " + buckets + ")") == Approx(0.05));
  CHECK(shop.value("histogram_quantile(0.75, " + buckets + ")") == Approx(0.55));
  CHECK(shop.value("histogram_quantile(1, " + buckets + ")") == Approx(1));
  CHECK(std::isinf(shop.value("histogram_quantile(2, " + buckets + ")")));
  const auto missing = shop.prometheus->query("histogram_quantile(0.5, sum(up))");
  REQUIRE(missing->warnings.size() == 1);
  CHECK(missing->warnings[0].find("bucket label \"le\" is missing") != std::string::npos);
}

TEST_CASE("the age of a sample can be asked for", "[lab]") {
  Shop shop;
  shop.pass(5);
  shop.world.advance_to(5s + 400ms);
  CHECK(shop.value("time() - max(timestamp(up))") == Approx(0.4));
  shop.door.scrape(false);
  shop.world.advance_to(65s);
  CHECK(shop.value("time() - max(timestamp(up))") == Approx(60));
  shop.world.advance_to(304s);
  CHECK(shop.size("up") == 2);
  shop.world.advance_to(306s);
  CHECK(shop.size("up") == 0);
  CHECK(shop.value("absent(up{job=\"shop\"})") == 1);
  shop.door.scrape(true);
  shop.world.advance_to(308s);
  CHECK(shop.size("up") == 2);
}

TEST_CASE("the series of a target that is down or gone end", "[lab]") {
  Shop shop;
  shop.pass(5);
  CHECK(shop.size("shop_requests_total") == 2);
  shop.door.remove_target(shop.first);
  shop.pass(1);
  CHECK(shop.size("shop_requests_total") == 1);
  CHECK(shop.size("up") == 1);
  shop.answers = false;
  shop.pass(1);
  CHECK(shop.size("shop_requests_total") == 0);
  CHECK(shop.value("up") == 0);
  CHECK(shop.size("increase(shop_requests_total[5s])") == 2);
  shop.answers = true;
  shop.pass(1);
  CHECK(shop.value("up") == 1);
}

TEST_CASE("operators join vectors by their labels", "[lab]") {
  Shop shop;
  shop.pass(5);
  CHECK(shop.size("up == 1") == 2);
  CHECK(shop.size("up == 0") == 0);
  CHECK(shop.value("sum(up > bool 1)") == 0);
  CHECK(shop.value("2 + 3 * 2 ^ 3 ^ 0 - 10 % 4") == 6);
  CHECK(shop.value("-2 ^ 2") == -4);
  CHECK(shop.value("1 < bool 2") == 1);
  CHECK(shop.size("shop_requests_total / on (instance) up") == 2);
  CHECK(shop.value("sum(shop_requests_total / ignoring (exported_app, code) up)") == 200);
  CHECK(shop.size("shop_seconds_bucket * on (instance) group_left (code) shop_requests_total") ==
        6);
  CHECK(shop.size("up and on (instance) shop_requests_total{instance=\"pod-1\"}") == 1);
  CHECK(shop.size("up unless on (instance) shop_requests_total{instance=\"pod-1\"}") == 1);
  CHECK(shop.size("up or vector(1)") == 3);
  CHECK(shop.value("topk(1, shop_requests_total)") == 150);
  CHECK(shop.value("bottomk(1, shop_requests_total)") == 50);
  CHECK(shop.value("max(shop_requests_total) - min(shop_requests_total)") == 100);
  CHECK(shop.value("avg without (instance) (shop_requests_total)") == 100);
  CHECK(shop.value("count(up)") == 2);
  CHECK(shop.value("clamp_max(max(shop_requests_total), 7)") == 7);
  CHECK(shop.value("round(vector(2.34), 0.1)") == Approx(2.3));
  CHECK(std::isnan(shop.value("scalar(up)")));
  CHECK(shop.trouble("up / ignoring (instance) up")
            .find("422 execution: found duplicate series for the match group") !=
        std::string::npos);
}

TEST_CASE("what is no PromQL is told in Prometheus' words", "[lab]") {
  Shop shop;
  const std::pair<const char*, const char*> cases[] = {
      {"sum(", "1:5: parse error: unclosed left parenthesis"},
      {"sum(up", "1:7: parse error: unclosed left parenthesis"},
      {"sum by (job (up)",
       "1:13: parse error: unexpected \"(\" in grouping opts, expected \",\" or \")\""},
      {"up{", "1:4: parse error: unexpected end of input inside braces"},
      {"up{job=}", "1:8: parse error: unexpected \"}\" in label matching, expected string"},
      {"rate(up)",
       "1:6: parse error: expected type range vector in call to function \"rate\", got instant "
       "vector"},
      {"rate(up[5m)",
       "1:11: parse error: unexpected \")\" in subquery or range, expected \":\" or \"]\""},
      {"up +", "1:5: parse error: unexpected end of input"},
      {"foo bar", "1:5: parse error: unexpected identifier \"bar\""},
      {"", "unknown position: parse error: no expression found in input"},
      {"{job=\"\"}",
       "1:1: parse error: vector selector must contain at least one non-empty matcher"},
      {"nope(up)", "1:1: parse error: unknown function with name \"nope\""},
      {"up[0m]", "1:4: parse error: duration must be greater than 0"},
      {")", "1:2: parse error: unexpected right parenthesis ')'"},
      {"1 > 2", "1:3: parse error: comparisons between scalars must use BOOL modifier"},
      {"up unless 1",
       "1:1: parse error: set operator \"unless\" not allowed in binary scalar expression"},
      {"clamp_min(up,1,2)",
       "1:1: parse error: expected 2 argument(s) in call to \"clamp_min\", got 3"},
      {"sum(up) without",
       "1:16: parse error: unexpected end of input in grouping opts, expected \"(\""},
      {"up[5m:1m]", "1:6: parse error: the lab's Prometheus does not know subqueries"},
  };
  for (const auto& [expression, words] : cases) {
    INFO(expression);
    const std::string told = shop.trouble(expression);
    CHECK(told.find(std::string("400 bad_data: invalid parameter \"query\": ") + words) !=
          std::string::npos);
    CHECK(ends_with(told, words));
  }
  CHECK(shop.trouble(std::string(5000, '(')).find("nested too deeply") != std::string::npos);
}

TEST_CASE("a partial answer and a dead Prometheus are told apart", "[lab]") {
  Shop shop;
  shop.pass(2);
  shop.door.warn("PromQL warning: a store did not answer");
  CHECK(shop.prometheus->query("up")->warnings.size() == 1);
  shop.door.fail(true);
  CHECK_FALSE(shop.prometheus->ready().value());
  CHECK(shop.prometheus->query("up").failure().kind == FailureKind::transient);
}

TEST_CASE("ranges, targets, series and labels are told", "[lab]") {
  Shop shop;
  shop.pass(10);
  const std::string start = std::to_string(
      std::chrono::duration_cast<std::chrono::seconds>(shop.world.wall().time_since_epoch())
          .count() -
      4);
  const Json range = shop.ask("/api/v1/query_range?query=up&step=2s&start=" + start +
                              "&end=" + start.substr(0, start.size()));
  CHECK(range.at("data").at("resultType") == "matrix");
  CHECK(range.at("data").at("result").size() == 2);
  CHECK(range.at("data").at("result")[0].at("values")[0][1] == "1");
  CHECK(shop.ask("/api/v1/query_range?query=up&step=0&start=1&end=2").at("error") ==
        "invalid parameter \"step\": zero or negative query resolution step widths are not "
        "accepted. Try a positive integer");
  const Json targets = shop.ask("/api/v1/targets").at("data").at("activeTargets");
  REQUIRE(targets.size() == 2);
  CHECK(targets[0].at("health") == "up");
  CHECK(shop.ask("/api/v1/label/instance/values").at("data") == Json{"pod-1", "pod-2"});
  CHECK(shop.ask("/api/v1/label/__name__/values").at("data").size() == 5);
  CHECK(shop.ask("/api/v1/series?match[]=up").at("data").size() == 2);
  CHECK(shop.ask("/api/v1/query?query=up&time=1").at("data").at("result").empty());
}

TEST_CASE("metrics are read as text too", "[lab]") {
  Shop shop;
  std::optional<std::string> text =
      "# HELP a_total Words.\n# TYPE a_total counter\n"
      "a_total{path=\"/x\\\"y\\\\z\",code=\"200\"} 1.5e1 1795850385676\n"
      "b 2\n\nc{} NaN\n";
  shop.door.add_text_target({{"job", "traefik"}, {"instance", "traefik-1"}},
                            [&text] { return text; });
  shop.pass(1);
  CHECK(shop.value("a_total{code=\"200\",path='/x\"y\\\\z'}") == 15);
  CHECK(shop.value("b") == 2);
  CHECK(std::isnan(shop.value("c")));
  text = "a_total{path=\"x 1\n";
  shop.pass(1);
  CHECK(shop.value("up{job=\"traefik\"}") == 0);
  text.reset();
  shop.pass(1);
  CHECK(shop.size("b") == 0);
}

TEST_CASE("a Prometheus that is told not to scrape costs nothing", "[lab]") {
  World world(1);
  PrometheusDoorSettings settings;
  settings.interval = 0s;
  PrometheusDoor door(world, settings);
  int scraped = 0;
  door.add_target({{"job", "shop"}, {"instance", "a"}}, [&](const PrometheusDoor::Visitor&) {
    ++scraped;
    return true;
  });
  world.advance_to(1h);
  CHECK(scraped == 0);
  CHECK(world.next() == Instant::max());
}
