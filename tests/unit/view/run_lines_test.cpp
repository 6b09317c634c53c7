// One run in its three forms: lines that stay, log lines, the live region.
#include "ostler/view/run_lines.hpp"

#include "run_fixture.hpp"

#include "ostler/view/plain.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

Style utf8(int width = 0) {
  Style style;
  style.charset = Charset::utf8;
  style.width = width;
  return style;
}

}  // namespace

TEST_CASE("a run's durable lines", "[view]") {
  RunView view;
  std::string text;
  for (const Event& event : breached_run()) {
    update(view, event);
    text += durable_lines(event, view, utf8(), Detail::normal);
  }
  CHECK(text ==
        "  ✔ S1  copy image        11s  9 blobs\n"
        "  ✔ S2  canary 5 %       2.0s\n"
        "  ✖ S2    gate BREACHED     2.0s  errors 2.13 % over the limit 1.00 %\n"
        "↩ rolling back: S2 (canary 5 %): errors 2.13 % over the limit 1.00 %\n"
        "  ↩ S2  canary 5 %       2.0s  undone: weight 0 %\n"
        "\nROLLED BACK  prod is as before, on 1: 1 step undone and verified.\n"
        "Why: S2 (canary 5 %): errors 2.13 % over the limit 1.00 %\n"
        "Next: ostler why prod-3\n"
        "prod-3  exit 20\n");
}

TEST_CASE("on a terminal a long detail stands under its step, with short digests", "[view]") {
  RunView view;
  const auto events = breached_run();
  update(view, events[0]);
  Event event = events[3];
  event.data["found"] =
      "image prod/odoo@sha256:" + std::string(64, 'a') + ", 3 of 3 updated, 3 available";
  update(view, event);
  CHECK(durable_lines(event, view, utf8(60), Detail::normal) ==
        "  ✔ S1  copy image        11s\n"
        "        image prod/odoo@sha256:aaaaaaaaaaaa…, 3 of 3\n"
        "        updated, 3 available\n");
}

TEST_CASE("a reading that comes behind the verdict does not bring the gate back", "[view]") {
  RunView view;
  const auto events = breached_run();
  Event sample;
  for (const Event& event : events) {
    update(view, event);
    if (event.type == "gate.sample") sample = event;
    if (event.type == "gate.verdict") break;
  }
  REQUIRE(view.gate_step.empty());
  update(view, sample);
  CHECK(view.gate_step.empty());
}

TEST_CASE("quiet keeps what went wrong and the last words", "[view]") {
  RunView view;
  std::string text;
  for (const Event& event : breached_run()) {
    update(view, event);
    text += durable_lines(event, view, utf8(), Detail::quiet);
  }
  CHECK(text.find("copy image") == std::string::npos);
  CHECK(text.find("BREACHED") != std::string::npos);
  CHECK(text.find("ROLLED BACK") != std::string::npos);
}

TEST_CASE("a run's log lines: one per change, heartbeats no more often than asked", "[view]") {
  std::string text;
  Plain plain([&](std::string_view more) { text += more; }, [](std::string_view) {},
              Milliseconds(30000), Detail::normal);
  for (const Event& event : breached_run()) plain.on_event(event);
  CHECK(text ==
        "2026-11-24T09:24:32Z run prod-3 prod: 1 -> 2, 2 steps\n"
        "2026-11-24T09:24:32Z [S1] copy image: start (usually 8.0s)\n"
        "2026-11-24T09:24:43Z [S1] copy image: ok 11s: 9 blobs\n"
        "2026-11-24T09:24:43Z [S2] canary 5 %: start (usually 4.0s)\n"
        "2026-11-24T09:24:45Z [S2] canary 5 %: ok 2.0s\n"
        "2026-11-24T09:24:47Z [S2] canary 5 %: GATE BREACH: errors 2.13 % over the limit 1.00 %\n"
        "2026-11-24T09:24:47Z run prod-3 rolling back: S2 (canary 5 %): errors 2.13 % over the "
        "limit 1.00 %\n"
        "2026-11-24T09:24:47Z [S2] undo: weight 0 %\n"
        "2026-11-24T09:24:49Z [S2] undo: ok 2.0s\n"
        "2026-11-24T09:24:50Z run prod-3 rolled back\n"
        "2026-11-24T09:24:50Z run prod-3 ROLLED BACK: prod is as before, on 1: 1 step undone and "
        "verified. cause: S2 (canary 5 "
        "%): errors 2.13 % over the limit 1.00 % exit 20\n"
        "2026-11-24T09:24:50Z next: ostler why prod-3\n");
}

TEST_CASE("a heartbeat says what is waited for, with numbers", "[view]") {
  std::string text;
  Plain plain([&](std::string_view more) { text += more; }, [](std::string_view) {},
              Milliseconds(1000), Detail::normal);
  for (const Event& event : breached_run()) plain.on_event(event);
  CHECK(text.find("[S1] copy image: 12.0 MiB of 40.0 MiB [5.0s]\n") != std::string::npos);
  CHECK(text.find("[S2] canary 5 %: gate 1.0s/3m 00s errors=0.20 % (stable 0.19 %, base 0.18 %, "
                  "limit 1.00 %, n 120)\n") != std::string::npos);
  std::string silent;
  Plain never([&](std::string_view more) { silent += more; }, [](std::string_view) {},
              Milliseconds(0), Detail::normal);
  for (const Event& event : breached_run()) never.on_event(event);
  CHECK(silent.find("gate 1.0s") == std::string::npos);
}

TEST_CASE("the live region says what runs, what is measured and what Ctrl-C does", "[view]") {
  RunView view;
  const auto events = breached_run();
  CHECK(live_lines(view, events[0].time, Interrupt::none, utf8(100)).empty());
  update(view, events[0]);
  CHECK(live_lines(view, events[0].time, Interrupt::none, utf8(100)) ==
        std::vector<std::string>{" prod-3 · 1 → 2 · 0 of 2 steps",
                                 " Ctrl-C now: stop; nothing has been changed"});
  update(view, events[1]);
  update(view, events[2]);
  CHECK(live_lines(view, events[2].time, Interrupt::none, utf8(100)) ==
        std::vector<std::string>{" prod-3 · 1 → 2 · 0 of 2 steps",
                                 " ◌ S1  copy image  [5.0s, usually 8.0s]  12.0 MiB of 40.0 MiB",
                                 " Ctrl-C now: let S1 settle, then hold. Twice: leave at once, go "
                                 "on with  ostler resume prod-3"});
  for (std::size_t at = 3; at < 8; ++at) update(view, events[at]);
  CHECK(live_lines(view, events[7].time, Interrupt::none, utf8(120)) ==
        std::vector<std::string>{
            " prod-3 · 1 → 2 · 2 of 2 steps", " ◷ S2  gate of canary 5 %: 2.0s of 3m 00s",
            "   errors  new ▂█ 2.13 %  stable 0.19 %  before 0.18 %  limit 1.00 %  n=120",
            " Ctrl-C now: hold here. Twice: leave at once, go on with  ostler resume prod-3"});
  const auto stopping = live_lines(view, events[7].time, Interrupt::requested, utf8(100));
  CHECK(stopping.back() ==
        " Stopping at this point. Ctrl-C again: leave at once, go on with  ostler resume prod-3");
}

TEST_CASE("the live region never grows over 8 lines or its width", "[view]") {
  RunView view;
  update(view, breached_run()[0]);
  for (int step = 0; step < 12; ++step)
    update(view, {"step.state",
                  {},
                  0,
                  "prod-3",
                  {{"step", fmt::format("T{}", step)},
                   {"title", std::string(200, 'x')},
                   {"state", "running"}}});
  for (int indicator = 0; indicator < 9; ++indicator)
    update(view, {"gate.sample",
                  {},
                  0,
                  "prod-3",
                  {{"step", "S2"},
                   {"indicator", fmt::format("i{}", indicator)},
                   {"canary", 0.5},
                   {"samples", 1}}});
  for (int width = 20; width < 130; width += 7) {
    const auto lines = live_lines(view, WallTime{}, Interrupt::none, utf8(width));
    CHECK(lines.size() <= 8);
    for (const std::string& line : lines) CHECK(display_width(line) <= width);
  }
}

TEST_CASE("missing evidence never reads like a number", "[view]") {
  RunView view;
  update(view, breached_run()[0]);
  const Event none{"gate.sample",
                   {},
                   1,
                   "prod-3",
                   {{"step", "S2"},
                    {"indicator", "latency"},
                    {"unit", "seconds"},
                    {"canary", nullptr},
                    {"limit", 1.2},
                    {"samples", 0},
                    {"trouble", "Prometheus does not answer"}}};
  update(view, none);
  const auto lines = live_lines(view, WallTime{}, Interrupt::none, utf8(120));
  CHECK(lines[2] == "   latency  new  no data  limit 1.2s  n=0  Prometheus does not answer");
}

TEST_CASE("a kept event is read back as it was told", "[view]") {
  for (const Event& event : breached_run()) {
    const auto again = parse_event(to_bytes(to_json(event)));
    REQUIRE(again);
    CHECK(to_json(*again) == to_json(event));
  }
  CHECK_FALSE(parse_event("{\"type\":\"x\""));
  CHECK_FALSE(parse_event("[]"));
  CHECK_FALSE(parse_event("{}"));
}
