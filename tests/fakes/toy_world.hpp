// A world of named values with steps that set them: everything an executor can meet, without any
// real system.
#pragma once

#include "ostler/engine/executor.hpp"

#include <cstdlib>
#include <map>
#include <set>

namespace ostler::fakes {

/// Thrown where a process would have died.
struct Crash {};

/// What happens at one effect.
enum class Fault {
  none,
  refused,         ///< the other side says no, now and for ever
  refused_once,    ///< ... only the first time
  lost_answer,     ///< the effect lands, the answer does not
  never_landed,    ///< the request is lost, the answer too
  transient_once,  ///< nothing happened, trying again helps
};

struct ToyWorld {
  std::map<std::string, std::string> values;
  std::map<std::string, Fault> faults;       ///< by step id, forward
  std::map<std::string, Fault> undo_faults;  ///< by step id, back
  std::set<std::uint64_t> operations;        ///< operation numbers that changed something
  std::set<std::string> left;                ///< ids of steps whose undo leaves their effect
  std::vector<std::string> changes;          ///< "S1 new", in order
  std::function<void()> before_effect, after_effect;   ///< may throw Crash
  std::function<Reading(const std::string&)> reading;  ///< by indicator name
  bool twice = false;  ///< an operation changed the world a second time

  void change(const std::string& step, const std::string& target, const std::string& value,
              std::uint64_t opno) {
    if (before_effect) before_effect();
    if (values[target] != value) {
      if (!operations.insert(opno).second) twice = true;
      values[target] = value;
      changes.push_back(step + " " + value);
    }
    if (after_effect) after_effect();
  }
};

class ToyStep final : public Step {
 public:
  ToyStep(ToyWorld& world, std::string id, std::string target, std::string value)
      : world_(world), id_(std::move(id)), target_(std::move(target)), value_(std::move(value)) {}

  Result<Observation> observe(const Looks&, const Json* before) const override {
    const std::string now = world_.values[target_];
    Observation seen{TargetState::before, Json(now), now, {}};
    if (now == value_)
      seen.state = TargetState::applied;
    else if (before != nullptr && now != before->get<std::string>())
      seen.state = TargetState::diverged;
    // A target that stood as wished before the run began is as before for the way back.
    if (before != nullptr && now == before->get<std::string>() && now != value_)
      seen.state = TargetState::before;
    return seen;
  }

  Result<void> apply(Systems&, const Json&, const Guard& guard, Attempt& attempt) const override {
    attempt.progress("setting " + target_);
    return effect(world_.faults[id_], value_, guard);
  }

  Result<void> revert(Systems&, const Json& before, const Guard& guard, Attempt&) const override {
    if (world_.left.count(id_) > 0) return {};
    return effect(world_.undo_faults[id_], before.get<std::string>(), guard);
  }

 private:
  Result<void> effect(Fault& fault, const std::string& value, const Guard& guard) const {
    switch (fault) {
      case Fault::refused:
        return Failure{FailureKind::refused, target_ + " says no", "", ""};
      case Fault::refused_once:
        fault = Fault::none;
        return Failure{FailureKind::refused, target_ + " says no once", "", ""};
      case Fault::transient_once:
        fault = Fault::none;
        return Failure{FailureKind::transient, target_ + " is busy", "", ""};
      case Fault::never_landed:
        fault = Fault::none;
        return Failure{FailureKind::timeout, target_ + " did not answer", "", ""};
      case Fault::lost_answer:
        fault = Fault::none;
        world_.change(id_, target_, value, guard.opno);
        return Failure{FailureKind::unknown, target_ + " answered nothing", "", ""};
      case Fault::none:
        break;
    }
    world_.change(id_, target_, value, guard.opno);
    return {};
  }

  ToyWorld& world_;
  std::string id_, target_, value_;
};

class ToySampler final : public Sampler {
 public:
  ToySampler(ToyWorld& world, std::string name) : world_(world), name_(std::move(name)) {}
  void start(const Looks&) override {}
  Reading sample(const Looks&) override {
    if (world_.reading) return world_.reading(name_);
    return Reading{0.001, 0.001, 1000, 1000, "", {}};
  }

 private:
  ToyWorld& world_;
  std::string name_;
};

class ToyKinds final : public Kinds {
 public:
  explicit ToyKinds(ToyWorld& world) : world_(world) {}
  Result<std::unique_ptr<Step>> step(const Node& node) const override {
    return std::unique_ptr<Step>(std::make_unique<ToyStep>(world_, node.id, node.target,
                                                           text_at(node.parameters, "/value")));
  }
  bool is_traffic(const Node& node) const override { return node.kind == "toy.traffic"; }
  bool leaves(const Node& node) const override { return node.kind == "toy.leaving"; }
  Milliseconds budget(const Node&) const override { return Milliseconds(60'000); }
  std::unique_ptr<Sampler> sampler(const IndicatorPolicy& indicator,
                                   const GateSubject&) const override {
    return std::make_unique<ToySampler>(world_, indicator.name);
  }

 private:
  ToyWorld& world_;
};

/// Toy steps use no real system; reaching for one is a bug of the test.
class NoSystems final : public Systems, public Looks {
 public:
  explicit NoSystems(Clock& clock) : clock_(clock) {}
  const Looks& looks() const override { return *this; }
  Clock& clock() const override { return clock_; }
  const PrometheusLook* prometheus() const override { return nullptr; }
  [[noreturn]] const KubernetesLook& kubernetes() const override { std::abort(); }
  [[noreturn]] const TraefikLook& traefik() const override { std::abort(); }
  [[noreturn]] const RegistryLook& registry(std::string_view) const override { std::abort(); }
  [[noreturn]] const PostgresLook& postgres(std::string_view) const override { std::abort(); }
  [[noreturn]] const RedisLook& redis(std::string_view) const override { std::abort(); }
  [[noreturn]] const ObjectStoreLook& bucket(std::string_view) const override { std::abort(); }
  [[noreturn]] Kubernetes& kubernetes() override { std::abort(); }
  [[noreturn]] Traefik& traefik() override { std::abort(); }
  [[noreturn]] Registry& registry(std::string_view) override { std::abort(); }
  [[noreturn]] Postgres& postgres(std::string_view) override { std::abort(); }
  [[noreturn]] ObjectStore& bucket(std::string_view) override { std::abort(); }

 private:
  Clock& clock_;
};

/// S1 image, S2 schema, S3 and S4 traffic (one target, S4 with a gate), S5 workload.
inline Plan toy_plan() {
  Plan plan;
  plan.digest = "sha256:toy";
  plan.environment = "toy";
  const auto node = [](const char* id, const char* kind, const char* target, const char* value) {
    Node result;
    result.id = id;
    result.kind = kind;
    result.title = std::string("set ") + target;
    result.undo = std::string("restore ") + target;
    result.target = target;
    result.parameters = {{"value", value}};
    return result;
  };
  plan.nodes = {node("S1", "toy.set", "image", "new"), node("S2", "toy.set", "schema", "new"),
                node("S3", "toy.traffic", "route", "half"),
                node("S4", "toy.traffic", "route", "new"),
                node("S5", "toy.set", "workload", "new")};
  GatePolicy gate;
  IndicatorPolicy indicator;
  indicator.name = "errors";
  indicator.limit = 0.02;
  indicator.unit = IndicatorConfig::Unit::ratio;
  indicator.comparison = IndicatorPolicy::Comparison::points;
  indicator.min_samples = 10;
  gate.indicators = {indicator};
  gate.hold = Milliseconds(3000);
  gate.budget = Milliseconds(5000);
  gate.interval = Milliseconds(1000);
  plan.nodes[2].gate = gate;
  plan.nodes[3].gate = gate;
  return plan;
}

inline ToyWorld toy_world() {
  ToyWorld world;
  world.values = {{"image", "old"}, {"schema", "old"}, {"route", "old"}, {"workload", "old"}};
  return world;
}

}  // namespace ostler::fakes
