// The proxies' counters as evidence: sums over all proxies since the gate began, and everything
// that makes them none.
#include "tests/fakes/fake_platform.hpp"

#include "ostler/model/kind.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

const std::string canary = traefik_service_label("odoo-pool-a", "odoo-web-canary", 8069);
const std::string stable = traefik_service_label("odoo-pool-a", "odoo-web", 8069);

GateSubject example_subject() {
  GateSubject subject;
  subject.name_space = "odoo-pool-a";
  subject.route = "odoo-web";
  subject.stable_service = "odoo-web";
  subject.canary_service = "odoo-web-canary";
  subject.stable_workload = "odoo-web";
  subject.canary_workload = "odoo-web-canary";
  subject.port = 8069;
  subject.weight = 5;
  subject.server = "main";
  subject.tenants = {"acme", "bistro"};
  return subject;
}

std::unique_ptr<Sampler> sampler(ProxyIndicator what,
                                 const GateSubject& subject = example_subject()) {
  const IndicatorConfig indicator = example_indicator("x", what);
  for (const IndicatorKind* kind : indicator_kinds())
    if (std::string(kind->name) == "proxies") return kind->make(indicator, subject);
  return nullptr;
}

struct Started {
  explicit Started(ProxyIndicator what, const GateSubject& subject = example_subject())
      : gate(sampler(what, subject)) {
    platform.proxies.count("traefik-1", stable, 10000, 5000, 9);  // long before the gate
    platform.proxies.count("traefik-1", canary, 50, 50, 9);
    gate->start(platform);
  }
  Reading sample() { return gate->sample(platform); }
  FakePlatform platform;
  std::unique_ptr<Sampler> gate;
};

}  // namespace

TEST_CASE("proxies: what happened before the gate does not count") {
  Started gate(ProxyIndicator::error_ratio);
  const Reading nothing = gate.sample();
  CHECK(nothing.trouble.empty());
  CHECK_FALSE(nothing.canary);
  CHECK_FALSE(nothing.stable);
  CHECK(nothing.samples == 0);
}

TEST_CASE("proxies: the error ratio is summed over all proxies") {
  Started gate(ProxyIndicator::error_ratio);
  gate.platform.proxies.count("traefik-1", canary, 30, 3, 0.05);
  gate.platform.proxies.count("traefik-2", canary, 70, 1, 0.05);
  gate.platform.proxies.count("traefik-2", stable, 1000, 2, 0.05);
  const Reading reading = gate.sample();
  CHECK(reading.trouble.empty());
  CHECK(*reading.canary == Approx(0.04));
  CHECK(reading.samples == 100);
  CHECK(*reading.stable == Approx(0.002));
  CHECK(reading.stable_samples == 1000);
  CHECK(reading.evidence["canary_errors"] == 4);
  gate.platform.proxies.count("traefik-1", canary, 100, 0, 0.05);
  CHECK(*gate.sample().canary == Approx(0.02));
}

TEST_CASE("proxies: start forgets what came before it") {
  Started gate(ProxyIndicator::error_ratio);
  gate.platform.proxies.count("traefik-1", canary, 100, 100, 0.05);
  CHECK(*gate.sample().canary == Approx(1));
  gate.gate->start(gate.platform);
  CHECK_FALSE(gate.sample().canary);
}

TEST_CASE("proxies: the latency is a quantile, spread evenly within its bucket") {
  Started gate(ProxyIndicator::latency);
  gate.platform.proxies.count("traefik-1", canary, 90, 0, 0.05);  // up to 0.1 s
  gate.platform.proxies.count("traefik-2", canary, 10, 0, 0.2);   // up to 0.3 s
  gate.platform.proxies.count("traefik-2", stable, 100, 0, 0.05);
  const Reading reading = gate.sample();
  CHECK(*reading.canary ==
        Approx(0.2));  // the 95th of 100 is in the middle of the ten between 0.1 and 0.3
  CHECK(*reading.stable == Approx(0.095));
  CHECK(reading.samples == 100);
}

TEST_CASE(
    "proxies: a latency beyond the largest bucket is a breach or nothing, never a number made up") {
  Started gate(ProxyIndicator::latency);
  gate.platform.proxies.count("traefik-1", canary, 100, 0, 60);
  const Reading over = gate.sample();
  CHECK(over.trouble.empty());
  CHECK(*over.canary == Approx(5.0));  // at least; the limit is 1.2 s

  FakePlatform platform;
  IndicatorConfig patient = example_indicator("x", ProxyIndicator::latency);
  patient.limit = 8;
  const auto gentle = indicator_kinds().front()->make(patient, example_subject());
  gentle->start(platform);
  platform.proxies.count("traefik-1", canary, 100, 0, 60);
  CHECK(gentle->sample(platform).trouble.find("beyond the proxies' largest bucket of 5 s") !=
        std::string::npos);
}

TEST_CASE("proxies: the share is how far the traffic is from the weight") {
  Started gate(ProxyIndicator::share);
  gate.platform.proxies.count("traefik-1", canary, 10, 0, 0.05);
  gate.platform.proxies.count("traefik-1", stable, 90, 0, 0.05);
  const Reading reading = gate.sample();
  CHECK(*reading.canary == Approx(0.05));
  CHECK(reading.samples == 100);
  CHECK_FALSE(reading.stable);
}

TEST_CASE("proxies: a restarted proxy is trouble once, and is measured afresh") {
  Started gate(ProxyIndicator::error_ratio);
  gate.platform.proxies.count("traefik-1", canary, 100, 50, 0.05);
  gate.platform.proxies.count("traefik-2", canary, 10, 0, 0.05);
  (void)gate.sample();
  gate.platform.proxies.restart("traefik-1");
  gate.platform.proxies.count("traefik-1", canary, 7, 0, 0.05);
  CHECK(gate.sample().trouble == "counter reset at proxy traefik-1");
  gate.platform.proxies.count("traefik-1", canary, 30, 3, 0.05);
  const Reading reading = gate.sample();
  CHECK(reading.trouble.empty());
  CHECK(reading.samples == 40);
  CHECK(*reading.canary == Approx(3.0 / 40));
}

TEST_CASE("proxies: a proxy that does not answer or is gone makes the reading no evidence") {
  Started gate(ProxyIndicator::error_ratio);
  gate.platform.proxies.count("traefik-2", canary, 100, 0, 0.05);
  gate.platform.proxies.failures["traefik-1"] = {FailureKind::timeout, "no answer in 2 s", "", ""};
  CHECK(gate.sample().trouble == "proxy traefik-1 does not answer: no answer in 2 s");
  gate.platform.proxies.failures.clear();
  CHECK(gate.sample().trouble.empty());
  gate.platform.proxies.fleet.pop_back();
  CHECK(gate.sample().trouble == "proxy traefik-2 is gone");
  CHECK(gate.sample().trouble.empty());
  gate.platform.proxies.proxies_failure =
      Failure{FailureKind::transient, "no running Traefik", "", ""};
  CHECK(gate.sample().trouble == "the proxies cannot be listed: no running Traefik");
}

TEST_CASE("proxies: a new proxy counts from its first answer on") {
  Started gate(ProxyIndicator::error_ratio);
  gate.platform.proxies.fleet.push_back({"traefik-3", "10.88.9.9"});
  gate.platform.proxies.count("traefik-3", canary, 500, 500, 0.05);
  CHECK_FALSE(gate.sample().canary);
  gate.platform.proxies.count("traefik-3", canary, 10, 0, 0.05);
  CHECK(gate.sample().samples == 10);
}

TEST_CASE("proxies: traffic that stops is no evidence any more") {
  Started gate(ProxyIndicator::error_ratio);
  gate.platform.time.advance(Milliseconds{10000});
  gate.platform.proxies.count("traefik-1", canary, 100, 0, 0.05);
  CHECK(gate.sample().trouble.empty());
  gate.platform.time.advance(Milliseconds{15000});
  CHECK(gate.sample().trouble.empty());
  gate.platform.time.advance(Milliseconds{1});
  CHECK(gate.sample().trouble == "no request has reached odoo-web-canary for 15s");
  gate.platform.proxies.count("traefik-1", canary, 1, 0, 0.05);
  CHECK(gate.sample().trouble.empty());
}

TEST_CASE("proxies: a slow shop's usual pauses are no silence") {
  Started gate(ProxyIndicator::error_ratio);
  gate.platform.time.advance(Milliseconds{200000});
  gate.platform.proxies.count("traefik-1", canary, 20, 0, 0.05);  // one in ten seconds
  CHECK(gate.sample().trouble.empty());
  gate.platform.time.advance(Milliseconds{30000});
  CHECK(gate.sample().trouble.empty());
  gate.platform.time.advance(Milliseconds{30000});
  CHECK_FALSE(gate.sample().trouble.empty());
}

TEST_CASE(
    "proxies: an old version that has left the route is nothing to compare with, and no trouble") {
  GateSubject alone = stable_alone(example_subject());
  Started gate(ProxyIndicator::error_ratio, alone);
  gate.platform.proxies.count("traefik-1", stable, 100, 1, 0.05);
  const Reading reading = gate.sample();
  CHECK(*reading.canary == Approx(0.01));
  CHECK_FALSE(reading.stable);
  CHECK(reading.trouble.empty());
}
