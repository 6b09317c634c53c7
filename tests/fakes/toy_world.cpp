// Toy steps and their world.
#include "tests/fakes/toy_world.hpp"

namespace ostler::fakes {

void ToyWorld::change(const std::string& step, const std::string& target, const std::string& value,
                      std::uint64_t opno) {
  if (before_effect) before_effect();
  if (values[target] != value) {
    if (!operations.insert(opno).second) twice = true;
    values[target] = value;
    changes.push_back(step + " " + value);
  }
  if (after_effect) after_effect();
}

ToyStep::ToyStep(ToyWorld& world, std::string id, std::string target, std::string value)
    : world_(world), id_(std::move(id)), target_(std::move(target)), value_(std::move(value)) {}

Result<Observation> ToyStep::observe(const Looks&, const Json* before) const {
  if (world_.unseen.contains(target_))
    return Failure{FailureKind::timeout, target_ + " did not answer", "", ""};
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

Result<void> ToyStep::apply(Systems&, const Json&, const Guard& guard, Attempt& attempt) const {
  attempt.progress("setting " + target_);
  return effect(world_.faults[id_], value_, guard);
}

Result<void> ToyStep::revert(Systems&, const Json& before, const Guard& guard, Attempt&) const {
  if (world_.left.count(id_) > 0) return {};
  return effect(world_.undo_faults[id_], before.get<std::string>(), guard);
}

Result<void> ToyStep::effect(Fault& fault, const std::string& value, const Guard& guard) const {
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

Reading ToySampler::sample(const Looks&) {
  if (world_.reading) return world_.reading(name_);
  return Reading{0.001, 0.001, 1000, 1000, "", {}};
}

Result<std::unique_ptr<Step>> ToyKinds::step(const Node& node) const {
  return std::unique_ptr<Step>(
      std::make_unique<ToyStep>(world_, node.id, node.target, text_at(node.parameters, "/value")));
}

std::unique_ptr<Sampler> ToyKinds::sampler(const IndicatorPolicy& indicator,
                                           const GateSubject&) const {
  return std::make_unique<ToySampler>(world_, indicator.name);
}

Plan toy_plan() {
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

ToyWorld toy_world() {
  ToyWorld world;
  world.values = {{"image", "old"}, {"schema", "old"}, {"route", "old"}, {"workload", "old"}};
  return world;
}

}  // namespace ostler::fakes
