#pragma once

#include "ostler/engine/executor.hpp"

#include <string>

namespace ostler {

/// The kinds as they are, except that gates judge readings that are made up: good ones, until the
/// gate of `breach_at`, whose readings are as bad as can be. Where the executor is, it learns from
/// being asked for steps.
class RehearsalKinds final : public Kinds {
 public:
  RehearsalKinds(const Kinds& kinds, std::string breach_at)
      : kinds_(kinds), breach_at_(std::move(breach_at)) {}

  Result<std::unique_ptr<Step>> step(const Node& node) const override {
    at_ = node.id;
    return kinds_.step(node);
  }
  bool is_traffic(const Node& node) const override { return kinds_.is_traffic(node); }
  bool leaves(const Node& node) const override { return kinds_.leaves(node); }
  Milliseconds budget(const Node& node) const override { return kinds_.budget(node); }
  std::unique_ptr<Sampler> sampler(const IndicatorPolicy& indicator,
                                   const GateSubject& subject) const override;

 private:
  const Kinds& kinds_;
  std::string breach_at_;
  mutable std::string at_;
};

}  // namespace ostler
