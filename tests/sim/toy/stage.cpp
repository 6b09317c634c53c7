// The toy world: small enough for thousands of releases a second, with every way of protection that
// the real systems have.
#include "sim/toy/server.hpp"
#include "sim/toy/steps.hpp"

namespace ostler::sim {
namespace {

constexpr std::uint64_t stage_question = 5u << 20;
constexpr std::uint64_t first_foreign = 100;

class NoDatabases final : public SqlConnector {
 public:
  Result<std::unique_ptr<SqlSession>> connect(const Secret&, const SqlOptions&) override {
    return Failure{FailureKind::permanent, "the toy world has no databases", "", ""};
  }
};

/// A gate that is healthy unless the seed says otherwise.
class ToyGate final : public Sampler {
 public:
  ToyGate(Faults& faults, const ToyServer& server) : faults_(faults), server_(server) {}
  void start(const Looks&) override {
    if (server_.migrated()) fault_ = faults_.draw({Fault::gate_bad, Fault::gate_blind}, "a gate");
  }
  Reading sample(const Looks&) override {
    if (fault_ == Fault::gate_blind) return {{}, {}, 0, 0, "Prometheus does not answer", {}};
    return {fault_ == Fault::gate_bad ? 0.3 : 0.001, 0.001, 1000, 1000, "", {}};
  }

 private:
  Faults& faults_;
  const ToyServer& server_;
  Fault fault_ = Fault::none;
};

class ToySimKinds final : public Kinds {
 public:
  ToySimKinds(Faults& faults, const ToyServer& server) : faults_(faults), server_(server) {}
  Result<std::unique_ptr<Step>> step(const Node& node) const override {
    return make_toy_step(node);
  }
  bool is_traffic(const Node& node) const override { return node.kind == "toy.traffic"; }
  bool leaves(const Node& node) const override { return node.kind == "toy.record"; }
  Milliseconds budget(const Node&) const override { return Milliseconds{60'000}; }
  std::unique_ptr<Sampler> sampler(const IndicatorPolicy&, const GateSubject&) const override {
    return std::make_unique<ToyGate>(faults_, server_);
  }

 private:
  Faults& faults_;
  const ToyServer& server_;
};

/// Made once: the plan is the same for all seeds.
const Plan& toy_release() {
  static const Plan plan = [] {
    Plan made = fakes::toy_plan();
    const auto put = [&made](const char* id, const char* kind) {
      for (Node& node : made.nodes)
        if (node.id == id) node.kind = kind;
    };
    put("S2", "toy.migrate");
    Node record = made.nodes.back();
    record.id = "S6";
    record.kind = "toy.record";
    record.target = "record";
    made.nodes.push_back(record);
    for (Node& node : made.nodes) node.parameters["was"] = "old";
    return made;
  }();
  return plan;
}

class ToyStage final : public Stage {
 public:
  ToyStage(std::uint64_t seed, lab::World& world, Faults& faults) : kinds_(faults, server_) {
    Chance chance(seed, stage_question);
    for (const char* name : {"image", "route", "workload"}) server_.values[name].value = "old";
    // What the plan believes is not always what stands there.
    if (chance.percent(20)) server_.values["image"].value = "older";
    if (chance.percent(5)) server_.values["workload"].value = "new";
    before_ = server_.values;
    constexpr std::array<const char*, 4> forward{"image=new", "route=new", "workload=new",
                                                 "schema=up"};
    constexpr std::array<const char*, 3> back{"image=old", "route=old", "schema=down"};
    if (chance.percent(8)) server_.refused.insert(forward.at(chance.below(forward.size())));
    if (chance.percent(3)) server_.refused.insert(undo_ = back.at(chance.below(back.size())));
    hold_ = chance.percent(20);
    for (std::uint64_t at = 0; at < 2 && chance.percent(4); ++at)
      plan_foreign_write(world, faults, at, chance);
    server_.on_effect = [this](const Effect& effect) {
      if (on_effect) on_effect(effect);
    };
    for (const char* host : {"cluster.test:80", "database.test:80", "store.test:80"})
      doors_[host] = &server_;
  }

  const Plan& plan() const override { return toy_release(); }
  RunOptions options() const override {
    RunOptions options;
    options.on_failure = hold_ ? OnFailure::hold : OnFailure::rollback;
    return options;
  }
  const Kinds& kinds() const override { return kinds_; }
  std::unique_ptr<Systems> connect(Clock& clock, HttpClient& http, SqlConnector&) override {
    return std::make_unique<ToySystems>(clock, http);
  }
  const Doors& doors() const override { return doors_; }
  SqlConnector& databases() override { return databases_; }
  void calm() override { calm_ = true; }

  std::string differs_from_plan() const override {
    std::string text;
    for (const auto& [name, value] : before_)
      if (!server_.at(name).foreign && server_.at(name).value != "new")
        text += name + " is " + server_.at(name).value + "; ";
    if (!server_.migrated()) text += "the migration is absent; ";
    if (!server_.has_record("release")) text += "the record is absent; ";
    return text;
  }

  std::string differs_from_before() const override {
    std::string text;
    for (const auto& [name, value] : before_)
      if (!server_.at(name).foreign && server_.at(name).value != value.value)
        text += name + " is " + server_.at(name).value + " and was " + value.value + "; ";
    if (server_.migrated()) text += "the migration is there; ";
    return text;
  }

  std::string harm() const override {
    const std::string& route = server_.at("route").value;
    if ((route == "half" || route == "new") && !server_.migrated())
      return "traffic on the new version without its migration";
    return "";
  }

  bool may_park() const override { return foreign_ || !undo_.empty(); }

 private:
  void plan_foreign_write(lab::World& world, Faults& faults, std::uint64_t number, Chance& chance) {
    constexpr std::array<const char*, 3> names{"image", "route", "workload"};
    const std::string name = names.at(chance.below(names.size()));
    const lab::Instant when{static_cast<std::int64_t>(chance.between(100'000, 30'000'000))};
    world.at(when, [this, &faults, number, name] {
      if (calm_ || !faults.happens("foreign write to", first_foreign + number, name)) return;
      foreign_ = true;
      server_.foreign_write(name);
    });
  }

  ToyServer server_;
  ToySimKinds kinds_;
  NoDatabases databases_;
  Doors doors_;
  std::map<std::string, ToyServer::Value> before_;
  std::string undo_;
  bool hold_ = false, calm_ = false, foreign_ = false;
};

}  // namespace

std::unique_ptr<Stage> make_toy_stage(std::uint64_t seed, lab::World& world, Faults& faults) {
  return std::make_unique<ToyStage>(seed, world, faults);
}

}  // namespace ostler::sim
