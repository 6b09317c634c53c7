// What a Traefik makes of the objects, and its round robin.
#include "lab/traefik/proxy_configuration.hpp"

#include "lab/traefik/proxy_balancer.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::lab;

namespace {

void put(KnownObjects& known, const std::string& api, const std::string& kind,
         const std::string& name, Json object) {
  object["metadata"]["name"] = name;
  object["metadata"]["namespace"] = "pool";
  known.take({{api, kind, "pool", name}, nullptr, std::make_shared<const Json>(object), 1});
}

void put_service(KnownObjects& known, const std::string& name) {
  put(known, "v1", "Service", name,
      Json::parse(R"({"spec":{"ports":[{"name":"http","port":8069}]}})"));
}

Json endpoint(const std::string& address, bool serving = true, bool terminating = false) {
  Json result{{"addresses", Json::array({address})}};
  result["conditions"] = {
      {"ready", serving && !terminating}, {"serving", serving}, {"terminating", terminating}};
  return result;
}

void put_slice(KnownObjects& known, const std::string& service, const Json& endpoints) {
  Json slice = Json::parse(R"({"ports":[{"name":"http","port":8069}]})");
  slice["metadata"]["labels"]["kubernetes.io/service-name"] = service;
  slice["endpoints"] = endpoints;
  put(known, "discovery.k8s.io/v1", "EndpointSlice", service + "-1", slice);
}

void put_route(KnownObjects& known, const Json& services) {
  Json route;
  route["spec"]["weighted"]["services"] = services;
  put(known, "traefik.io/v1alpha1", "TraefikService", "odoo", route);
}

KnownObjects stable_and_canary() {
  KnownObjects known;
  for (const char* name : {"odoo-web", "odoo-web-canary"}) put_service(known, name);
  put_slice(known, "odoo-web", Json::array({endpoint("10.88.0.5"), endpoint("10.88.0.6")}));
  put_route(known, Json::parse(R"([{"name":"odoo-web","port":8069,"weight":95},
                                   {"name":"odoo-web-canary","port":8069,"weight":0}])"));
  return known;
}

}  // namespace

TEST_CASE("a child without a serving endpoint takes the weighted service away", "[lab]") {
  KnownObjects known = stable_and_canary();
  ProxyConfiguration read = read_configuration(known);
  CHECK(read.services.count("pool-odoo") == 0);
  // What was built before it came to that stays.
  CHECK(read.services.count("pool-odoo-web-8069") == 1);

  put_slice(known, "odoo-web-canary", Json::array({endpoint("10.88.0.7", false)}));
  CHECK(read_configuration(known).services.count("pool-odoo") == 0);

  put_slice(known, "odoo-web-canary", Json::array({endpoint("10.88.0.7")}));
  read = read_configuration(known);
  REQUIRE(read.services.count("pool-odoo") == 1);
  const LoadedService& weighted = read.services.at("pool-odoo");
  CHECK(weighted.children == std::vector<LoadedService::Child>{{"pool-odoo-web-8069", 95},
                                                               {"pool-odoo-web-canary-8069", 0}});
  CHECK(read.services.at("pool-odoo-web-canary-8069").servers.front().url() ==
        "http://10.88.0.7:8069");
}

TEST_CASE("an endpoint that leaves but still serves stays listed and gets nobody new", "[lab]") {
  KnownObjects known = stable_and_canary();
  put_route(known, Json::parse(R"([{"name":"odoo-web","port":8069}])"));
  put_slice(known, "odoo-web",
            Json::array({endpoint("10.88.0.5", true, true), endpoint("10.88.0.6")}));
  const LoadedService service = read_configuration(known).services.at("pool-odoo-web-8069");
  CHECK(service.servers ==
        std::vector<LoadedServer>{{"10.88.0.5", 8069, true}, {"10.88.0.6", 8069, false}});
}

TEST_CASE("a Service must have the port, and an object that goes is forgotten", "[lab]") {
  KnownObjects known = stable_and_canary();
  put_route(known, Json::parse(R"([{"name":"odoo-web","port":80}])"));
  CHECK(read_configuration(known).services.empty());
  put_route(known, Json::parse(R"([{"name":"odoo-web","port":"http"}])"));
  CHECK(read_configuration(known).services.count("pool-odoo-web-http") == 1);
  const auto slice = known.slices.at({"pool", "odoo-web"}).at("odoo-web-1");
  known.take({{"discovery.k8s.io/v1", "EndpointSlice", "pool", "odoo-web-1"}, slice, nullptr, 2});
  CHECK(read_configuration(known).services.empty());
}

TEST_CASE("a route with one plain Service has it under the router's own name", "[lab]") {
  KnownObjects known = stable_and_canary();
  put(known, "traefik.io/v1alpha1", "IngressRoute", "direct", Json::parse(R"json({"spec":{"routes":[
        {"kind":"Rule","match":"Host(`a`)","priority":7,
         "services":[{"name":"odoo-web","port":8069}]},
        {"kind":"Rule","match":"Host(`b`)",
         "services":[{"kind":"TraefikService","name":"odoo"}]}]}})json"));
  const ProxyConfiguration read = read_configuration(known);
  REQUIRE(read.routers.size() == 2);
  for (const auto& [name, router] : read.routers) {
    CHECK(name.find("pool-direct-") == 0);
    CHECK(name.size() == std::string("pool-direct-").size() + 20);
    CHECK(router.service == (router.rule == "Host(`a`)" ? name : "pool-odoo"));
    CHECK(read.services.count(router.service) == (router.rule == "Host(`a`)" ? 1 : 0));
  }
}

TEST_CASE("the round robin is exact", "[lab]") {
  for (const auto& [stable, canary] : {std::pair{95, 5}, std::pair{50, 50}, std::pair{1, 3}}) {
    ProxyBalancer balancer;
    balancer.add(0, stable, false);
    balancer.add(1, canary, false);
    balancer.add(2, 0, false);
    std::array<int, 3> chosen{};
    for (int at = 0; at < 400; ++at) ++chosen[balancer.next()];
    CHECK(chosen[0] == 400 * stable / (stable + canary));
    CHECK(chosen[1] == 400 * canary / (stable + canary));
    CHECK(chosen[2] == 0);
    CHECK(balancer.has(1));
    CHECK_FALSE(balancer.has(2));
  }
}

TEST_CASE("a fenced server is passed over, and when all are fenced there is nobody", "[lab]") {
  ProxyBalancer balancer;
  CHECK(balancer.next() == ProxyBalancer::nobody);
  balancer.add(0, 1, true);
  CHECK(balancer.next() == ProxyBalancer::nobody);
  balancer.add(1, 1, false);
  for (int at = 0; at < 5; ++at) CHECK(balancer.next() == 1);
}
