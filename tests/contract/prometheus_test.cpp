// The lab's Prometheus and the real one: the answers that their client reads are those that they
// give.
#include "ostler/systems/prometheus.hpp"

#include "tests/contract/lab_platform.hpp"
#include "tests/contract/stack.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace ostler;

namespace {

void answers_as_expected(const std::string& url, HttpClient& http) {
  const auto prometheus = make_prometheus({url, "", nullptr, Milliseconds{5000}}, http);
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
  const auto web = prometheus->query("up{job=\"shop\",namespace=\"odoo-pool-a\",app=\"odoo-web\"}");
  REQUIRE(web.ok());
  REQUIRE_FALSE(web->samples.empty());
  for (const auto& sample : web->samples)
    for (const char* label : {"instance", "pod", "pod_template_hash"})
      CHECK(sample.labels.count(label) == 1);
  const Failure bad = prometheus->query("sum(").failure();
  CHECK(bad.kind == FailureKind::permanent);
  CHECK(bad.code == "400");
  CHECK(prometheus->query("up[1m]").failure().message.find("gives a matrix") != std::string::npos);
}

}  // namespace

TEST_CASE("Prometheus answers as its client expects", "[prometheus][PrometheusDoor]") {
  SECTION("lab") {
    LabPlatform lab;
    lab.come_up();
    answers_as_expected("http://" + lab.platform.addresses().prometheus, lab.http);
  }
  SECTION("real") {
    if (!on_stack()) return;
    const auto http = make_http_client(Cancellation());
    answers_as_expected("http://127.0.0.1:9090", *http);
  }
}
