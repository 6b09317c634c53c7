// RFC 3339 in and out, cancellation, the virtual clock.
#include "ostler/base/clock.hpp"

#include <catch2/catch.hpp>
#include <poll.h>

using namespace ostler;
using namespace std::chrono_literals;

TEST_CASE("times survive being written and read") {
  const WallTime time{Milliseconds(1795512660123)};
  CHECK(format_utc(time) == "2026-11-24T09:31:00.123Z");
  CHECK(parse_utc("2026-11-24T09:31:00.123Z") == time);
  CHECK(parse_utc("2026-11-24T10:31:00.123+01:00") == time);
  CHECK(parse_utc("2026-11-24T09:31:00Z") == time - 123ms);
  for (const char* wrong :
       {"", "2026-11-24", "2026-11-24T09:31:00", "2026-11-24T09:31:00Zx", "noon"})
    CHECK_FALSE(parse_utc(wrong));
}

TEST_CASE("cancellation is seen by every copy and wakes a descriptor") {
  const Cancellation first;
  const Cancellation copy = first;
  pollfd waiting{copy.descriptor(), POLLIN, 0};
  CHECK(poll(&waiting, 1, 0) == 0);
  first.request();
  CHECK(copy.requested());
  CHECK(poll(&waiting, 1, 0) == 1);
}

TEST_CASE("who asks for the descriptor of a cancellation after the request is woken, too") {
  const Cancellation cancellation;
  cancellation.request();
  pollfd waiting{cancellation.descriptor(), POLLIN, 0};
  CHECK(poll(&waiting, 1, 0) == 1);
}

TEST_CASE("a cancelled sleep returns at once, a virtual one never waits") {
  const Cancellation cancellation;
  cancellation.request();
  const auto clock = make_system_clock();
  clock->sleep_for(1h, cancellation);
  VirtualClock virtual_clock;
  const WallTime before = virtual_clock.wall();
  virtual_clock.sleep_for(1h, Cancellation());
  CHECK(virtual_clock.wall() - before == 1h);
}
