// The simulated disk: what survives what.
#include "sim/disk.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::sim;

namespace {

/// A disk on which nothing fails by chance.
struct Bench {
  explicit Bench(std::uint64_t seed)
      : world(seed),
        trace(world),
        faults(seed, Swarm::of(seed, 1), trace, world),
        incidents(faults),
        process(world, incidents, trace),
        disk(faults, trace, seed) {
    faults.end();
    disk.heal();
  }
  lab::World world;
  Trace trace;
  Faults faults;
  Incidents incidents;
  Process process;
  SimDisk disk;
};

}  // namespace

TEST_CASE("what was synced survives a power cut, of the rest a part may", "[sim]") {
  bool lost = false, kept = false;
  for (std::uint64_t seed = 1; seed < 200; ++seed) {
    Bench bench(seed);
    const auto store = bench.disk.open(bench.process).value();
    REQUIRE(store->append("durable\n"));
    REQUIRE(store->sync());
    REQUIRE(store->append("not yet\n"));
    bench.disk.lose_power();
    const std::string& left = bench.disk.bytes();
    REQUIRE(left.substr(0, 8) == "durable\n");
    lost = lost || left.size() == 8;
    kept = kept || left.size() == 16;
  }
  CHECK(lost);
  CHECK(kept);
}

TEST_CASE("a kill leaves the page cache, but a write under way may be torn", "[sim]") {
  bool whole = false, torn = false;
  for (std::uint64_t seed = 1; seed < 200; ++seed) {
    Bench bench(seed);
    const auto store = bench.disk.open(bench.process).value();
    REQUIRE(store->append("durable\n"));
    REQUIRE(store->sync());
    REQUIRE(store->append("not yet\n"));
    bench.disk.lose_process();
    REQUIRE(bench.disk.bytes().size() >= 8);
    whole = whole || bench.disk.bytes().size() == 16;
    torn = torn || bench.disk.bytes().size() < 16;
  }
  CHECK(whole);
  CHECK(torn);
}

TEST_CASE("one process at a time has the disk", "[sim]") {
  Bench bench(1);
  auto store = bench.disk.open(bench.process).value();
  CHECK(bench.disk.open(bench.process).failure().code == "locked");
  store.reset();
  CHECK(bench.disk.open(bench.process));
}
