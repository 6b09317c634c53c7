// Rules of routers: what fits, and what is no rule.
#include "lab/traefik/proxy_rule.hpp"

#include <catch2/catch.hpp>

using namespace ostler::lab;

namespace {

bool fits(const std::string& rule, const std::string& host, const std::string& path = "/") {
  const auto read = read_rule(rule);
  REQUIRE(read.ok());
  return (*read)->fits({host, path, "GET"});
}

}  // namespace

TEST_CASE("a rule matches hosts, expressions and paths", "[lab]") {
  CHECK(fits("Host(`Alma.shop.example`)", "alma.shop.example"));
  CHECK_FALSE(fits("Host(`alma.shop.example`)", "brio.shop.example"));
  const std::string all = R"(HostRegexp(`^[a-z0-9-]+\.shop\.example$`))";
  CHECK(fits(all, "alma.shop.example"));
  CHECK_FALSE(fits(all, "alma.shop.example.org"));
  CHECK(fits("PathPrefix(`/web`)", "x", "/web/login"));
  CHECK_FALSE(fits("Path(`/web`)", "x", "/web/login"));
}

TEST_CASE("matchers are joined as Traefik joins them", "[lab]") {
  const std::string rule = "Host(`a`) && (PathPrefix(`/web/database`) || PathPrefix(`/metrics`))";
  CHECK(fits(rule, "a", "/metrics"));
  CHECK_FALSE(fits(rule, "a", "/shop"));
  CHECK_FALSE(fits(rule, "b", "/metrics"));
  CHECK(fits("Host(`a`) || Host(`b`) && Path(`/x`)", "a", "/y"));
  CHECK(fits("!Host(`a`) && Method(`GET`)", "b"));
}

TEST_CASE("what is no rule is refused with a reason", "[lab]") {
  for (const char* rule : {"", "Host(`a`", "Host(a)", "Host(`a`) &&", "Host(`a`) Host(`b`)",
                           "Cookie(`a`)", "PathPrefix(`web`)", "HostRegexp(`(`)"}) {
    INFO(rule);
    CHECK_FALSE(read_rule(rule).ok());
  }
  CHECK(read_rule("Cookie(`a`)").failure().message == "unsupported function: Cookie");
}
