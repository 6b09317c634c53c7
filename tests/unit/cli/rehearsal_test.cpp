// Rehearsals over a model of PostgreSQL: what is made up, what is proved, and an undo that lies.
#include "cli/rehearsal.hpp"

#include "cli/kind_table.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/text.hpp"
#include "ostler/lab/passing_folder.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

const std::string lab_folder = std::string(OSTLER_SOURCE_DIR) + "/examples/lab";

Environment environment_at(const std::string& path) {
  Diagnostics diagnostics;
  auto environment = read_environment(path, diagnostics);
  REQUIRE(environment.has_value());
  return *environment;
}

Release release_at(const std::string& path, const Environment& environment) {
  Diagnostics diagnostics;
  auto release = read_release(path, &environment, diagnostics);
  REQUIRE(release.has_value());
  return *release;
}

/// A rehearsal of examples/lab's release 2.
struct Stage {
  Environment environment = environment_at(lab_folder + "/environment.yaml");
  Release release = release_at(lab_folder + "/release-2/release.yaml", environment);
  RehearsalSetting setting = *rehearsal_setting(environment, release);
  std::unique_ptr<RehearsalServer> server = model_rehearsal_server(setting.tenants);
  std::unique_ptr<lab::PassingFolder> folder = *lab::PassingFolder::make("rehearse");
  WallTime now = *parse_utc("2026-11-24T09:12:44.102Z");
  std::unique_ptr<Kinds> kinds = make_kind_table();
  Plan plan = *plan_rehearsal(environment, release, setting, *server, folder->path(), now);

  Result<RehearsalOutcome> run(const Kinds& with, Cancellation stop = {}) {
    return rehearse({setting, plan, *server, folder->path(), with, now, stop},
                    [this](const StepProof& step) { told.push_back(step.id); });
  }
  /// The steps from the first up to the first of that kind.
  void keep_up_to(std::string_view kind) {
    const auto found = std::find_if(plan.nodes.begin(), plan.nodes.end(),
                                    [kind](const Node& node) { return node.kind == kind; });
    REQUIRE(found != plan.nodes.end());
    plan.nodes.erase(found + 1, plan.nodes.end());
  }
  std::vector<std::string> told;
};

/// Steps of one kind whose undo does nothing and says that all is well.
class LyingKinds final : public Kinds {
 public:
  LyingKinds(const Kinds& kinds, std::string liar) : kinds_(kinds), liar_(std::move(liar)) {}
  Result<std::unique_ptr<Step>> step(const Node& node) const override {
    auto made = kinds_.step(node);
    if (!made || node.kind != liar_) return made;
    return std::unique_ptr<Step>(std::make_unique<Liar>(std::move(*made)));
  }
  bool is_traffic(const Node& node) const override { return kinds_.is_traffic(node); }
  bool leaves(const Node& node) const override { return kinds_.leaves(node); }
  Milliseconds budget(const Node& node) const override { return kinds_.budget(node); }
  std::unique_ptr<Sampler> sampler(const IndicatorPolicy& indicator,
                                   const GateSubject& subject) const override {
    return kinds_.sampler(indicator, subject);
  }

 private:
  class Liar final : public Step {
   public:
    explicit Liar(std::unique_ptr<Step> step) : step_(std::move(step)) {}
    Result<Observation> observe(const Looks& looks, const Json* before) const override {
      auto seen = step_->observe(looks, before);
      if (seen && reverted_) seen->state = TargetState::before;
      return seen;
    }
    Result<void> apply(Systems& systems, const Json& before, const Guard& guard,
                       Attempt& attempt) const override {
      return step_->apply(systems, before, guard, attempt);
    }
    Result<void> revert(Systems&, const Json&, const Guard&, Attempt&) const override {
      reverted_ = true;
      return {};
    }

   private:
    std::unique_ptr<Step> step_;
    static inline bool reverted_ = false;  // every look makes its step anew
  };
  const Kinds& kinds_;
  std::string liar_;
};

}  // namespace

TEST_CASE("every step of the lab's release 2 is undone, and what stays is announced",
          "[rehearsal]") {
  Stage stage;
  const auto outcome = stage.run(*stage.kinds);
  REQUIRE(outcome.ok());
  REQUIRE(outcome->steps.size() == stage.plan.nodes.size());
  for (const StepProof& step : outcome->steps) {
    INFO(step.id << " " << step.title << ": " << join(step.wrong, "; "));
    CHECK(step.undo != StepProof::Undo::failed);
    CHECK(step.forward.count() > 0);
  }
  INFO(join(outcome->whole.wrong, "; "));
  CHECK(outcome->whole.undo == StepProof::Undo::stays);
  CHECK(outcome->requests > 0);
  CHECK(stage.told.back() == "all");

  // The image and its tag are there after every way back; a schema with its .down.sql is not.
  for (const StepProof& step : outcome->steps)
    if (step.kind == "sql.expand" && step.cell == "pool-a" && &step == &outcome->steps[4])
      for (const std::string& words : step.stays) CHECK(words.find("schema") == std::string::npos);
}

TEST_CASE("an undo that does not restore is reported, whatever it says of itself", "[rehearsal]") {
  Stage stage;
  stage.keep_up_to("autoscaler.hold");
  const LyingKinds kinds(*stage.kinds, "autoscaler.hold");
  const auto outcome = stage.run(kinds);
  REQUIRE(outcome.ok());
  CHECK(outcome->steps[0].undo == StepProof::Undo::stays);
  const StepProof& step = outcome->steps.back();
  CHECK(step.kind == "autoscaler.hold");
  CHECK(step.undo == StepProof::Undo::failed);
  REQUIRE_FALSE(step.wrong.empty());
  CHECK(step.wrong.front().find("HorizontalPodAutoscaler odoo-pool-a/odoo-web") == 0);
  CHECK(outcome->whole.undo == StepProof::Undo::failed);
}

TEST_CASE("a rehearsal that is interrupted gives no outcome", "[rehearsal]") {
  Stage stage;
  const Cancellation stop;
  stop.request();
  const auto outcome = stage.run(*stage.kinds, stop);
  REQUIRE_FALSE(outcome.ok());
  CHECK(outcome.failure().kind == FailureKind::cancelled);
}

TEST_CASE("tenants of a query are made up, and that is said", "[rehearsal]") {
  const Environment environment = environment_at(lab_folder + "/environment.yaml");
  const Release release = release_at(lab_folder + "/release-2/release.yaml", environment);
  const RehearsalSetting setting = *rehearsal_setting(environment, release);
  CHECK(setting.environment.cells[0].tenants.query.empty());
  CHECK(setting.environment.cells[0].tenants.names ==
        std::vector<std::string>{"tenantpool-a-1", "tenantpool-a-2"});
  REQUIRE(setting.stand_ins.size() == 1);
  CHECK(setting.stand_ins[0].find("come from a query") != std::string::npos);
  CHECK(setting.platform.images.after.tag == "2");
}

TEST_CASE("tenants by name keep their names, each once", "[rehearsal]") {
  Environment environment = environment_at(lab_folder + "/environment.yaml");
  const Release release = release_at(lab_folder + "/release-2/release.yaml", environment);
  environment.cells[0].tenants.query.clear();
  environment.cells[0].tenants.names = {"alma", "brio", "cedro", "dedal"};
  CellConfig second = environment.cells[0];
  second.name = "pool-b";
  second.tenants.names = {"alma"};
  environment.cells.push_back(second);
  const RehearsalSetting setting = *rehearsal_setting(environment, release);
  CHECK(setting.environment.cells[0].tenants.names ==
        std::vector<std::string>{"alma", "brio", "cedro"});
  CHECK(setting.environment.cells[1].tenants.names == std::vector<std::string>{"alma-2"});
  CHECK(setting.stand_ins.size() == 2);
}

TEST_CASE("an image that the lab does not have is made up from the release's modules",
          "[rehearsal]") {
  const Environment environment = environment_at(lab_folder + "/environment.yaml");
  Release release = release_at(lab_folder + "/release-2/release.yaml", environment);
  release.image_from = "staging/retail/odoo@sha256:" + std::string(64, 'a');
  release.modules = {"sale_omni", "stock_rfid"};
  const RehearsalSetting setting = *rehearsal_setting(environment, release);
  const lab::ImagePair& images = setting.platform.images;
  CHECK(images.before.digest != images.after.digest);
  CHECK(images.before.code.modules.at("stock_rfid") == "18.0.1.0");
  CHECK(images.after.code.modules.at("stock_rfid") == "18.0.1.1");
  CHECK(images.after.code.modules.at("sale_omni") == "18.0.1.1");
  CHECK(images.after.code.modules.at("pos_retail") == images.before.code.modules.at("pos_retail"));
  CHECK(setting.tenants.plain_modules == std::vector<std::string>{"stock_rfid"});
  CHECK(setting.release.image_from == "staging/retail/odoo:rehearsed");
}

TEST_CASE("pictures are compared by their parts", "[rehearsal]") {
  lab::Picture before, after;
  before["schema main/alma"] = {"column a.x text", "column a.y text"};
  after["schema main/alma"] = {"column a.x text", "column a.z text"};
  before["Deployment a/web"] = after["Deployment a/web"] = {{"spec", {{"replicas", 3}}}};
  after["Deployment a/web"]["spec"]["replicas"] = 2;
  after["tag production/a:1"] = "sha256:1";
  before["record records/x"] = true;
  const auto differences = compare_pictures(before, after);
  CHECK(differences.at("schema main/alma") ==
        "schema main/alma: lost column a.y text; has column a.z text");
  CHECK(differences.at("Deployment a/web") == "Deployment a/web: /spec/replicas was 3, is 2");
  CHECK(differences.at("tag production/a:1") == "tag production/a:1 is there");
  CHECK(differences.at("record records/x") == "record records/x is gone");
}

TEST_CASE("a migration may leave its schema only where it has no undo", "[rehearsal]") {
  const std::unique_ptr<Kinds> kinds = make_kind_table();
  Node node;
  node.kind = "sql.expand";
  node.target = "schema main/alma";
  node.parameters = {{"files", {{{"undo_text", "ALTER TABLE a DROP COLUMN b"}}}}};
  CHECK(may_stay(node, *kinds).empty());
  node.parameters = {{"files", {{{"undo_text", ""}}}}};
  CHECK(may_stay(node, *kinds) == std::vector<std::string>{"schema main/alma", "ledger main/alma"});
  node.kind = "traffic.weigh";
  node.target = "route a/b";
  CHECK(may_stay(node, *kinds).empty());
}
