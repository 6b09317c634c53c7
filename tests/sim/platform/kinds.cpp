// Gates that see a breach, or nothing, where the seed says so.
#include "sim/platform/kinds.hpp"

namespace ostler::sim {
namespace {

class DisturbedSampler final : public Sampler {
 public:
  DisturbedSampler(std::unique_ptr<Sampler> sampler, Faults& faults)
      : sampler_(std::move(sampler)), faults_(faults) {}

  void start(const Looks& looks) override {
    sampler_->start(looks);
    fault_ = faults_.draw({Fault::gate_bad, Fault::gate_blind}, "a gate");
  }

  Reading sample(const Looks& looks) override {
    Reading reading = sampler_->sample(looks);
    if (fault_ == Fault::gate_blind) {
      reading = {};
      reading.trouble = "no proxy tells its numbers";
    }
    if (fault_ == Fault::gate_bad) {
      reading.trouble.clear();
      reading.canary = 0.3;
      reading.samples = 1000;
    }
    return reading;
  }

 private:
  std::unique_ptr<Sampler> sampler_;
  Faults& faults_;
  Fault fault_ = Fault::none;
};

}  // namespace

std::unique_ptr<Sampler> DisturbedKinds::sampler(const IndicatorPolicy& indicator,
                                                 const GateSubject& subject) const {
  return std::make_unique<DisturbedSampler>(kinds_->sampler(indicator, subject), faults_);
}

}  // namespace ostler::sim
