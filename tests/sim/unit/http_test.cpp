// The simulated network: what each fault does to the one who asks and to the one who is asked.
#include "sim/http.hpp"

#include "ostler/lab/door_http.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::sim;
using namespace std::chrono_literals;

namespace {

class CountingDoor final : public lab::Door {
 public:
  int arrived = 0;
  lab::Served answer(const HttpRequest&) override {
    ++arrived;
    return lab::answer_text(200, "done");
  }
};

/// A network on which one fault happens every time.
struct Bench {
  explicit Bench(Fault fault)
      : trace(world), faults(1, only(fault), trace, world), incidents(faults) {
    doors["server.test:80"] = &door;
    request.method = "PUT";
    request.url = "http://server.test/thing";
    request.timeout = Milliseconds{1000};
  }
  static Swarm only(Fault fault) {
    Swarm swarm;
    if (fault != Fault::none) swarm.per_million.at(static_cast<std::size_t>(fault)) = 1'000'000;
    return swarm;
  }
  /// The kind of the failure, or the status, as a word.
  std::string send() {
    Process process(world, incidents, trace);
    SimHttp http(process, faults, trace, doors, network);
    const Result<HttpResponse> answer = http.send(request);
    return answer ? std::to_string(answer->status) : std::string(to_string(answer.failure().kind));
  }

  lab::World world{1};
  Trace trace;
  Faults faults;
  Incidents incidents;
  CountingDoor door;
  Doors doors;
  Network network;
  HttpRequest request;
};

}  // namespace

TEST_CASE("every fault of the network does what it says", "[sim]") {
  struct Case {
    Fault fault;
    const char* seen;
    int arrived, arrived_later;
  };
  const std::vector<Case> cases{
      {Fault::none, "200", 1, 1},
      {Fault::request_lost, "timeout", 0, 0},
      {Fault::answer_lost, "timeout", 1, 1},
      {Fault::reset, "unknown", 1, 1},
      {Fault::late, "timeout", 0, 1},
      {Fault::failed_before, "503", 0, 0},
      {Fault::failed_after, "502", 1, 1},
      {Fault::doubled, "200", 1, 2},
      {Fault::partition, "transient", 0, 0},
  };
  for (const Case& one : cases) {
    INFO(to_string(one.fault));
    Bench bench(one.fault);
    CHECK(bench.send() == one.seen);
    CHECK(bench.door.arrived == one.arrived);
    bench.world.advance_to(60s);
    CHECK(bench.door.arrived == one.arrived_later);
  }
}

TEST_CASE("a server that is not there refuses", "[sim]") {
  Bench bench(Fault::none);
  bench.request.url = "http://nobody.test/thing";
  CHECK(bench.send() == "transient");
  CHECK(lab::authority_of("https://a.test/x") == "a.test:443");
  CHECK(lab::authority_of("http://[::1]:8080/x") == "[::1]:8080");
}

TEST_CASE("a dead process reaches nothing any more", "[sim]") {
  Bench bench(Fault::none);
  Process process(bench.world, bench.incidents, bench.trace);
  SimHttp http(process, bench.faults, bench.trace, bench.doors, bench.network);
  process.dies_at(lab::Instant{0});
  CHECK_THROWS_AS(process.wait(1s), Killed);
  const int before = bench.door.arrived;
  CHECK_THROWS_AS(http.send(bench.request), Killed);
  CHECK(bench.door.arrived == before);
}
