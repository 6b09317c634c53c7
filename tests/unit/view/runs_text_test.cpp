// Status, history and why, out of what run folders tell.
#include "ostler/view/runs_text.hpp"

#include "run_fixture.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

RunSummary example(const char* run, const char* state) {
  RunSummary summary;
  summary.run = run;
  summary.environment = "prod";
  summary.version_before = "1";
  summary.version_after = "2";
  summary.actor = "dana@ops1";
  summary.state = state;
  summary.started = *parse_utc("2026-11-24T10:31:00Z");
  summary.ended = *parse_utc("2026-11-24T10:50:00Z");
  return summary;
}

const WallTime now = *parse_utc("2026-11-24T11:50:00Z");

RunEvidence breached() {
  RunEvidence run;
  run.summary = example("prod-3", "rolled_back");
  Node step;
  step.id = "S2";
  step.title = "canary 5 %";
  run.plan.nodes = {step};
  run.state.phase = Phase::rolled_back;
  run.state.direction = Direction::back;
  run.state.steps["S2"].intended = run.state.steps["S2"].undone = true;
  run.records.push_back(
      {1,
       1,
       1,
       0,
       "",
       "",
       "PHASE",
       {{"phase", "rolling_back"}, {"reason", "S2 (canary 5 %): errors over the limit"}}});
  run.events = breached_run();
  run.folder = "/state/runs/prod-3";
  return run;
}

}  // namespace

TEST_CASE("status: what runs, at which step, and the next command", "[view]") {
  RunSummary running = example("prod-4", "running");
  running.step = "S5 canary 25 %";
  running.weight = 25;
  running.holder = "pid 7 on ops1";
  running.ended.reset();
  RunSummary held = example("stag-2", "held");
  held.environment = "staging";
  CHECK(status_text({running, held}, now, {}) ==
        "ENV      STATE       RUN     VERSION  STEP            SINCE       BY             NEXT\n"
        "prod     .. running  prod-4  1 -> 2   S5 canary 25 %  1h 19m ago  pid 7 on ops1\n"
        "staging  hold held   stag-2  1 -> 2   -               1h 00m ago  dana@ops1      ostler "
        "resume stag-2\n");
  CHECK(status_porcelain({running}) ==
        "prod\trunning\tprod-4\t2\tS5\t25\t1795516260\tpid 7 on ops1\n");
  CHECK(status_text({}, now, {}) == "No runs on this machine yet.\n");
}

TEST_CASE("history: outcome, what a rollback undid, what is live", "[view]") {
  RunSummary undone = example("prod-5", "undone");
  undone.undoes = "prod-4";
  undone.reason = "INC-4411";
  RunSummary live = example("prod-3", "released");
  live.live = true;
  Style style;
  style.zone = Zone::utc;
  CHECK(history_text({undone, live}, now, style) ==
        "RUN     WHEN (UTC)   VERSION  OUTCOME           TOOK  BY         NOTE\n"
        "prod-5  today 10:31  1        back rollback  19m 00s  dana@ops1  undoes prod-4, INC-4411\n"
        "prod-3  today 10:31  2        ok released    19m 00s  dana@ops1  now live\n");
}

TEST_CASE("why: from the reason down to the numbers", "[view]") {
  const RunEvidence run = breached();
  const auto causes = explain(run, "");
  REQUIRE(causes.size() == 4);
  CHECK(causes[0].text == "S2 (canary 5 %): errors over the limit");
  CHECK(causes[1].text ==
        "the gate of S2 canary 5 % was breached: errors 2.13 % over the limit 1.00 %");
  CHECK(causes[2].level == "measured");
  CHECK(causes[2].text ==
        "errors: new 2.13 %, stable 0.19 %, before the release 0.18 %, limit 1.00 %, from 120 "
        "samples");
  CHECK(causes[2].evidence.at("hold_ms") == 180000);
  CHECK(causes[3].level == "undone");
  const std::string text = why_text(run, causes, {});
  CHECK(text.find("prod-3 prod - 1 -> 2 is rolled back") == 0);
  CHECK(why_json(run, causes).at("causes").size() == 4);
}

TEST_CASE("why: a finished release rests on its gates", "[view]") {
  RunEvidence run = breached();
  run.records.clear();
  run.state = {};
  run.state.phase = Phase::committed;
  for (Event& event : run.events)
    if (event.type == "gate.verdict") event.data["verdict"] = "pass";
  const auto causes = explain(run, "");
  REQUIRE(causes.size() == 2);
  CHECK(causes[0].text == "every step is done and verified");
  CHECK(causes[1].level == "evidence");
  CHECK(causes[1].text.find("the gate of S2 canary 5 % passed: errors 2.13 %") == 0);
}

TEST_CASE("why: one step, and a step that never began", "[view]") {
  RunEvidence run = breached();
  CHECK(explain(run, "S2")[0].text.find("the gate of S2") == 0);
  CHECK(explain(run, "S9")[0].text == "S9 was never started");
  run.events.clear();
  run.records.clear();
  run.state = {};
  CHECK(explain(run, "")[0].text == "nothing has gone wrong so far");
}
