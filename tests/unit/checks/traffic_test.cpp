// The checks of route and indicators.
#include "tests/unit/checks/check_case.hpp"

using namespace ostler;

TEST_CASE("traefik.route: one child, ready, and every proxy serves just that") {
  CheckCase a;
  const Finding good = a.only("traefik.route");
  CHECK(good.outcome == Outcome::pass);
  CHECK(good.found == "odoo-web at 2 proxies, 3 Pods");
}

TEST_CASE("traefik.route: what the API server says") {
  CheckCase leftover;
  leftover.platform.cluster.edit(traefik_service_ref("odoo-pool-a", "odoo-web"),
                                 Json::parse(R"({"spec":{"weighted":{"services":[
          {"name":"odoo-web","port":8069,"weight":95},{"name":"odoo-web-canary","port":8069,"weight":5}]}}})"));
  CHECK(leftover.only("traefik.route").found == "odoo-web:8069 95, odoo-web-canary:8069 5");
  CHECK(leftover.worst("traefik.route") == Outcome::fail);
  CheckCase gone;
  gone.platform.cluster.erase(traefik_service_ref("odoo-pool-a", "odoo-web"));
  CHECK(gone.worst("traefik.route") == Outcome::fail);
  CheckCase silent;
  silent.platform.cluster.fail(
      {"get", "TraefikService", FakeKubernetes::Moment::before, silent.silence, 9, 0});
  CHECK(silent.worst("traefik.route") == Outcome::inconclusive);
}

TEST_CASE("traefik.route: what the proxies do") {
  CheckCase stale;
  stale.platform.proxies.addresses["odoo-web"] = {"10.88.0.99:8069"};
  CHECK(stale.only("traefik.route").found.find("traefik-1 does not know the ready Pod") !=
        std::string::npos);
  CheckCase dead;
  dead.platform.proxies.failures["traefik-2"] = dead.silence;
  CHECK(dead.worst("traefik.route") == Outcome::inconclusive);
  CHECK(dead.only("traefik.route").found == "proxy traefik-2: no answer in 5 s");
  CheckCase none;
  none.platform.proxies.fleet.clear();
  CHECK(none.worst("traefik.route") == Outcome::inconclusive);
}

TEST_CASE("traefik.route: a proxy that sends to a Pod that is gone") {
  CheckCase a;
  std::vector<std::string> addresses;
  for (const Json& slice : a.platform.cluster.objects("EndpointSlice", "odoo-pool-a"))
    for (const Json& endpoint : slice["endpoints"])
      addresses.push_back(endpoint["addresses"][0].get<std::string>() + ":8069");
  addresses.push_back("10.88.0.99:8069");
  a.platform.proxies.addresses["odoo-web"] = addresses;
  CHECK(a.only("traefik.route").found ==
        "proxy traefik-1 sends to 10.88.0.99:8069, where no Pod answers");
}

TEST_CASE("traefik.route: a child without a ready Pod") {
  CheckCase a;
  a.platform.edit_deployment("odoo-web", {{"spec", {{"replicas", 0}}}});
  CHECK(a.only("traefik.route").found == "Service odoo-web has no ready Pod");
}

TEST_CASE("indicators: the proxies see enough requests for the smallest weight") {
  CheckCase a;
  a.platform.proxies.requests_per_look = 50;
  CHECK(a.findings("indicators").size() == 2);
  CHECK(a.worst("indicators") == Outcome::pass);
}

TEST_CASE("indicators: too little traffic for the first weight is told before the release") {
  CheckCase a;
  a.release.traffic.gates = {"errors"};
  a.platform.proxies.requests_per_look = 1;  // 20 requests in 5 s; 5 % of them in 70 s are 14
  const Finding wrong = a.first_bad("indicators");
  CHECK(wrong.outcome == Outcome::fail);
  CHECK(wrong.found.find("at 5 % a gate would see about 14") != std::string::npos);
  a.release.traffic.weights = {25, 100};
  CHECK(a.worst("indicators") == Outcome::pass);
}

TEST_CASE("indicators: one number for both versions is not over its limit already") {
  CheckCase a;
  IndicatorConfig backlog;
  backlog.name = "backlog";
  backlog.source = IndicatorSource::sql;
  backlog.query = "select waiting";
  backlog.server = "main";
  backlog.limit = 500;
  a.environment.indicators.push_back(backlog);
  a.release.traffic.gates = {"backlog"};
  a.platform.database.server->on_rows("select waiting", {{"500"}});
  CHECK(a.worst("indicators") == Outcome::pass);
  a.platform.database.server->on_rows("select waiting", {{"501"}});
  CHECK(a.first_bad("indicators").outcome == Outcome::fail);
  CHECK(a.first_bad("indicators").found == "501 already");
}

TEST_CASE("indicators: none at all is inconclusive") {
  CheckCase a;
  CHECK(a.worst("indicators") == Outcome::inconclusive);
  CHECK(a.first_bad("indicators").found == "no samples within 5.0s");
  a.platform.proxies.requests_per_look = 50;
  a.platform.proxies.failures["traefik-1"] = a.silence;
  CHECK(a.first_bad("indicators").found.find("proxy traefik-1 does not answer") == 0);
}

TEST_CASE("indicators: those of the gates with a release, all without one") {
  CheckCase a;
  a.platform.proxies.requests_per_look = 50;
  a.release.traffic.gates = {"errors"};
  CHECK(a.findings("indicators").size() == 1);
  a.has_release = false;
  CHECK(a.findings("indicators").size() == 2);
}
