// The proof of a rehearsal: its saved form, what it is tied to, and what it says about a plan.
#include "ostler/model/proof.hpp"

#include "tests/fakes/example_release.hpp"

#include "ostler/model/survey.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

Plan plan_at(const char* time, const Survey& survey = example_survey()) {
  auto plan = make_plan(example_environment(), example_release(), survey, *parse_utc(time),
                        Milliseconds{3600 * 1000});
  REQUIRE(plan.ok());
  return *plan;
}

Proof proof_of(const Plan& plan) {
  Proof proof;
  proof.tool = "ostler 0.1.0";
  proof.where = "lab";
  proof.made = *parse_utc("2026-11-24T10:00:00.000Z");
  proof.environment = plan.environment;
  proof.environment_digest = plan.environment_digest;
  proof.release = plan.release;
  proof.release_digest = plan.release_digest;
  proof.plan_digest = plan.digest;
  proof.undo_digest = undo_digest(plan);
  proof.simulated = {{"Kubernetes", "simulated"}};
  proof.covered = {"this"};
  proof.not_covered = {"that"};
  for (const Node& node : plan.nodes) {
    StepProof step;
    step.id = node.id;
    step.kind = node.kind;
    step.cell = node.cell;
    step.title = node.title;
    step.back = Milliseconds{1500};
    proof.steps.push_back(step);
  }
  proof.whole.id = "all";
  return proof;
}

}  // namespace

TEST_CASE("a proof that was saved reads as it was", "[proof]") {
  Proof proof = proof_of(plan_at("2026-11-24T09:12:44.102Z"));
  proof.steps[1].undo = StepProof::Undo::stays;
  proof.steps[1].stays = {"tag production/retail/odoo:2026.11.2 is there"};
  const auto read = parse_proof(to_json(proof).dump(2));
  REQUIRE(read.ok());
  CHECK(to_json(*read) == to_json(proof));
  CHECK(read->holds());
  CHECK(text_at(to_json(proof), "/steps/1/undo") == "stays");
  CHECK(flag_at(to_json(proof), "/proved"));
  CHECK(value_at(to_json(proof), "/notCovered/0") == "that");
}

TEST_CASE("a proof that was changed is none", "[proof]") {
  Json value = to_json(proof_of(plan_at("2026-11-24T09:12:44.102Z")));
  value["release"]["digest"] = "sha256:" + std::string(64, 'f');
  const auto read = parse_proof(value.dump());
  REQUIRE_FALSE(read.ok());
  CHECK(read.failure().code == "digest");
  const auto other = parse_proof(R"({"apiVersion": "ostler/v9", "kind": "proof"})");
  REQUIRE_FALSE(other.ok());
  CHECK(other.failure().code == "format");
}

TEST_CASE("what only the world decides does not change what a proof is tied to", "[proof]") {
  const Plan plan = plan_at("2026-11-24T09:12:44.102Z");
  Survey other = example_survey();
  other.cluster_uid = "another";
  other.cells.front().web_replicas += 9;
  other.cells.front().tenants.pop_back();
  const Plan later = plan_at("2026-11-25T17:00:00.000Z", other);
  CHECK(later.digest != plan.digest);
  CHECK(undo_digest(later) == undo_digest(plan));
  CHECK(not_proved(later, proof_of(plan)).empty());

  Plan changed = plan;
  changed.release_digest = "another";
  CHECK(undo_digest(changed) != undo_digest(plan));
  changed = plan;
  changed.environment_digest = "another";
  CHECK(undo_digest(changed) != undo_digest(plan));
}

TEST_CASE("a proof covers a plan with less to do, and says what it does not cover", "[proof]") {
  const Plan plan = plan_at("2026-11-24T09:12:44.102Z");
  Proof proof = proof_of(plan);
  Plan less = plan;
  less.nodes.erase(less.nodes.begin() + 4, less.nodes.begin() + 6);
  CHECK(not_proved(less, proof).empty());

  Plan more = plan;
  more.nodes.front().kind = "cache.purge";
  more.release_digest = "another";
  const auto missing = not_proved(more, proof);
  REQUIRE(missing.size() == 2);
  CHECK(missing[0].find("release file") != std::string::npos);
  CHECK(missing[1] == "no step 'cache.purge' was rehearsed");

  proof.steps[2].undo = StepProof::Undo::failed;
  CHECK_FALSE(proof.holds());
  REQUIRE(not_proved(plan, proof).size() == 1);
  CHECK(not_proved(plan, proof)[0].find("the undo of S3") == 0);
}

TEST_CASE("nothing rehearsed proves nothing", "[proof]") {
  CHECK_FALSE(Proof{}.holds());
  Proof proof = proof_of(plan_at("2026-11-24T09:12:44.102Z"));
  proof.whole.undo = StepProof::Undo::failed;
  CHECK_FALSE(proof.holds());
}
