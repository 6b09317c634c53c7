// The real Prometheus: the answers that its client reads are those that it gives.
#include "ostler/systems/prometheus.hpp"

#include "tests/contract/stack.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace ostler;

TEST_CASE("the real Prometheus answers as its client expects", "[prometheus]") {
  if (!on_stack()) return;
  Cancellation cancellation;
  const auto http = make_http_client(cancellation);
  const auto prometheus =
      make_prometheus({"http://127.0.0.1:9090", "", nullptr, Milliseconds{5000}}, *http);
  CHECK(*prometheus->ready());
  CHECK(prometheus->query("1 + 1")->samples.at(0).value == 2);
  const auto vector = prometheus->query("vector(3)");
  REQUIRE(vector.ok());
  REQUIRE(vector->samples.size() == 1);
  CHECK(vector->samples[0].labels.empty());
  CHECK(prometheus->query("no_such_metric")->samples.empty());
  CHECK(std::isnan(prometheus->query("vector(0) / 0")->samples.at(0).value));
  CHECK(std::isinf(prometheus->query("vector(1) / 0")->samples.at(0).value));
  const auto up = prometheus->query("up");
  REQUIRE(up.ok());
  REQUIRE_FALSE(up->samples.empty());
  CHECK(up->samples[0].labels.count("job") == 1);
  const Failure bad = prometheus->query("sum(").failure();
  CHECK(bad.kind == FailureKind::permanent);
  CHECK(bad.code == "400");
  CHECK(prometheus->query("up[1m]").failure().message.find("gives a matrix") != std::string::npos);
}
