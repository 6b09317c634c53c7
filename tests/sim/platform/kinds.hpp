// The kinds of the product, with gates that may see what is not there.
#pragma once

#include "sim/faults.hpp"

#include "ostler/engine/executor.hpp"

namespace ostler::sim {

/// Steps are the product's own. A gate reads what its indicator really shows, unless the seed lets
/// it see a breach, or nothing.
class DisturbedKinds final : public Kinds {
 public:
  DisturbedKinds(std::unique_ptr<Kinds> kinds, Faults& faults)
      : kinds_(std::move(kinds)), faults_(faults) {}

  Result<std::unique_ptr<Step>> step(const Node& node) const override { return kinds_->step(node); }
  bool is_traffic(const Node& node) const override { return kinds_->is_traffic(node); }
  bool leaves(const Node& node) const override { return kinds_->leaves(node); }
  Milliseconds budget(const Node& node) const override { return kinds_->budget(node); }
  std::unique_ptr<Sampler> sampler(const IndicatorPolicy& indicator,
                                   const GateSubject& subject) const override;

 private:
  std::unique_ptr<Kinds> kinds_;
  Faults& faults_;
};

}  // namespace ostler::sim
