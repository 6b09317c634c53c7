// Makes steps and samplers out of the kinds that are built in.
#include "kind_table.hpp"

#include "ostler/model/kind.hpp"

namespace ostler {
namespace {

// A gate whose indicator cannot be read must never pass, so it says so in every reading.
class TroubledSampler final : public Sampler {
 public:
  explicit TroubledSampler(std::string trouble) : trouble_(std::move(trouble)) {}
  void start(const Looks&) override {}
  Reading sample(const Looks&) override {
    Reading reading;
    reading.trouble = trouble_;
    return reading;
  }

 private:
  std::string trouble_;
};

std::string_view name_of_source(IndicatorSource source) {
  switch (source) {
    case IndicatorSource::prometheus:
      return "prometheus";
    case IndicatorSource::sql:
      return "sql";
    case IndicatorSource::proxies:
      return "proxies";
  }
  return "";
}

class KindTable final : public Kinds {
 public:
  Result<std::unique_ptr<Step>> step(const Node& node) const override {
    const StepKind* kind = find_step_kind(node.kind);
    if (kind == nullptr)
      return Failure{FailureKind::permanent,
                     fmt::format("step {}: this ostler knows no kind '{}'", node.id, node.kind),
                     "Use the ostler that made the plan.", "kind"};
    return kind->make(node.parameters);
  }

  bool is_traffic(const Node& node) const override {
    const StepKind* kind = find_step_kind(node.kind);
    return kind != nullptr && kind->traffic;
  }

  bool leaves(const Node& node) const override {
    const StepKind* kind = find_step_kind(node.kind);
    return kind != nullptr && kind->leaves;
  }

  Milliseconds budget(const Node& node) const override {
    const StepKind* kind = find_step_kind(node.kind);
    return kind == nullptr ? Milliseconds(0) : kind->budget;
  }

  std::unique_ptr<Sampler> sampler(const IndicatorPolicy& indicator,
                                   const GateSubject& subject) const override {
    const Result<IndicatorConfig> config = parse_indicator(indicator.indicator);
    if (!config) return std::make_unique<TroubledSampler>(config.failure().message);
    for (const IndicatorKind* kind : indicator_kinds())
      if (kind->name == name_of_source(config->source)) return kind->make(*config, subject);
    return std::make_unique<TroubledSampler>("this ostler cannot read the indicator");
  }
};

}  // namespace

std::unique_ptr<Kinds> make_kind_table() {
  return std::make_unique<KindTable>();
}

}  // namespace ostler
