// Readings for the gates of a rehearsal, where nothing real is measured.
#include "rehearsal_kinds.hpp"

namespace ostler {
namespace {

class MadeUpSampler final : public Sampler {
 public:
  explicit MadeUpSampler(std::function<bool()> bad) : bad_(std::move(bad)) {}
  void start(const Looks&) override {}
  Reading sample(const Looks&) override {
    constexpr double plenty = 1e6, far_too_much = 1e9;
    Reading reading;
    reading.samples = reading.stable_samples = plenty;
    reading.canary = reading.stable = 0;
    if (bad_()) reading.canary = far_too_much;
    return reading;
  }

 private:
  std::function<bool()> bad_;
};

}  // namespace

std::unique_ptr<Sampler> RehearsalKinds::sampler(const IndicatorPolicy&, const GateSubject&) const {
  return std::make_unique<MadeUpSampler>(
      [this] { return !breach_at_.empty() && at_ == breach_at_; });
}

}  // namespace ostler
