// A plan for people: steps with undo, the point of no return, the way back.
#include "ostler/view/plan_text.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

Node node(const char* id, const char* title, const char* undo, const char* phase,
          const char* target) {
  Node made;
  made.id = id;
  made.kind = "traffic.weigh";
  made.title = title;
  made.undo = undo;
  made.phase = phase;
  made.target = target;
  made.usually = Milliseconds(8000);
  made.undo_usually = Milliseconds(2000);
  made.parameters = {{"weight", 5}};
  return made;
}

Plan example() {
  Plan plan;
  plan.environment = "prod";
  plan.cluster_uid = "3b1c";
  plan.release = "2026.11.3";
  plan.version_before = "1";
  plan.version_after = "2";
  plan.image_from =
      "staging/odoo@sha256:1f0c9e0000000000000000000000000000000000000000000000000000000000";
  plan.image_to =
      "prod/odoo@sha256:1f0c9e0000000000000000000000000000000000000000000000000000000000";
  plan.release_class = ReleaseClass::expand_only;
  plan.class_reasons = {"migration 0142 adds a column"};
  plan.facts = {{"Deployment odoo/web", "image", "odoo@sha256:aa"}};
  plan.nodes = {node("S1", "copy image", "leave (harmless)", "promote", "image"),
                node("S2", "canary 5 %", "weight 0 %", "shift", "route"),
                node("S3", "canary 50 %", "weight 5 %", "shift", "route"),
                node("S4", "drop column", "restore from backup", "contract", "schema")};
  plan.nodes[1].after = {"S1"};
  plan.nodes[2].after = {"S2"};
  plan.pivot = "S4";
  plan.on_failure = "rollback";
  plan.created = *parse_utc("2026-11-24T09:00:00Z");
  plan.expires = *parse_utc("2026-11-24T13:00:00Z");
  plan.digest = "sha256:3f9a2c1b04de0000";
  return plan;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  for (std::size_t end; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
    lines.push_back(text.substr(at, end - at));
  return lines;
}

}  // namespace

TEST_CASE("plan: class, steps with their undo, the line, times", "[view]") {
  Style style;
  style.zone = Zone::utc;
  const std::string text =
      plan_text(example(), PlanDetail::table, *parse_utc("2026-11-24T10:00:00Z"), style);
  const auto lines = lines_of(text);
  CHECK(lines[0] == "Plan 3f9a2c1b04de - prod - release 2026.11.3 - 1 -> 2");
  CHECK(lines[3] == "          migration 0142 adds a column");
  CHECK(lines[5] == "  id  step         undo                 usually  undo takes");
  CHECK(lines[6] == "  S1  copy image   leave (harmless)        8.0s        2.0s");
  CHECK(lines[9] == "  --- point of no return: below this line undo loses data written since ---");
  CHECK(lines[10] == "  S4  drop column  restore from backup     8.0s        2.0s");
  CHECK(text.find("Point of no return: S4.") != std::string::npos);
  CHECK(text.find("Valid until 2026-11-24 13:00:00 UTC (3h 00m more)") != std::string::npos);
  CHECK(text.find("Facts") == std::string::npos);
}

TEST_CASE("plan: without a pivot it says so; an old one says that it has expired", "[view]") {
  Plan plan = example();
  plan.pivot.clear();
  const std::string text = plan_text(plan, PlanDetail::parameters, plan.expires, {});
  CHECK(text.find("Point of no return: none") != std::string::npos);
  CHECK(text.find("Expired:") != std::string::npos);
  CHECK(text.find("  weight  5\n") != std::string::npos);
  CHECK(text.find("Deployment odoo/web: image is odoo@sha256:aa") != std::string::npos);
  plan.nodes.clear();
  CHECK(plan_text(plan, PlanDetail::table, plan.created, {}).find("Nothing to do.") !=
        std::string::npos);
}

TEST_CASE("plan: a narrow terminal keeps the steps and loses the times first", "[view]") {
  Style style;
  style.width = 50;
  const std::string text = plan_text(example(), PlanDetail::table, WallTime{}, style);
  CHECK(text.find("undo takes") == std::string::npos);
  CHECK(text.find("copy image") != std::string::npos);
}

TEST_CASE("undo: one line per target, with the steps it covers", "[view]") {
  const std::vector<Undo> undos{{"S2", {"S3"}, true}, {"S1", {}, false}};
  CHECK(undo_text(example(), undos, {}) ==
        "     step    what              target  usually\n"
        "  1  S3, S2  weight 0 %        route      2.0s\n"
        "  2  S1      leave (harmless)  image      2.0s\n");
  CHECK(undo_text(example(), {}, {}) == "  Nothing to undo.\n");
  CHECK(undo_json(example(), undos)[0].at("covers") == Json::array({"S3"}));
}
