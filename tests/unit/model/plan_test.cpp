// The saved form of a plan: what it survives and what it refuses.
#include "ostler/model/plan.hpp"

#include "tests/fakes/example_release.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/model/kind.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

class NoStep final : public Step {
 public:
  Result<Observation> observe(const Looks&, const Json*) const override { return Observation{}; }
  Result<void> apply(Systems&, const Json&, const Guard&, Attempt&) const override { return {}; }
  Result<void> revert(Systems&, const Json&, const Guard&, Attempt&) const override { return {}; }
};

Result<std::unique_ptr<Step>> make_any(const Json& parameters) {
  if (parameters.contains("poison"))
    return Failure{FailureKind::refused, "parameter 'poison' is unknown", "", ""};
  return std::unique_ptr<Step>(std::make_unique<NoStep>());
}

StepKind kind(const char* name) {
  return {name, "shift", "", "", RecoveryClass::guarded, false, Milliseconds{1000}, "{}", make_any};
}

const std::vector<const StepKind*>& any_kinds() {
  static const std::vector<StepKind> all{
      kind("image.copy"),         kind("image.tag"),     kind("autoscaler.hold"),
      kind("workers.fence"),      kind("sql.expand"),    kind("odoo.update"),
      kind("canary.start"),       kind("canary.scale"),  kind("traffic.weigh"),
      kind("workload.roll"),      kind("canary.stop"),   kind("workers.release"),
      kind("autoscaler.release"), kind("record.publish")};
  static const std::vector<const StepKind*> pointers = [] {
    std::vector<const StepKind*> result;
    for (const StepKind& one : all) result.push_back(&one);
    return result;
  }();
  return pointers;
}

Plan example_plan() {
  auto plan = make_plan(example_environment(), example_release(), example_survey(),
                        *parse_utc("2026-11-24T09:12:44.102Z"), Milliseconds{3600 * 1000});
  REQUIRE(plan.ok());
  return *plan;
}

/// The plan with one member changed and the digest put right again, as by somebody who knows how.
std::string forged(const char* pointer, Json value) {
  Json plan = to_json(example_plan());
  plan[Json::json_pointer(pointer)] = std::move(value);
  plan.erase("digest");
  const std::string digest = "sha256:" + sha256_hex(to_bytes(plan));
  plan["digest"] = digest;
  return plan.dump();
}

std::string code_of(const std::string& text) {
  const auto plan = parse_plan(text, any_kinds());
  return plan.ok() ? "accepted" : plan.failure().code;
}

}  // namespace

TEST_CASE("plan: what is saved is read again, bit by bit") {
  const Plan plan = example_plan();
  const std::string text = to_json(plan).dump(2);
  const auto again = parse_plan(text, any_kinds());
  if (!again.ok()) FAIL(again.failure().message);
  CHECK(to_bytes(to_json(*again)) == to_bytes(to_json(plan)));
  CHECK(plan_digest(*again) == plan.digest);
  CHECK(again->nodes.size() == plan.nodes.size());
  CHECK(again->node("S5")->kind == "sql.expand");
  CHECK(again->node("S99") == nullptr);
  CHECK(again->created == plan.created);
}

TEST_CASE("plan: any change of the text is noticed") {
  Json plan = to_json(example_plan());
  plan["steps"][8]["parameters"]["replicas"] = 50;
  const auto read = parse_plan(plan.dump(), any_kinds());
  REQUIRE_FALSE(read.ok());
  CHECK(read.failure().code == "digest");
  CHECK(read.failure().kind == FailureKind::refused);
  plan.erase("digest");
  CHECK(code_of(plan.dump()) == "digest");
}

TEST_CASE("plan: what this version does not know is refused even under a right digest") {
  CHECK(code_of(forged("/release", "2026.11.2")) == "accepted");
  CHECK(code_of(forged("/format", 2)) == "format");
  CHECK(code_of(forged("/schema", "other.plan")) == "format");
  CHECK(code_of(forged("/class", "M9")) == "format");
  CHECK(code_of(forged("/created", "yesterday")) == "format");
  CHECK(code_of(forged("/extra", 1)) == "parameters");
  CHECK(code_of(forged("/steps/0/extra", 1)) == "parameters");
  CHECK(code_of(forged("/steps/0/parameters/poison", 1)) == "parameters");
  CHECK(code_of(forged("/steps/0/kind", "image.burn")) == "kind");
  CHECK(code_of(forged("/steps/9/gate/hold_ms", "long")) == "parameters");
  CHECK(code_of(forged("/steps/1/id", "S1")) == "order");
  CHECK(code_of(forged("/steps/1/after", {"S3"})) == "order");
  CHECK(code_of(forged("/pivot", "S99")) == "order");
  CHECK(code_of(forged("/steps", "none")) == "parameters");
}

TEST_CASE("plan: what is no plan at all") {
  CHECK(code_of("") != "accepted");
  CHECK(code_of("[]") == "format");
  CHECK(code_of("{}") == "format");
  CHECK(code_of("{\"schema\": \"ostler.plan\"}") == "format");
}

TEST_CASE("plan: time forward counts steps and holds, time back counts each target once") {
  Plan plan;
  Node first, second, other;
  first.target = second.target = "route a";
  other.target = "Deployment b";
  first.usually = second.usually = other.usually = Milliseconds{1000};
  first.undo_usually = Milliseconds{500};
  second.undo_usually = Milliseconds{700};
  other.undo_usually = Milliseconds{90};
  first.gate.emplace();
  first.gate->hold = Milliseconds{10000};
  plan.nodes = {first, second, other};
  CHECK(plan.forward_usually() == Milliseconds{13000});
  CHECK(plan.undo_usually() == Milliseconds{590});
}

TEST_CASE("compare_facts: one line for each difference") {
  const std::vector<Fact> planned{{"Deployment a/web", "image", "one"},
                                  {"database acme", "sale", "1"},
                                  {"route a/web", "children", "web 100"}};
  CHECK(compare_facts(planned, planned).empty());
  const std::vector<Fact> now{{"Deployment a/web", "image", "two"},
                              {"route a/web", "children", "web 100"},
                              {"database bistro", "sale", "1"}};
  CHECK(compare_facts(planned, now) ==
        std::vector<std::string>{"Deployment a/web: image was one, is now two",
                                 "database acme: sale was 1, is now gone",
                                 "database bistro: sale was absent, is now 1"});
  CHECK(compare_facts({}, {}).empty());
}

TEST_CASE("plan: classes have stable words") {
  CHECK(to_string(ReleaseClass::image_only) == "M0");
  CHECK(to_string(ReleaseClass::expand_only) == "M2a");
  CHECK(describe(ReleaseClass::contracting) == "contracting");
}
