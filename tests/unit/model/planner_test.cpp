// What a plan holds, in which order, and when there is none.
#include "tests/fakes/example_release.hpp"

#include "ostler/base/text.hpp"
#include "ostler/model/plan.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace ostler;

namespace {

struct Case {
  Environment environment = example_environment();
  Release release = example_release();
  Survey survey = example_survey();
  Scope scope = Scope::whole;
  Result<Plan> make() const {
    return make_plan(environment, release, survey, *parse_utc("2026-11-24T09:12:44.102Z"),
                     Milliseconds{4 * 3600 * 1000}, scope);
  }
  Plan plan() const {
    auto made = make();
    if (!made.ok()) FAIL(made.failure().message);
    return *made;
  }
};

std::vector<std::string> kinds(const Plan& plan) {
  std::vector<std::string> result;
  for (const Node& node : plan.nodes) result.push_back(node.kind);
  return result;
}

std::vector<const Node*> of_kind(const Plan& plan, const std::string& kind) {
  std::vector<const Node*> result;
  for (const Node& node : plan.nodes)
    if (node.kind == kind) result.push_back(&node);
  return result;
}

const std::string new_image = "127.0.0.1:5001/retail/odoo@" + new_digest;

}  // namespace

TEST_CASE("planner: the order of a canary release") {
  const Plan plan = Case().plan();
  CHECK(kinds(plan) ==
        std::vector<std::string>{
            "image.copy",         "image.tag",     "autoscaler.hold", "workers.fence",
            "sql.expand",         "odoo.update",   "sql.expand",      "odoo.update",
            "canary.start",       "traffic.weigh", "canary.scale",    "traffic.weigh",
            "canary.scale",       "traffic.weigh", "canary.scale",    "traffic.weigh",
            "workload.roll",      "traffic.weigh", "canary.stop",     "workers.release",
            "autoscaler.release", "record.publish"});
  CHECK(plan.nodes.front().id == "S1");
  CHECK(plan.nodes.back().id == "S22");
  CHECK(plan.release_class == ReleaseClass::expand_only);
  CHECK(plan.pivot.empty());
  CHECK(plan.on_failure == "rollback");
  CHECK(plan.image_to == "production/retail/odoo@" + new_digest);
  CHECK(plan.image_from == "staging/retail/odoo@" + new_digest);
  CHECK(plan.version_before == "1");
  CHECK(plan.version_after == "2");
  CHECK(plan.tool.find("ostler ") == 0);
  CHECK(format_utc(plan.expires) == "2026-11-24T13:12:44.102Z");
}

TEST_CASE("planner: every step comes behind what it rests on") {
  const Plan plan = Case().plan();
  std::vector<std::string> seen;
  for (const Node& node : plan.nodes) {
    for (const std::string& before : node.after)
      CHECK(std::find(seen.begin(), seen.end(), before) != seen.end());
    CHECK((node.after.empty() == (node.id == "S1")));
    seen.push_back(node.id);
  }
}

TEST_CASE("planner: the first tenant proves the migration, the others run beside each other") {
  Case a;
  a.survey.cells[0].tenants.push_back(example_tenant("cafe"));
  const Plan plan = a.plan();
  const auto expands = of_kind(plan, "sql.expand");
  const auto updates = of_kind(plan, "odoo.update");
  REQUIRE(expands.size() == 3);
  REQUIRE(updates.size() == 3);
  using Ids = std::vector<std::string>;
  CHECK(updates[0]->after == Ids{expands[0]->id});
  CHECK(expands[1]->after == Ids{updates[0]->id});
  CHECK(expands[2]->after == Ids{updates[0]->id});
  CHECK(of_kind(plan, "canary.start")[0]->after == Ids{updates[1]->id, updates[2]->id});
}

TEST_CASE("planner: parameters stand for themselves") {
  const Plan plan = Case().plan();
  CHECK(of_kind(plan, "image.copy")[0]->parameters == Json{{"from_registry", "staging"},
                                                           {"from_repository", "retail/odoo"},
                                                           {"to_registry", "production"},
                                                           {"to_repository", "retail/odoo"},
                                                           {"digest", new_digest}});
  CHECK(of_kind(plan, "image.tag")[0]->parameters == Json{{"registry", "production"},
                                                          {"repository", "retail/odoo"},
                                                          {"tag", "2026.11.2"},
                                                          {"digest", new_digest}});
  CHECK(of_kind(plan, "workers.fence")[0]->parameters ==
        Json{{"namespace", "odoo-pool-a"},
             {"workloads", {"odoo-cron", "odoo-queue"}},
             {"server", "main"},
             {"tenants", {"acme", "bistro"}}});
  CHECK(of_kind(plan, "workers.release")[0]->parameters ==
        Json{{"namespace", "odoo-pool-a"},
             {"workloads", {"odoo-cron", "odoo-queue"}},
             {"image", new_image}});
  CHECK(of_kind(plan, "odoo.update")[0]->parameters ==
        Json{{"namespace", "odoo-pool-a"},
             {"web_workload", "odoo-web"},
             {"image", new_image},
             {"server", "main"},
             {"database", "acme"},
             {"modules", {"sale_omni", "pos_retail"}},
             {"expected", {{"sale_omni", "18.0.2.0"}, {"pos_retail", "18.0.2.0"}}},
             {"deadline_s", 1800}});
  CHECK(of_kind(plan, "canary.start")[0]->parameters == Json{{"namespace", "odoo-pool-a"},
                                                             {"web_workload", "odoo-web"},
                                                             {"workload", "odoo-web-canary"},
                                                             {"stable_service", "odoo-web"},
                                                             {"service", "odoo-web-canary"},
                                                             {"port", 8069},
                                                             {"image", new_image},
                                                             {"replicas", 1}});
  CHECK(of_kind(plan, "canary.stop")[0]->parameters == Json{{"namespace", "odoo-pool-a"},
                                                            {"workload", "odoo-web-canary"},
                                                            {"service", "odoo-web-canary"}});
  const Json file = of_kind(plan, "sql.expand")[0]->parameters["files"][0];
  CHECK(file["version"] == "0001");
  CHECK(file["undo_text"] == "ALTER TABLE sale_order DROP COLUMN sales_channel;\n");
  const Json record = of_kind(plan, "record.publish")[0]->parameters;
  CHECK(record["bucket"] == "records");
  CHECK(record["key"] == "releases/canary/2026.11.2/20261124T091244.102Z.json");
}

TEST_CASE("planner: an update is expected of dependents too, as far as they are installed") {
  Case a;
  a.survey.after.addons.push_back(example_addon("sale_extra", "18.0.1.1", "x", {"sale_omni"}));
  a.survey.after.addons.push_back(example_addon("sale_unused", "18.0.1.1", "x", {"sale_omni"}));
  a.survey.cells[0].tenants[0].modules.push_back({"sale_extra", "18.0.1.0"});
  CHECK(of_kind(a.plan(), "odoo.update")[0]->parameters["expected"] ==
        Json{{"sale_omni", "18.0.2.0"}, {"pos_retail", "18.0.2.0"}, {"sale_extra", "18.0.1.1"}});
}

TEST_CASE("planner: a phase alone leaves a whole platform behind") {
  Case one;
  one.scope = Scope::promote;
  CHECK(kinds(one.plan()) == std::vector<std::string>{"image.copy", "image.tag"});
  one.scope = Scope::migrate;
  const Plan migrate = one.plan();
  CHECK(kinds(migrate) == std::vector<std::string>{"workers.fence", "sql.expand", "odoo.update",
                                                   "sql.expand", "odoo.update", "workers.release"});
  CHECK(migrate.nodes.back().parameters["image"] == one.survey.cells[0].workers[0].image);
  one.scope = Scope::shift;
  const auto early = one.make();
  REQUIRE_FALSE(early.ok());
  CHECK(early.failure().message.find("are not migrated yet") != std::string::npos);
  CHECK(early.failure().hint.find("ostler migrate") != std::string::npos);
}

TEST_CASE("planner: weights, Pods and gates") {
  const Plan plan = Case().plan();
  const auto weighs = of_kind(plan, "traffic.weigh");
  REQUIRE(weighs.size() == 5);
  CHECK(weighs[0]->parameters["children"] ==
        Json::array({Json{{"service", "odoo-web"}, {"port", 8069}, {"weight", 95}},
                     Json{{"service", "odoo-web-canary"}, {"port", 8069}, {"weight", 5}}}));
  CHECK(weighs[3]->parameters["children"] ==
        Json::array({Json{{"service", "odoo-web"}, {"port", 8069}, {"weight", 0}},
                     Json{{"service", "odoo-web-canary"}, {"port", 8069}, {"weight", 100}}}));
  CHECK(weighs[4]->parameters["children"] ==
        Json::array({Json{{"service", "odoo-web"}, {"port", 8069}, {"weight", 100}}}));
  for (const Node* weigh : weighs) {
    REQUIRE(weigh->gate);
    CHECK(weigh->gate->indicators.size() == 2);
    CHECK(weigh->gate->hold == Milliseconds{10000});
    CHECK(weigh->gate->budget == Milliseconds{60000});
  }
  CHECK(weighs[1]->gate->subject.weight == 25);
  CHECK(weighs[1]->gate->subject.canary_service == "odoo-web-canary");
  CHECK(weighs[1]->gate->subject.canary_workload == "odoo-web-canary");
  CHECK(weighs[1]->gate->subject.tenants == std::vector<std::string>{"acme", "bistro"});
  CHECK(weighs[1]->gate->indicators[0].comparison == IndicatorPolicy::Comparison::points);
  CHECK(weighs[1]->gate->indicators[1].comparison == IndicatorPolicy::Comparison::relative);
  CHECK(weighs[4]->gate->subject.canary_service == "odoo-web");
  CHECK(weighs[4]->gate->subject.stable_service.empty());
  // 6 Pods: 5 % needs 1, 25 % 2, 50 % 3, 100 % 6
  std::vector<std::int64_t> replicas;
  for (const Node* scale : of_kind(plan, "canary.scale"))
    replicas.push_back(scale->parameters["replicas"].get<std::int64_t>());
  CHECK(replicas == std::vector<std::int64_t>{2, 3, 6});
}

TEST_CASE("planner: a canary of one Pod is not scaled, and a missing budget is the hold") {
  Case a;
  a.survey.cells[0].web_replicas = 1;
  a.release.traffic.budget = Milliseconds{0};
  const Plan plan = a.plan();
  CHECK(of_kind(plan, "canary.scale").empty());
  CHECK(of_kind(plan, "traffic.weigh")[0]->gate->budget == Milliseconds{10000});
}

TEST_CASE("planner: steps that touch one thing have one target, others do not") {
  const Plan plan = Case().plan();
  std::map<std::string, std::set<std::string>> kinds_of;
  for (const Node& node : plan.nodes) kinds_of[node.target].insert(node.kind);
  using Kinds = std::set<std::string>;
  CHECK(kinds_of["route odoo-pool-a/odoo-web"] == Kinds{"traffic.weigh"});
  CHECK(kinds_of["Deployment odoo-pool-a/odoo-web-canary"] ==
        Kinds{"canary.start", "canary.scale", "canary.stop"});
  CHECK(kinds_of["workers odoo-pool-a"] == Kinds{"workers.fence", "workers.release"});
  CHECK(kinds_of["HorizontalPodAutoscaler odoo-pool-a/odoo-web"] ==
        Kinds{"autoscaler.hold", "autoscaler.release"});
  CHECK(kinds_of["Deployment odoo-pool-a/odoo-web"] == Kinds{"workload.roll"});
  CHECK(kinds_of["schema main/acme"] == Kinds{"sql.expand"});
  CHECK(kinds_of["database main/bistro"] == Kinds{"odoo.update"});
}

TEST_CASE("planner: only what is missing is planned") {
  Case code_only;
  code_only.release.migrations.clear();
  code_only.release.modules.clear();
  code_only.survey.after.addons = code_only.survey.before.addons;
  code_only.environment.records_bucket.clear();
  code_only.environment.cells[0].autoscaler.clear();
  const Plan plan = code_only.plan();
  CHECK(plan.release_class == ReleaseClass::image_only);
  CHECK(of_kind(plan, "workers.fence").empty());
  CHECK(of_kind(plan, "sql.expand").empty());
  CHECK(of_kind(plan, "odoo.update").empty());
  CHECK(of_kind(plan, "autoscaler.hold").empty());
  CHECK(of_kind(plan, "record.publish").empty());
  CHECK(of_kind(plan, "workers.release").size() == 1);

  Case half;  // acme has the migration already
  half.survey.cells[0].tenants[0].applied_migrations = {"0001 " +
                                                        half.release.migrations[0].checksum};
  CHECK(of_kind(half.plan(), "sql.expand").size() == 1);
  CHECK(of_kind(half.plan(), "sql.expand")[0]->parameters["database"] == "bistro");
}

TEST_CASE("planner: nothing to release") {
  Case a;
  a.survey.before = a.survey.after;
  CellState& cell = a.survey.cells[0];
  cell.web_image = new_image;
  for (WorkerState& worker : cell.workers) worker.image = new_image;
  for (TenantState& tenant : cell.tenants) {
    tenant.modules = {{"base", "18.0.1.3"}, {"pos_retail", "18.0.2.0"}, {"sale_omni", "18.0.2.0"}};
    tenant.applied_migrations = {"0001 " + a.release.migrations[0].checksum};
  }
  const auto made = a.make();
  REQUIRE_FALSE(made.ok());
  CHECK(made.failure().kind == FailureKind::refused);
  CHECK(made.failure().code == "nothing");
  // a worker that was left behind is something to release
  cell.workers[0].image = "127.0.0.1:5001/retail/odoo@" + old_digest;
  const Plan plan = a.plan();
  CHECK(of_kind(plan, "workers.release").size() == 1);
  CHECK(of_kind(plan, "canary.start").empty());
}

TEST_CASE("planner: waves in their order, cells of one wave one after another, the image once") {
  Case a;
  a.environment.waves = {"pilot", "bulk"};
  CellConfig other = a.environment.cells[0];
  other.name = "pool-b";
  other.name_space = "odoo-pool-b";
  other.wave = "bulk";
  a.environment.cells.insert(a.environment.cells.begin(), other);
  CellState state = a.survey.cells[0];
  state.name = "pool-b";
  a.survey.cells.push_back(state);
  const Plan plan = a.plan();
  CHECK(of_kind(plan, "image.copy").size() == 1);
  CHECK(of_kind(plan, "record.publish").size() == 1);
  std::vector<std::string> cells;
  for (const Node& node : plan.nodes)
    if (!node.cell.empty() && (cells.empty() || cells.back() != node.cell))
      cells.push_back(node.cell);
  CHECK(cells == std::vector<std::string>{"pool-a", "pool-b"});
  a.survey.cells.pop_back();
  CHECK_FALSE(a.make().ok());
}

TEST_CASE("planner: the same inputs give the same digest, any other input another one") {
  const std::string digest = Case().plan().digest;
  CHECK(digest == Case().plan().digest);
  CHECK(digest.find("sha256:") == 0);
  Case other_fact;
  other_fact.survey.facts[0].value = "something else";
  CHECK(other_fact.plan().digest != digest);
  Case other_gate;
  other_gate.environment.indicators[0].limit = 0.03;
  CHECK(other_gate.plan().digest != digest);
}

TEST_CASE("planner: an image name that is none is refused") {
  Case a;
  a.release.image_to = "production/Retail//odoo";
  CHECK_FALSE(a.make().ok());
}
