#include "systems/traefik_route.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

Json route(const std::string& services) {
  Json object =
      Json::parse(R"({"apiVersion":"traefik.io/v1alpha1","kind":"TraefikService","metadata":
      {"name":"odoo","namespace":"pool","uid":"u","resourceVersion":"8812"},
      "spec":{"weighted":{"sticky":{"cookie":{"name":"rel"}},"services":[]}}})");
  object["spec"]["weighted"]["services"] = Json::parse(services);
  return object;
}

}  // namespace

TEST_CASE("names are made as Traefik makes them", "[traefik]") {
  CHECK(traefik_service_label("pool-a", "odoo-web", 8069) == "pool-a-odoo-web-8069");
  CHECK(traefik_service_label("pool", "odoo", 0) == "pool-odoo");
  CHECK(traefik_service_label("a--b", "c.d_e-", 80) == "a-b-c-d-e-80");
}

TEST_CASE("a weighted route is read with its children", "[traefik]") {
  const auto read = read_weighted_route(route(
      R"([{"name":"web","kind":"Service","port":8069,"weight":95},{"name":"canary","port":8069}])"));
  REQUIRE(read.ok());
  CHECK(read->uid == "u");
  CHECK(read->resource_version == "8812");
  CHECK(read->children == std::vector<WeightedChild>{{"web", 8069, 95}, {"canary", 8069, 1}});
}

TEST_CASE("a route that cannot be followed into the proxies is refused", "[traefik]") {
  CHECK(read_weighted_route(route("null")).failure().message ==
        "TraefikService pool/odoo is not a weighted one");
  CHECK(read_weighted_route(route(R"([{"name":"web","port":"http"}])"))
            .failure()
            .message.find("by a word") != std::string::npos);
  CHECK(read_weighted_route(route(R"([{"name":"web","port":1,"namespace":"other"}])"))
            .failure()
            .message.find("in the namespace 'other'") != std::string::npos);
  CHECK(read_weighted_route(route(R"([{"name":"w-b","port":1},{"name":"w--b","port":1}])"))
            .failure()
            .message.find("twice") != std::string::npos);
}

TEST_CASE("new children replace the list in one guarded write and keep what is not ours",
          "[traefik]") {
  const auto before = read_weighted_route(route(
      R"([{"name":"web","kind":"Service","port":8069,"weight":100,"scheme":"https","strategy":"wrr","passHostHeader":true}])"));
  REQUIRE(before.ok());
  const Json patch =
      children_patch(*before, {{"web", 8069, 95}, {"canary", 8069, 5}}, {"run-1", 3, 14});
  CHECK(patch == Json::parse(R"({"metadata":{"resourceVersion":"8812","annotations":
      {"ostler.dev/run":"run-1","ostler.dev/epoch":"3","ostler.dev/opno":"14"}},
      "spec":{"weighted":{"services":[
        {"name":"web","kind":"Service","port":8069,"weight":95,"scheme":"https","strategy":"wrr","passHostHeader":true},
        {"name":"canary","kind":"Service","port":8069,"weight":5,"scheme":"https","strategy":"wrr","passHostHeader":true}]}}})"));
}
