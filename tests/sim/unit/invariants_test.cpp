// Each invariant with what breaks it: a watcher that cannot see is worse than none.
#include "sim/invariants.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::sim;

namespace {

std::string line(const std::string& kind, std::uint64_t opno, const Json& body) {
  std::string hash;
  Record record{0, 0, 1, opno, "", "sim", kind, body};
  return encode_record(record, "sim-1", BootTime{1}, "boot", std::string(64, '0'), &hash);
}

std::string broken(const Breaches& breaches) {
  return breaches.first() ? breaches.first()->invariant : "";
}

Effect effect(std::uint64_t epoch, std::uint64_t opno, Effect::Kind kind = Effect::Kind::set) {
  return {kind, "image", epoch, opno, true, ""};
}

/// A world that harms as it is told.
class HarmfulStage final : public Stage {
 public:
  std::string what;
  std::string harm() const override { return what; }
  const Plan& plan() const override { return plan_; }
  RunOptions options() const override { return {}; }
  [[noreturn]] const Kinds& kinds() const override { std::abort(); }
  std::unique_ptr<Systems> connect(Clock&, HttpClient&, SqlConnector&) override { return nullptr; }
  const Doors& doors() const override { return doors_; }
  [[noreturn]] SqlConnector& databases() override { std::abort(); }
  void calm() override {}
  std::string differs_from_plan() const override { return ""; }
  std::string differs_from_before() const override { return ""; }
  bool may_park() const override { return false; }

 private:
  Plan plan_;
  Doors doors_;
};

}  // namespace

TEST_CASE("I1: an effect needs a durable intent with its own operation number", "[sim]") {
  Breaches breaches;
  IntentBeforeEffect intents(breaches);
  intents.on_durable(line("INTENT", 4, {{"step", "S1"}}) + line("OUTCOME", 5, {{"step", "S1"}}));
  intents.on_effect(effect(1, 4));
  CHECK(broken(breaches) == "");
  intents.on_effect(effect(1, 5));
  CHECK(broken(breaches) == "I1");
}

TEST_CASE("I1: an effect without a number needs a durable intent of its step", "[sim]") {
  Breaches breaches;
  IntentBeforeEffect intents(breaches);
  intents.on_durable(line("INTENT", 4, {{"step", "S1"}}) + line("SNAPSHOT", 5, {{"step", "S2"}}));
  Effect pushed{Effect::Kind::set, "a tag", 0, 0, false, "S1"};
  intents.on_effect(pushed);
  CHECK(broken(breaches) == "");
  pushed.step = "S2";
  intents.on_effect(pushed);
  CHECK(broken(breaches) == "I1");
}

TEST_CASE("I2: nothing older is written behind something newer", "[sim]") {
  for (const auto& [epoch, opno] : {std::pair{1, 9}, std::pair{2, 3}}) {
    Breaches breaches;
    NothingOlderAfterNewer fences(breaches);
    fences.on_effect(effect(1, 3));
    fences.on_effect(effect(2, 4));
    fences.on_effect(effect(2, 4));
    CHECK(broken(breaches) == "");
    fences.on_effect(effect(static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(opno)));
    CHECK(broken(breaches) == "I2");
  }
}

TEST_CASE("I3: a harmed user is seen", "[sim]") {
  Breaches breaches;
  NobodyHarmed harm(breaches);
  HarmfulStage stage;
  harm.look(stage);
  CHECK(broken(breaches) == "");
  stage.what = "traffic on the new version without its migration";
  harm.look(stage);
  CHECK(broken(breaches) == "I3");
}

TEST_CASE("I4: damage and falling epochs are seen", "[sim]") {
  JournalReading sound;
  sound.records = {{0, 0, 1, 0, "", "", "RUN_OPEN", {}}, {1, 1, 2, 0, "", "", "LEASE", {}}};
  Breaches breaches;
  ChainHolds(breaches).look(sound);
  CHECK(broken(breaches) == "");
  JournalReading falling = sound;
  falling.records[1].epoch = 0;
  ChainHolds(breaches).look(falling);
  CHECK(broken(breaches) == "I4");
  Breaches other;
  JournalReading damaged = sound;
  damaged.damage = Failure{FailureKind::permanent, "record 1 is damaged", "", "damaged"};
  ChainHolds(other).look(damaged);
  CHECK(broken(other) == "I4");
}

TEST_CASE("I5: what is told must be durable, in its own direction", "[sim]") {
  const auto told = [](ToldIsKept& kept, const char* state, const char* direction) {
    kept.on_event(
        {"step.state", {}, 0, "", {{"step", "S1"}, {"state", state}, {"direction", direction}}});
  };
  Breaches breaches;
  ToldIsKept kept(breaches);
  kept.on_durable(line("OUTCOME", 1, {{"step", "S1"}, {"direction", "forward"}}));
  told(kept, "running", "back");
  told(kept, "applied", "forward");
  CHECK(broken(breaches) == "");
  told(kept, "reverted", "back");
  CHECK(broken(breaches) == "I5");
  Breaches closing;
  ToldIsKept closed(closing);
  closed.on_event({"run.phase", {}, 0, "", {{"phase", "committed"}}});
  CHECK(broken(closing) == "I5");
}

TEST_CASE("I7 and I8: secrets and control bytes are seen wherever they leave", "[sim]") {
  Breaches breaches;
  NothingLeaks leaks(breaches);
  leaks.on_event({"message", {}, 0, "", {{"text", "harmless"}, {"evidence", {1, "two"}}}});
  CHECK(broken(breaches) == "");
  leaks.on_event({"message", {}, 0, "", {{"deep", {{"er", std::string(NothingLeaks::canary)}}}}});
  CHECK(broken(breaches) == "I7");
  Breaches other;
  NothingLeaks(other).look("\x1b[31m", "the journal");
  CHECK(broken(other) == "I8");
}

TEST_CASE("I10: a migration may come again only after it was taken back", "[sim]") {
  Breaches breaches;
  MigrationsOnce migrations(breaches);
  migrations.on_effect(effect(1, 1, Effect::Kind::migrate_up));
  migrations.on_effect(effect(1, 2, Effect::Kind::migrate_down));
  migrations.on_effect(effect(1, 3, Effect::Kind::migrate_up));
  CHECK(broken(breaches) == "");
  migrations.on_effect(effect(1, 4, Effect::Kind::migrate_up));
  CHECK(broken(breaches) == "I10");
}
