#include "ostler/systems/traefik.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

const char* const page =
    R"(# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.76397312e+09
traefik_entrypoint_requests_total{code="200",entrypoint="web",method="GET",protocol="http"} 900
traefik_service_requests_total{code="200",method="GET",protocol="http",service="pool-a-odoo-web-8069@kubernetescrd"} 380
traefik_service_requests_total{code="503",method="GET",protocol="http",service="pool-a-odoo-web-8069@kubernetescrd"} 3
traefik_service_requests_total{code="502",method="POST",protocol="http",service="pool-a-odoo-web-8069@kubernetescrd"} 2
traefik_service_requests_total{code="101",method="GET",protocol="websocket",service="pool-a-odoo-web-8069@kubernetescrd"} 4
traefik_service_requests_total{code="200",method="GET",protocol="http",service="pool-a-odoo-web-canary-8069@kubernetescrd"} 2e+01
traefik_service_requests_total{code="200",method="GET",protocol="http",service="ping@internal"} 1
traefik_service_request_duration_seconds_bucket{code="200",method="GET",protocol="http",service="pool-a-odoo-web-8069@kubernetescrd",le="0.1"} 300
traefik_service_request_duration_seconds_bucket{code="200",method="GET",protocol="http",service="pool-a-odoo-web-8069@kubernetescrd",le="+Inf"} 380
traefik_service_request_duration_seconds_bucket{code="503",method="GET",protocol="http",service="pool-a-odoo-web-8069@kubernetescrd",le="0.1"} 1
traefik_service_request_duration_seconds_bucket{code="503",method="GET",protocol="http",service="pool-a-odoo-web-8069@kubernetescrd",le="+Inf"} 3
traefik_service_request_duration_seconds_bucket{code="101",method="GET",protocol="websocket",service="pool-a-odoo-web-8069@kubernetescrd",le="+Inf"} 4
traefik_service_request_duration_seconds_sum{code="200",method="GET",protocol="http",service="pool-a-odoo-web-8069@kubernetescrd"} 12.5
traefik_service_request_duration_seconds_sum{code="101",method="GET",protocol="websocket",service="pool-a-odoo-web-8069@kubernetescrd"} 9000
traefik_service_request_duration_seconds_count{code="200",method="GET",protocol="http",service="pool-a-odoo-web-8069@kubernetescrd"} 380
traefik_service_requests_bytes_total{code="200",method="GET",protocol="http",service="pool-a-odoo-web-8069@kubernetescrd"} 123456
)";

}  // namespace

TEST_CASE("requests, errors and durations are summed over codes, methods and protocols",
          "[traefik]") {
  const ProxyCounters counters = parse_traefik_metrics(page);
  CHECK(counters.started == 1.76397312e9);
  const ServiceCounters& web =
      counters.services.at(traefik_service_label("pool-a", "odoo-web", 8069));
  CHECK(web.requests == 389);
  CHECK(web.errors == 5);
  CHECK(counters.services.at("pool-a-odoo-web-canary-8069").requests == 20);
  CHECK(counters.services.count("ping@internal") == 1);
  CHECK(counters.services.size() == 3);
}

TEST_CASE("a websocket's life is no latency", "[traefik]") {
  const ServiceCounters web = parse_traefik_metrics(page).services.at("pool-a-odoo-web-8069");
  CHECK(web.seconds == 12.5);
  CHECK(web.buckets ==
        std::map<double, double>{{0.1, 301}, {std::numeric_limits<double>::infinity(), 383}});
}

TEST_CASE("lines that are not understood are skipped", "[traefik]") {
  const ProxyCounters counters = parse_traefik_metrics(
      "traefik_service_requests_total\n"
      "traefik_service_requests_total{service=\"a\n"
      "traefik_service_requests_total{service=\"a\"}\n"
      "traefik_service_requests_total{service=\"a\"} x\n"
      "traefik_service_requests_total{service=\"\\\n"
      "traefik_service_requests_total{code=\"200\",service=\"a \\\" b\"} 1 1700000000\r\n"
      "traefik_service_requests_total{code=\"200\"} 7\n"
      "process_start_time_seconds_other 5\n\n}{\n");
  CHECK(counters.started == 0);
  REQUIRE(counters.services.size() == 1);
  CHECK(counters.services.begin()->second.requests == 1);
}
