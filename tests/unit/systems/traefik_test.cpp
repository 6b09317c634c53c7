#include "systems/traefik_loaded.hpp"
#include "tests/fakes/fake_http.hpp"
#include "tests/fakes/fake_kubernetes.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

/// What GET /api/http/services of Traefik 3.6 shows.
Json services() {
  return Json::parse(R"([
    {"name":"pool-a-odoo@kubernetescrd","provider":"kubernetescrd","status":"enabled","type":"weighted",
     "weighted":{"services":[{"name":"pool-a-odoo-web-8069","weight":95},{"name":"pool-a-odoo-web-canary-8069","weight":5}]}},
    {"name":"pool-a-odoo-web-8069@kubernetescrd","status":"enabled","type":"loadbalancer",
     "loadBalancer":{"servers":[{"url":"http://10.88.0.9:8069"},{"url":"http://10.88.0.10:8069"}]},
     "serverStatus":{"http://10.88.0.9:8069":"UP"}},
    {"name":"pool-a-odoo-web-canary-8069@kubernetescrd","status":"enabled",
     "loadBalancer":{"servers":[{"url":"http://10.88.0.11:8069"}]}},
    {"name":"ping@internal","status":"enabled"}])");
}

struct Wire {
  Wire() {
    for (const char* name : {"traefik-b", "traefik-a"})
      put_pod(name, "Running", "10.88.1." + std::to_string(++pods));
  }
  void put_pod(const std::string& name, const std::string& phase, const std::string& address) {
    Json pod{{"apiVersion", "v1"}, {"kind", "Pod"}};
    pod["metadata"] = {{"name", name}, {"namespace", "traefik"}, {"labels", {{"app", "traefik"}}}};
    pod["status"] = {{"phase", phase}, {"podIP", address}};
    kubernetes.put(pod);
  }
  std::unique_ptr<Traefik> make(TraefikSettings::Reach reach = TraefikSettings::Reach::direct) {
    return make_traefik({"traefik", "app=traefik", 8080, reach}, kubernetes, http);
  }

  int pods = 0;
  FakeKubernetes kubernetes;
  FakeHttp http;
};

}  // namespace

TEST_CASE("a loaded route shows weights and addresses of its children", "[traefik]") {
  const LoadedRoute route = read_loaded_route(services(), "pool-a", "odoo");
  REQUIRE(route.found);
  REQUIRE(route.children.size() == 2);
  CHECK(route.children[0].service == "odoo-web");
  CHECK(route.children[0].port == 8069);
  CHECK(route.children[0].weight == 95);
  CHECK(route.children[0].addresses ==
        std::vector<std::string>{"10.88.0.10:8069", "10.88.0.9:8069"});
  CHECK(route.children[1].service == "odoo-web-canary");
  CHECK(route.children[1].weight == 5);
}

TEST_CASE("a route that a proxy does not have, or has disabled, is not found", "[traefik]") {
  CHECK_FALSE(read_loaded_route(services(), "pool-a", "other").found);
  CHECK_FALSE(read_loaded_route(services(), "pool", "a-odoo-x").found);
  Json broken = services();
  broken[0]["status"] = "disabled";
  CHECK_FALSE(read_loaded_route(broken, "pool-a", "odoo").found);
  CHECK_FALSE(read_loaded_route(Json::array(), "pool-a", "odoo").found);
}

TEST_CASE("the proxies are the running Pods of the selector, by name", "[traefik]") {
  Wire wire;
  wire.put_pod("traefik-c", "Pending", "");
  Json leaving = wire.kubernetes.object({"v1", "Pod", "traefik", "traefik-a"});
  leaving["metadata"]["name"] = "traefik-d";
  leaving["metadata"]["deletionTimestamp"] = "2026-11-24T09:00:00Z";
  wire.kubernetes.put(leaving);
  const auto proxies = wire.make()->proxies();
  REQUIRE(proxies.ok());
  REQUIRE(proxies->size() == 2);
  CHECK((*proxies)[0].name == "traefik-a");
  CHECK((*proxies)[0].address == "10.88.1.2");
  wire.kubernetes.erase({"v1", "Pod", "traefik", "traefik-a"});
  wire.kubernetes.erase({"v1", "Pod", "traefik", "traefik-b"});
  CHECK(wire.make()->proxies().failure().message ==
        "no Traefik Pod with the labels app=traefik runs in the namespace traefik");
}

TEST_CASE("every proxy is asked for what it has loaded, over all pages", "[traefik]") {
  Wire wire;
  const std::string question = ":8080/api/http/services?search=pool-a-&per_page=1000&page=";
  const auto page = [](std::initializer_list<int> which, const char* next) {
    Json list = Json::array();
    for (const int at : which) list.push_back(services()[static_cast<std::size_t>(at)]);
    return json_answer(200, list, {{"x-next-page", next}});
  };
  wire.http.expect("GET", "http://10.88.1.2" + question + "1", page({0, 1}, "2"));
  wire.http.expect("GET", "http://10.88.1.1" + question + "1", page({0, 1, 2}, "1"));
  wire.http.expect("GET", "http://10.88.1.2" + question + "2", page({2}, "1"));
  const auto traefik = wire.make();
  const auto loaded = traefik->loaded(*traefik->proxies(), "pool-a", "odoo");
  REQUIRE(loaded.size() == 2);
  CHECK(loaded[0]->children.at(1).addresses == std::vector<std::string>{"10.88.0.11:8069"});
  CHECK(loaded[1]->children.at(1).weight == 5);
  CHECK(wire.http.finished());
}

TEST_CASE("a proxy that does not answer fails alone", "[traefik]") {
  Wire wire;
  wire.http.serve([](const HttpRequest& request) -> Result<HttpResponse> {
    if (request.url.find("10.88.1.1") != std::string::npos)
      return Failure{FailureKind::unknown, "reset", "", ""};
    if (request.url.find("/metrics") != std::string::npos)
      return http_answer(200, "process_start_time_seconds 5\n");
    return json_answer(200, services());
  });
  const auto traefik = wire.make();
  const std::vector<Proxy> proxies = *traefik->proxies();
  const auto loaded = traefik->loaded(proxies, "pool-a", "odoo");
  CHECK(loaded[0].ok());
  CHECK(loaded[1].failure().kind == FailureKind::transient);
  CHECK(loaded[1].failure().message == "Traefik traefik-b: reset");
  const auto counters = traefik->counters(proxies);
  CHECK(counters[0]->proxy == "traefik-a");
  CHECK(counters[0]->started == 5);
  CHECK_FALSE(counters[1].ok());
}

TEST_CASE("metrics without a start time are no evidence, for a restart would go unseen",
          "[traefik]") {
  Wire wire;
  wire.http.serve(
      [](const HttpRequest&) -> Result<HttpResponse> { return http_answer(200, "x 1\n"); });
  const auto traefik = wire.make();
  CHECK(traefik->counters(*traefik->proxies())[0].failure().kind == FailureKind::permanent);
  wire.http.serve([](const HttpRequest&) -> Result<HttpResponse> { return http_answer(404, ""); });
  CHECK(traefik->counters(*traefik->proxies())[0].failure().code == "404");
}

TEST_CASE("proxies can be reached through the API server", "[traefik]") {
  Wire wire;
  for (const char* name : {"traefik-a", "traefik-b"})
    wire.kubernetes.answer_raw(
        std::string{"/api/v1/namespaces/traefik/pods/"} + name + ":8080/proxy/metrics",
        http_answer(200, "process_start_time_seconds 7\n"));
  const auto traefik = wire.make(TraefikSettings::Reach::api_server);
  const auto counters = traefik->counters(*traefik->proxies());
  REQUIRE(counters.size() == 2);
  CHECK(counters[0]->started == 7);
  CHECK(counters[1]->proxy == "traefik-b");
  CHECK(wire.http.requests.empty());
}
