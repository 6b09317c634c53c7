// Whole seeds: the same way every time, the old failures stay cured, and shrinking keeps the cause.
#include "sim/simulation.hpp"

#include "tests/sim/unit/planted.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/side_by_side.hpp"
#include "ostler/base/text.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace ostler;
using namespace ostler::sim;

TEST_CASE("the same seed goes the same way, another one another", "[sim]") {
  forbid_threads();
  const SeedResult one = simulate(777, {}), two = simulate(777, {}), other = simulate(778, {});
  CHECK(one.hash == two.hash);
  CHECK(one.outcome == two.outcome);
  CHECK(one.hash != other.hash);
}

TEST_CASE("some releases are committed and then rolled back by a run of their own", "[sim]") {
  forbid_threads();
  std::uint64_t seed = 1;
  while (seed < 200 && simulate(seed, {}).outcome != sim::Outcome::undone) ++seed;
  CHECK(seed < 200);
}

TEST_CASE("a seed that once failed does not fail any more", "[sim]") {
  forbid_threads();
  std::istringstream lines(read_file(OSTLER_SOURCE_DIR "/tests/sim/seeds.txt").value());
  int seeds = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream read(line);
    SeedOptions options;
    std::uint64_t seed = 0;
    REQUIRE(read >> options.world >> seed);
    INFO(line);
    const SeedResult result = simulate(seed, options);
    CHECK(!result.violation);
    ++seeds;
  }
  CHECK(seeds > 0);
}

TEST_CASE("a planted bug is found, and shrinking leaves out what does not matter", "[sim]") {
  forbid_threads();
  const Planted bug("intent_not_durable");
  CHECK(simulate(4, {}).violation.value().invariant == "I1");
  const SeedResult shortest = shrink(4, {});
  REQUIRE(shortest.violation);
  CHECK(shortest.violation->invariant == "I1");
  CHECK(shortest.faults.empty());
}
