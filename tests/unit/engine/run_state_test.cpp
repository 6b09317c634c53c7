// The journal folded, and what a rollback makes of it.
#include "ostler/engine/run_state.hpp"

#include "tests/fakes/toy_world.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::fakes;

namespace {

std::vector<Record> records(std::initializer_list<Entry> entries) {
  std::vector<Record> all;
  for (const Entry& entry : entries)
    all.push_back({all.size(), all.size(), 1, entry.opno, "", "", entry.kind, entry.body});
  return all;
}

Entry snapshot(const char* step, const char* value) {
  return {"SNAPSHOT", {{"step", step}, {"value", value}}, 0};
}
Entry intent(const char* step, std::uint64_t opno, const char* direction = "forward") {
  return {"INTENT", {{"step", step}, {"direction", direction}}, opno};
}
Entry outcome(const char* step, const char* result, const char* direction = "forward") {
  return {"OUTCOME", {{"step", step}, {"result", result}, {"direction", direction}}, 0};
}

bool traffic(const Node& node) {
  return node.kind == "toy.traffic";
}

}  // namespace

TEST_CASE("an intent without an outcome is a doubt, an outcome ends it") {
  CHECK(fold(records({snapshot("S1", "old"), intent("S1", 1)})).steps["S1"].in_doubt);
  const RunState state =
      fold(records({snapshot("S1", "old"), intent("S1", 1), outcome("S1", "applied")}));
  CHECK_FALSE(state.steps.at("S1").in_doubt);
  CHECK(state.steps.at("S1").done);
  CHECK(state.opno == 1);
  CHECK(state.changed());
}

TEST_CASE("the first touch's snapshot counts, unless its intent never became durable") {
  CHECK(*fold(records({snapshot("S1", "old"), intent("S1", 1), snapshot("S1", "half")}))
             .steps["S1"]
             .snapshot == "old");
  CHECK(*fold(records({snapshot("S1", "stale"), snapshot("S1", "fresh"), intent("S1", 1)}))
             .steps["S1"]
             .snapshot == "fresh");
}

TEST_CASE("a run that turned round never goes forward again") {
  const RunState state = fold(records({{"PHASE", {{"phase", "rolling_back"}}, 0},
                                       {"PHASE", {{"phase", "held"}}, 0},
                                       {"PHASE", {{"phase", "resumed"}}, 0}}));
  CHECK(state.direction == Direction::back);
  CHECK(state.phase == Phase::rolling_back);
}

TEST_CASE("a run that undoes another begins with what that one intended, and goes back") {
  const Plan plan = toy_plan();
  std::vector<Record> released = records({run_open(plan, "", ""),
                                          snapshot("S1", "old"),
                                          intent("S1", 1),
                                          outcome("S1", "applied"),
                                          {"RUN_CLOSE", {{"outcome", "committed"}}, 0}});
  std::vector<Record> undoing;
  for (const Entry& entry : undoing_entries(plan, "plan-1", released, "", "it sells nothing"))
    undoing.push_back(
        {undoing.size(), undoing.size(), 1, entry.opno, "", "", entry.kind, entry.body});
  const RunState state = fold(undoing);
  CHECK(state.open());
  CHECK(state.undoes == "plan-1");
  CHECK(state.direction == Direction::back);
  CHECK(state.reason == "it sells nothing");
  CHECK(state.opno == 1);
  REQUIRE(plan_rollback(plan, state, traffic).size() == 1);
  CHECK(*state.steps.at("S1").snapshot == "old");
}

TEST_CASE("rollback covers every intent, nothing else, each target once, traffic first") {
  const Plan plan = toy_plan();
  const RunState state = fold(
      records({snapshot("S1", "old"), intent("S1", 1), outcome("S1", "applied"),
               snapshot("S2", "new"), outcome("S2", "already"), snapshot("S3", "old"),
               intent("S3", 2), outcome("S3", "applied"), snapshot("S4", "half"), intent("S4", 3),
               outcome("S4", "applied"), snapshot("S5", "old"), intent("S5", 4)}));
  const std::vector<Undo> undos = plan_rollback(plan, state, traffic);
  REQUIRE(undos.size() == 3);
  CHECK(undos[0].step == "S3");
  CHECK(undos[0].traffic);
  CHECK(undos[0].covers == std::vector<std::string>{"S4"});
  CHECK(undos[1].step == "S5");
  CHECK(undos[2].step == "S1");
}

TEST_CASE("what is undone is not undone again") {
  const Plan plan = toy_plan();
  const RunState state = fold(records({snapshot("S1", "old"),
                                       intent("S1", 1),
                                       outcome("S1", "applied"),
                                       {"PHASE", {{"phase", "rolling_back"}}, 0},
                                       intent("S1", 2, "back"),
                                       outcome("S1", "undone", "back")}));
  CHECK(plan_rollback(plan, state, traffic).empty());
}
