// One suite over the fake, the lab's and two real Traefik Pods: the route as written, as loaded,
// and as counted.
#include "tests/contract/cluster.hpp"
#include "tests/fakes/fake_traefik.hpp"

#include "ostler/base/hash.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

using Reach = TraefikSettings::Reach;

struct World {
  Kubernetes& kubernetes;
  Traefik& traefik;
  Clock& clock;
  std::string name_space;
};

void put(const World& world, Json object) {
  object["metadata"]["namespace"] = world.name_space;
  REQUIRE(world.kubernetes.create(object).ok());
}

/// A Service without a selector: its addresses are what we write into its EndpointSlice.
void add_service(const World& world, const std::string& name) {
  Json service{{"apiVersion", "v1"}, {"kind", "Service"}};
  service["metadata"]["name"] = name;
  service["spec"]["ports"] = Json::array({{{"name", "http"}, {"port", 8069}}});
  put(world, service);
}

void add_endpoint(const World& world, const std::string& name, const std::string& address) {
  Json slice{
      {"apiVersion", "discovery.k8s.io/v1"}, {"kind", "EndpointSlice"}, {"addressType", "IPv4"}};
  slice["metadata"]["name"] = name + "-1";
  slice["metadata"]["labels"]["kubernetes.io/service-name"] = name;
  Json endpoint = Json::object();
  endpoint["addresses"] = Json::array({address});
  endpoint["conditions"] = {{"ready", true}, {"serving", true}, {"terminating", false}};
  slice["endpoints"] = Json::array({endpoint});
  slice["ports"] = Json::array({{{"name", "http"}, {"port", 8069}}});
  put(world, slice);
}

void add_route(const World& world) {
  Json route{{"apiVersion", "traefik.io/v1alpha1"}, {"kind", "TraefikService"}};
  route["metadata"]["name"] = "odoo";
  route["spec"]["weighted"]["sticky"]["cookie"]["name"] = "rel";
  route["spec"]["weighted"]["services"] = Json::array({{{"name", "odoo-web"},
                                                        {"kind", "Service"},
                                                        {"port", 8069},
                                                        {"weight", 100},
                                                        {"passHostHeader", false}}});
  put(world, route);
}

void set_up(const World& world) {
  for (const char* name : {"odoo-web", "odoo-web-canary"}) add_service(world, name);
  add_endpoint(world, "odoo-web", "10.88.77.1");
  add_route(world);
}

TraefikSettings reached(Reach reach) {
  return {"traefik", "app=traefik", 8080, reach};
}

template <typename Suite>
void over_every_traefik(Suite suite) {
  SECTION("fake") {
    FakeKubernetes kubernetes;
    FakeTraefik traefik{kubernetes};
    traefik.looks_to_load = 3;
    VirtualClock clock;
    const World world{kubernetes, traefik, clock, "contract"};
    set_up(world);
    suite(world);
  }
  for (const auto& [name, reach] : {std::pair{"lab", Reach::direct},
                                    std::pair{"lab, through the API server", Reach::api_server}}) {
    SECTION(name) {
      LabPlatform lab;
      const auto kubernetes = lab.kubernetes();
      const auto traefik = make_traefik(reached(reach), *kubernetes, lab.http);
      const World world{*kubernetes, *traefik, lab.clock, "contract"};
      make_namespace(*kubernetes, world.name_space);
      set_up(world);
      suite(world);
    }
  }
  SECTION("real") {
    if (!on_stack()) return;
    Cancellation cancellation;
    const auto http = make_http_client(cancellation);
    const auto processes = make_process_runner();
    const auto clock = make_system_clock();
    auto kubernetes = make_kubernetes({stack_variable("KUBECONFIG_ADMIN"), ""}, *http, *processes);
    REQUIRE(kubernetes.ok());
    for (const auto reach : {Reach::direct, Reach::api_server}) {
      const auto traefik = make_traefik(reached(reach), **kubernetes, *http);
      const World world{**kubernetes, *traefik, *clock, "ostler-contract-" + random_hex(6)};
      make_namespace(**kubernetes, world.name_space);
      set_up(world);
      suite(world);
      CHECK((*kubernetes)->remove({"v1", "Namespace", "", world.name_space}).ok());
    }
  }
}

bool every_proxy(const World& world, const std::function<bool(const LoadedRoute&)>& wanted) {
  return eventually(world.clock, [&] {
    const auto proxies = world.traefik.proxies();
    REQUIRE(proxies.ok());
    for (const auto& loaded : world.traefik.loaded(*proxies, world.name_space, "odoo"))
      if (!loaded.ok() || !wanted(*loaded)) return false;
    return true;
  });
}

bool has_weights(const LoadedRoute& route, const std::vector<WeightedChild>& children) {
  std::vector<WeightedChild> loaded;
  for (const auto& child : route.children)
    loaded.push_back({child.service, child.port, child.weight});
  return route.found && loaded == children;
}

}  // namespace

TEST_CASE("contract: new weights are written once and loaded by every proxy",
          "[traefik][Proxies]") {
  over_every_traefik([](const World& world) {
    REQUIRE(world.traefik.proxies()->size() == 2);
    const auto before = world.traefik.route(world.name_space, "odoo");
    REQUIRE(before.ok());
    CHECK(before->children == std::vector<WeightedChild>{{"odoo-web", 8069, 100}});
    CHECK(every_proxy(
        world, [&](const LoadedRoute& route) { return has_weights(route, before->children); }));

    add_endpoint(world, "odoo-web-canary", "10.88.77.2");
    const std::vector<WeightedChild> shared{{"odoo-web", 8069, 95}, {"odoo-web-canary", 8069, 5}};
    const auto after =
        world.traefik.set_children(world.name_space, "odoo", *before, shared, {"run-1", 2, 7});
    REQUIRE(after.ok());
    CHECK(after->children == shared);
    CHECK(after->object["metadata"]["annotations"][run_annotation] == "run-1");
    CHECK(after->object["spec"]["weighted"]["sticky"]["cookie"]["name"] == "rel");
    CHECK(after->object["spec"]["weighted"]["services"][1]["passHostHeader"] == false);
    CHECK(every_proxy(world, [&](const LoadedRoute& route) {
      return has_weights(route, shared) &&
             route.children[0].addresses == std::vector<std::string>{"10.88.77.1:8069"} &&
             route.children[1].addresses == std::vector<std::string>{"10.88.77.2:8069"};
    }));

    // Whoever read the route before that write comes too late.
    const Failure late =
        world.traefik
            .set_children(world.name_space, "odoo", *before, before->children, {"run-2", 1, 1})
            .failure();
    CHECK(late.code == "Conflict");
    CHECK(world.traefik.route(world.name_space, "odoo")->children == shared);
  });
}

TEST_CASE("contract: a child without an address takes the whole route away", "[traefik][Proxies]") {
  over_every_traefik([](const World& world) {
    CHECK(every_proxy(world, [](const LoadedRoute& route) { return route.found; }));
    const auto before = world.traefik.route(world.name_space, "odoo");
    REQUIRE(before.ok());
    REQUIRE(world.traefik
                .set_children(world.name_space, "odoo", *before,
                              {{"odoo-web", 8069, 100}, {"odoo-web-canary", 8069, 0}}, {})
                .ok());
    CHECK(every_proxy(world, [](const LoadedRoute& route) { return !route.found; }));
  });
}

TEST_CASE("contract: a route that is not there says so", "[traefik][Proxies]") {
  over_every_traefik([](const World& world) {
    const Failure absent = world.traefik.route(world.name_space, "other").failure();
    CHECK(absent.kind == FailureKind::permanent);
    CHECK(absent.code == "404");
    const auto proxies = world.traefik.proxies();
    for (const auto& loaded : world.traefik.loaded(*proxies, world.name_space, "other")) {
      REQUIRE(loaded.ok());
      CHECK_FALSE(loaded->found);
    }
  });
}

TEST_CASE("contract: every proxy tells its counters and since when they count",
          "[traefik][Proxies]") {
  over_every_traefik([](const World& world) {
    const auto proxies = world.traefik.proxies();
    REQUIRE(proxies.ok());
    const auto counters = world.traefik.counters(*proxies);
    REQUIRE(counters.size() == proxies->size());
    for (std::size_t at = 0; at < counters.size(); ++at) {
      REQUIRE(counters[at].ok());
      CHECK(counters[at]->proxy == (*proxies)[at].name);
      CHECK(counters[at]->started > 1.7e9);
    }
  });
}

TEST_CASE("the shop's requests are counted by the proxies under its label", "[traefik][Proxies]") {
  const auto counts = [](Kubernetes& kubernetes, HttpClient& http, Clock& clock) {
    const auto traefik = make_traefik(reached(Reach::direct), kubernetes, http);
    const std::string label = traefik_service_label("odoo-pool-a", "odoo-web", 8069);
    const auto proxies = traefik->proxies();
    REQUIRE(proxies.ok());
    for (const Proxy& proxy : *proxies) {
      HttpRequest request;
      request.url = "http://" + proxy.address + ":8000/web/health";
      request.headers = {{"Host", "shop1.shop.example"}};
      REQUIRE(http.send(request).ok());
    }
    CHECK(eventually(clock, [&] {
      double requests = 0;
      for (const auto& counters : traefik->counters(*proxies))
        if (counters.ok() && counters->services.count(label) > 0) {
          const ServiceCounters& service = counters->services.at(label);
          CHECK(service.buckets.size() >= 2);
          requests += service.requests;
        }
      return requests > 0;
    }));
  };
  SECTION("lab") {
    LabPlatform lab;
    lab.come_up();
    counts(*lab.kubernetes(), lab.http, lab.clock);
  }
  SECTION("real") {
    if (!on_stack()) return;
    const auto http = make_http_client(Cancellation());
    const auto processes = make_process_runner();
    const auto clock = make_system_clock();
    auto kubernetes = make_kubernetes({stack_variable("KUBECONFIG_READER"), ""}, *http, *processes);
    REQUIRE(kubernetes.ok());
    counts(**kubernetes, *http, *clock);
  }
}
