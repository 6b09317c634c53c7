// The shoppers: how many there are, what they take for a failure, and what they remember.
#include "ostler/lab/shoppers.hpp"

#include "tests/unit/lab/proxied_shop.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <set>

using namespace ostler;
using namespace ostler::lab;
using namespace std::chrono_literals;

namespace {

struct Databases final : TenantDatabases {
  std::map<std::string, std::set<std::string>> lost;
  std::map<std::string, std::set<std::string>> asked;
  std::optional<Failure> failure;

  bool has(const std::string&) const override { return true; }
  Result<void> take_order(const std::string&, const ShopCode&, const std::string&) override {
    return {};
  }
  Result<void> take_pos_order(const std::string&, const ShopCode&, const std::string&) override {
    return {};
  }
  Result<std::vector<std::string>> missing_orders(const std::string& database,
                                                  const std::vector<std::string>& uuids) override {
    if (failure) return *failure;
    std::vector<std::string> missing;
    for (const std::string& uuid : uuids) {
      asked[database].insert(uuid);
      if (asked[database].size() == 1) missing.push_back(uuid);
    }
    return missing;
  }
  Result<std::int64_t> registry_counter(const std::string&) override { return std::int64_t{1}; }
  std::vector<JobPart> update(const RunningPod&, const ShopCode&) override { return {}; }
  void update_killed(const RunningPod&) override {}
};

struct Market {
  ProxiedShop shop;
  Databases databases;
  Shoppers shoppers;
  std::map<std::string, int> paths;

  explicit Market(ShopperSettings settings = {})
      : shoppers(shop.world, shop.proxies, databases, std::move(settings)) {
    shop.programs.answers = [this](const HttpRequest& request) {
      ++paths[request.url];
      Served served = answer_text(200, R"({"order":"x","result":{}})");
      served.took = Instant{60'000};
      return served;
    };
  }
};

}  // namespace

TEST_CASE("shoppers keep their rate, and their mix through both proxies", "[lab]") {
  Market market;
  market.shoppers.start();
  market.shop.pass(60s);
  market.shoppers.stop();
  market.shop.pass(1s);
  CHECK(market.shoppers.total().requests == 3000);
  CHECK(market.shoppers.total().failed == 0);
  CHECK(market.paths == std::map<std::string, int>{
                            {"/pos/sync", 300}, {"/shop/checkout", 2100}, {"/web/login", 600}});
  CHECK(market.shoppers.acknowledged() == 2400);
  for (const char* proxy : {"traefik-1", "traefik-2"})
    CHECK(market.shoppers.by_proxy().at(proxy).at("1").requests == 1500);
}

TEST_CASE("the rate changes while they run", "[lab]") {
  Market market({.rate = 3});
  market.shoppers.start();
  market.shop.pass(10s);
  CHECK(market.paths["/shop/checkout"] + market.paths["/web/login"] + market.paths["/pos/sync"] ==
        30);
  market.shoppers.set_rate(700);
  market.shop.pass(10s);
  market.shoppers.set_rate(0);
  market.shop.pass(10s);
  CHECK(market.shoppers.total().requests == 7030);
  market.shoppers.set_rate(1);
  market.shop.pass(5500ms);
  CHECK(market.shoppers.total().requests == 7035);
}

TEST_CASE("an answer counts when it is there, one that comes too late never", "[lab]") {
  Market market({.rate = 1, .hosts = {"alma.shop.example"}, .timeout = 2s});
  market.shop.programs.answers = [](const HttpRequest&) {
    Served served = answer_text(200, R"({"order":"x"})");
    served.took = Instant{3'000'000};
    return served;
  };
  market.shoppers.start();
  market.shop.pass(1500ms);
  CHECK(market.shoppers.total().requests == 0);
  market.shop.pass(2s);
  CHECK(market.shoppers.total().requests == 1);
  const Shoppers::Failed& failed = market.shoppers.failures().front();
  CHECK(failed.status == 0);
  CHECK(failed.why == "no answer in time");
  CHECK(failed.took == 2s);
  CHECK(market.shoppers.by_version().at("none").failed == 1);
  CHECK(market.shoppers.acknowledged() == 0);
}

TEST_CASE("what a shopper takes for a failure", "[lab]") {
  const auto why = [](const std::string& path, int status, const std::string& body) {
    HttpResponse response;
    response.status = status;
    response.body = body;
    return judged(path, response);
  };
  CHECK(why("/shop/checkout", 200, R"({"order": "a"})").empty());
  CHECK(why("/shop/checkout", 200, "{}") == "no order was acknowledged");
  CHECK(why("/shop/checkout", 500, "x") == "HTTP 500");
  CHECK(why("/shop/checkout", 200, "<html>").rfind("no JSON", 0) == 0);
  CHECK(why("/web/login", 200, "<html>").empty());
  CHECK(why("/web/login", 303, "") == "HTTP 303");
  CHECK(why("/pos/sync", 200, R"({"result": {}})").empty());
  CHECK(why("/pos/sync", 200, R"({"error": {"data": {"name": "n", "message": "m"}}})") ==
        "JSON-RPC error n: m");
}

TEST_CASE("the summary looks for every acknowledged order once", "[lab]") {
  Market market;
  market.shoppers.start();
  market.shop.pass(10s);
  market.shoppers.stop();
  market.shop.pass(1s);
  const Json summary = market.shoppers.summary();
  std::size_t asked = 0;
  for (const auto& [tenant, uuids] : market.databases.asked) asked += uuids.size();
  CHECK(asked == market.shoppers.acknowledged());
  CHECK(market.databases.asked.size() == 3);
  CHECK(summary["requests"] == 500);
  CHECK(summary["failed"] == 0);
  CHECK(summary["lost"] == 3);
  CHECK(summary["lost_orders"].size() == 3);
  CHECK(summary["compared"] == true);
  CHECK(summary["by_version"]["1"]["requests"] == 500);
  CHECK(summary["by_proxy"]["http://10.88.9.2:8000"]["1"]["requests"] == 250);
  CHECK(summary["by_status"]["/web/login 200"] > 90);
  CHECK(summary["latency_ms"]["p50"] > 55);
  CHECK(summary["latency_ms"]["max"] < 65);
  CHECK(summary["seconds"] == 10);
  CHECK(market.shoppers.summary()["lost"] == 3);
}

TEST_CASE("orders that could not be looked for are not taken for found", "[lab]") {
  Market market;
  market.shoppers.start();
  market.shop.pass(5s);
  market.databases.failure = Failure{FailureKind::transient, "connection refused", "", ""};
  Json summary = market.shoppers.summary();
  CHECK(summary["compared"] == false);
  CHECK(summary["check_error"] == "connection refused");
  market.databases.failure.reset();
  summary = market.shoppers.summary();
  CHECK(summary["compared"] == true);
  CHECK(summary["lost"] == 3);
}

TEST_CASE("failures are counted all and kept a hundred", "[lab]") {
  Market market;
  market.shop.programs.answers = [](const HttpRequest&) { return answer_text(500, "x"); };
  market.shoppers.start();
  market.shop.pass(10s);
  CHECK(market.shoppers.total().failed >= 490);
  CHECK(market.shoppers.failures().size() == 100);
  CHECK(market.shoppers.failures().back().why == "HTTP 500");
  const Json summary = market.shoppers.summary();
  CHECK(summary["first_failure"] < summary["last_failure"]);
}
