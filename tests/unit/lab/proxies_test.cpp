// Two Traefiks: what they load and when, where they send requests, and what they count.
#include "systems/traefik_loaded.hpp"
#include "tests/unit/lab/proxied_shop.hpp"

#include "ostler/systems/traefik.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::lab;
using namespace std::chrono_literals;

namespace {

LoadedRoute loaded(ProxiedShop& shop, const std::string& proxy) {
  HttpRequest request;
  request.url = "http://10.88.9.2:8080/api/http/services?search=pool-&per_page=1000&page=1";
  const Served served = shop.proxies.api(proxy).answer(request);
  REQUIRE(served.response.status == 200);
  CHECK(served.response.header("x-next-page") == "1");
  return read_loaded_route(Json::parse(served.response.body), "pool", "odoo");
}

Json asked(ProxiedShop& shop, const std::string& path, int status = 200) {
  HttpRequest request;
  request.url = "http://10.88.9.2:8080" + path;
  const Served served = shop.proxies.api("traefik-1").answer(request);
  CHECK(served.response.status == status);
  return Json::parse(served.response.body);
}

ServiceCounters counters(ProxiedShop& shop, const std::string& service) {
  return parse_traefik_metrics(shop.proxies.metrics("traefik-1"))
      .services[traefik_service_label("pool", service, 8069)];
}

std::map<std::string, int> versions(ProxiedShop& shop, int requests, int status = 200) {
  std::map<std::string, int> result;
  for (int at = 0; at < requests; ++at) {
    const Served served = shop.ask("/web/health");
    CHECK(served.response.status == status);
    ++result[std::string(served.response.header("x-shop-version"))];
  }
  return result;
}

}  // namespace

TEST_CASE("new weights are loaded by every proxy in its own time", "[lab]") {
  ProxiedShop shop;
  shop.add_pod("odoo-web-canary", "10.88.0.7", "2");
  shop.weigh({{"odoo-web", 95}, {"odoo-web-canary", 5}});
  CHECK(loaded(shop, "traefik-1").children.size() == 1);
  shop.pass(10s);
  for (const char* proxy : {"traefik-1", "traefik-2"}) {
    const LoadedRoute route = loaded(shop, proxy);
    REQUIRE(route.children.size() == 2);
    CHECK(route.children[0].service == "odoo-web");
    CHECK(route.children[0].weight == 95);
    CHECK(route.children[0].addresses == std::vector<std::string>{"10.88.0.5:8069"});
    CHECK(route.children[1].weight == 5);
  }
  CHECK(versions(shop, 400) == std::map<std::string, int>{{"1", 380}, {"2", 20}});
}

TEST_CASE("a proxy loads at most once in its throttle, and the newest then", "[lab]") {
  ProxiedShop shop;
  shop.add_pod("odoo-web-canary", "10.88.0.7", "2");
  shop.pass(10s);
  const auto loads = [&] {
    const std::string text = shop.proxies.metrics("traefik-1");
    const std::size_t at = text.find("\ntraefik_config_reloads_total ");
    return std::stoi(text.substr(at + 30));
  };
  const int before = loads();
  for (int weight = 1; weight <= 30; ++weight) {
    shop.weigh({{"odoo-web", 100 - weight}, {"odoo-web-canary", weight}});
    shop.pass(100ms);
  }
  CHECK(loads() - before >= 1);
  CHECK(loads() - before <= 2);
  shop.pass(5s);
  CHECK(loaded(shop, "traefik-1").children[1].weight == 30);
  // What changes nothing for it is no load.
  const int after = loads();
  shop.objects.edit(shop.route, {{"metadata", {{"annotations", {{"run", "1"}}}}}});
  shop.pass(5s);
  CHECK(loads() == after);
}

TEST_CASE("a child without an address takes the whole route away: 404", "[lab]") {
  ProxiedShop shop;
  shop.weigh({{"odoo-web", 100}, {"odoo-web-canary", 0}});
  shop.pass(10s);
  CHECK_FALSE(loaded(shop, "traefik-1").found);
  const Served served = shop.ask("/web/health");
  CHECK(served.response.status == 404);
  CHECK(served.response.body == "404 page not found\n");
  const Json router = asked(shop, "/api/http/routers?search=pool-")[0];
  CHECK(router["status"] == "disabled");
  CHECK(router["error"][0] == "the service \"pool-odoo@kubernetescrd\" does not exist");
  CHECK(shop.ask("/web/health", "elsewhere.example").response.status == 404);
}

TEST_CASE("weight 0 gets nothing, and alone answers 503", "[lab]") {
  ProxiedShop shop;
  shop.add_pod("odoo-web-canary", "10.88.0.7", "2");
  shop.weigh({{"odoo-web", 100}, {"odoo-web-canary", 0}});
  shop.pass(10s);
  CHECK(versions(shop, 50) == std::map<std::string, int>{{"1", 50}});
  shop.weigh({{"odoo-web", 0}});
  shop.pass(10s);
  const Served served = shop.ask("/web/health");
  CHECK(served.response.status == 503);
  CHECK(served.response.body == "no available server\n");
}

TEST_CASE("a server that is gone answers 502 until the proxy has noticed", "[lab]") {
  ProxiedShop shop;
  shop.add_pod("odoo-web", "10.88.0.6", "1");
  shop.pass(10s);
  shop.pods.remove("10.88.0.6");
  int failed = 0;
  for (int at = 0; at < 10; ++at) failed += shop.ask("/web/health").response.status == 502;
  CHECK(failed == 5);
  shop.set_endpoints("odoo-web", {{"10.88.0.5", false}});
  shop.pass(10s);
  CHECK(versions(shop, 10) == std::map<std::string, int>{{"1", 10}});
}

TEST_CASE("an endpoint that leaves stays listed and gets nobody new", "[lab]") {
  ProxiedShop shop;
  shop.add_pod("odoo-web", "10.88.0.6", "leaving");
  shop.set_endpoints("odoo-web", {{"10.88.0.5", false}, {"10.88.0.6", true}});
  shop.pass(10s);
  CHECK(loaded(shop, "traefik-1").children[0].addresses.size() == 2);
  CHECK(versions(shop, 20) == std::map<std::string, int>{{"1", 20}});
  shop.set_endpoints("odoo-web", {{"10.88.0.5", true}, {"10.88.0.6", true}});
  shop.pass(10s);
  CHECK(shop.ask("/web/health").response.status == 503);
}

TEST_CASE("a sticky cookie keeps a client on its child", "[lab]") {
  ProxiedShop shop;
  shop.add_pod("odoo-web-canary", "10.88.0.7", "2");
  shop.objects.edit(shop.route,
                    Json::parse(R"({"spec":{"weighted":{"sticky":{"cookie":{"name":"rel"}}}}})"));
  shop.weigh({{"odoo-web", 50}, {"odoo-web-canary", 50}});
  shop.pass(10s);
  const Served first = shop.ask("/web/health");
  const std::string cookie(first.response.header("set-cookie"));
  REQUIRE(cookie.rfind("rel=", 0) == 0);
  const std::string pair = "other=1; " + cookie.substr(0, cookie.find(';'));
  for (int at = 0; at < 10; ++at) {
    const Served again = shop.ask("/web/health", "alma.shop.example", pair);
    CHECK(again.response.header("x-shop-version") == first.response.header("x-shop-version"));
    CHECK(again.response.header("set-cookie").empty());
  }
}

TEST_CASE("requests are counted by service, and late by entry point", "[lab]") {
  ProxiedShop shop;
  for (int at = 0; at < 4; ++at) shop.ask("/shop/fails");
  shop.ask("/web/health", "elsewhere.example");
  CHECK(counters(shop, "odoo-web").requests == 0);
  shop.pass(1s);
  const ServiceCounters service = counters(shop, "odoo-web");
  CHECK(service.requests == 4);
  CHECK(service.errors == 4);
  CHECK(service.seconds > 0.2);
  CHECK(service.buckets.at(0.1) == 4);
  CHECK(service.buckets.size() == 5);
  const std::string text = shop.proxies.metrics("traefik-1");
  for (const char* line :
       {"traefik_entrypoint_requests_total{code=\"404\",entrypoint=\"web\",method=\"GET\","
        "protocol=\"http\"} 1\n",
        "traefik_service_requests_total{code=\"500\",method=\"GET\",protocol=\"http\","
        "service=\"pool-odoo-web-8069@kubernetescrd\"} 4\n",
        "# TYPE traefik_service_request_duration_seconds histogram\n",
        "traefik_service_request_duration_seconds_bucket{code=\"500\",method=\"GET\","
        "protocol=\"http\",service=\"pool-odoo-web-8069@kubernetescrd\",le=\"+Inf\"} 4\n"}) {
    INFO(line);
    CHECK(text.find(line) != std::string::npos);
  }
  double seen = 0;
  shop.proxies.visit("traefik-1", [&](const std::shared_ptr<const Series>& series, double value) {
    if (series->name != "traefik_service_requests_total") return;
    seen = value;
    CHECK(std::find(series->labels.begin(), series->labels.end(),
                    std::pair<std::string, std::string>{"pod", "traefik-1"}) !=
          series->labels.end());
  });
  CHECK(seen == 4);
}

TEST_CASE("what was counted for a service that is gone is told once more, then forgotten",
          "[lab]") {
  ProxiedShop shop;
  shop.add_pod("odoo-web-canary", "10.88.0.7", "2");
  shop.weigh({{"odoo-web", 50}, {"odoo-web-canary", 50}});
  shop.pass(10s);
  versions(shop, 10);
  shop.pass(1s);
  shop.weigh({{"odoo-web", 100}});
  shop.pass(10s);
  CHECK(counters(shop, "odoo-web-canary").requests == 5);
  CHECK(counters(shop, "odoo-web-canary").requests == 0);
  CHECK(counters(shop, "odoo-web").requests == 5);
  shop.weigh({{"odoo-web", 50}, {"odoo-web-canary", 50}});
  shop.pass(10s);
  versions(shop, 10);
  shop.pass(1s);
  CHECK(counters(shop, "odoo-web-canary").requests == 5);
  CHECK(counters(shop, "odoo-web").requests == 10);
}

TEST_CASE("a frozen proxy loads nothing until it is let go; a restarted one counts from zero",
          "[lab]") {
  ProxiedShop shop;
  shop.add_pod("odoo-web-canary", "10.88.0.7", "2");
  shop.pass(10s);
  shop.proxies.freeze("traefik-1", true);
  shop.weigh({{"odoo-web", 95}, {"odoo-web-canary", 5}});
  shop.pass(20s);
  CHECK(loaded(shop, "traefik-1").children.size() == 1);
  CHECK(loaded(shop, "traefik-2").children.size() == 2);
  shop.proxies.freeze("traefik-1", false);
  shop.pass(1s);
  CHECK(loaded(shop, "traefik-1").children.size() == 2);

  versions(shop, 10);
  shop.pass(1s);
  const ProxyCounters before = parse_traefik_metrics(shop.proxies.metrics("traefik-1"));
  CHECK(before.started > 1.7e9);
  shop.weigh({{"odoo-web", 90}, {"odoo-web-canary", 10}});
  shop.proxies.restart("traefik-1");
  const ProxyCounters after = parse_traefik_metrics(shop.proxies.metrics("traefik-1"));
  CHECK(after.started > before.started);
  CHECK(after.services.empty());
  CHECK(loaded(shop, "traefik-1").children[1].weight == 10);
}

TEST_CASE("the API shows services, routers and itself as the real one does", "[lab]") {
  ProxiedShop shop;
  const Json service = asked(shop, "/api/http/services/pool-odoo-web-8069@kubernetescrd");
  CHECK(service["type"] == "loadbalancer");
  CHECK(service["status"] == "enabled");
  CHECK(service["loadBalancer"]["servers"][0]["url"] == "http://10.88.0.5:8069");
  CHECK(service["serverStatus"]["http://10.88.0.5:8069"] == "UP");
  const Json weighted = asked(shop, "/api/http/services/pool-odoo@kubernetescrd");
  CHECK(weighted["weighted"]["services"] ==
        Json::parse(R"([{"name":"pool-odoo-web-8069","weight":100}])"));
  const Json routers = asked(shop, "/api/http/routers?search=pool-");
  REQUIRE(routers.size() == 1);
  CHECK(routers[0]["service"] == "pool-odoo");
  CHECK(routers[0]["using"] == Json::array({"web"}));
  CHECK(weighted["usedBy"] == Json::array({routers[0]["name"]}));
  CHECK(asked(shop, "/api/http/services/nothing@kubernetescrd", 404)["message"] ==
        "service not found: nothing@kubernetescrd");
  CHECK(asked(shop, "/api/version")["Version"] == "3.6.12");
  CHECK(asked(shop, "/api/overview")["http"]["services"]["total"] == 6);
  CHECK(asked(shop, "/api/http/services?per_page=2&page=9", 400)["message"] ==
        "invalid request: page: 9, per_page: 2");
}

TEST_CASE("the same seed gives the same run", "[lab]") {
  const auto run = [](std::uint64_t seed) {
    ProxiedShop shop(seed);
    shop.add_pod("odoo-web-canary", "10.88.0.7", "2");
    shop.weigh({{"odoo-web", 90}, {"odoo-web-canary", 10}});
    std::string history;
    for (int at = 0; at < 100; ++at) {
      history += shop.ask("/web/health").response.header("x-shop-version");
      shop.pass(20ms);
    }
    return history + shop.proxies.metrics("traefik-1");
  };
  CHECK(run(1) == run(1));
  CHECK(run(1) != run(2));
}
