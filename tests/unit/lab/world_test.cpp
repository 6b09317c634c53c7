// Virtual time: order, cancelling, and chance that repeats.
#include "ostler/lab/world.hpp"

#include <catch2/catch.hpp>

using namespace ostler::lab;
using namespace std::chrono_literals;

TEST_CASE("acts happen in the order of their time, and of their planning within one", "[lab]") {
  World world(1);
  std::vector<int> seen;
  world.after(2s, [&] { seen.push_back(3); });
  world.after(1s, [&] { seen.push_back(1); });
  world.after(1s, [&] { seen.push_back(2); });
  world.advance_to(1500ms);
  CHECK(seen == std::vector<int>{1, 2});
  CHECK(world.now() == 1500ms);
  CHECK(world.next() == 2s);
  world.advance_to(2s);
  CHECK(seen == std::vector<int>{1, 2, 3});
}

TEST_CASE("an act sees its own time, may plan more, and does not move time itself", "[lab]") {
  World world(1);
  std::vector<Instant> times;
  world.after(1s, [&] {
    times.push_back(world.now());
    world.advance_to(10s);
    world.after(1s, [&] { times.push_back(world.now()); });
  });
  world.advance_to(3s);
  CHECK(times == std::vector<Instant>{1s, 2s});
}

TEST_CASE("what is cancelled does not happen", "[lab]") {
  World world(1);
  int seen = 0;
  const World::Ticket ticket = world.after(1s, [&] { ++seen; });
  world.after(1s, [&] { seen += 10; });
  world.cancel(ticket);
  world.cancel(ticket);
  world.advance_to(5s);
  CHECK(seen == 10);
}

TEST_CASE("the same seed gives the same chances, another one others", "[lab]") {
  World one(7), two(7), other(8);
  std::vector<std::uint64_t> a, b, c;
  for (int at = 0; at < 20; ++at) {
    a.push_back(one.random(1000));
    b.push_back(two.random(1000));
    c.push_back(other.random(1000));
  }
  CHECK(a == b);
  CHECK(a != c);
  for (int at = 0; at < 100; ++at) {
    const Instant drawn = one.between(3ms, 5ms);
    CHECK(drawn >= 3ms);
    CHECK(drawn <= 5ms);
  }
}
