// Judges readings of release indicators: a pure function of policy, baseline, newest readings and
// time.
#include "ostler/model/gate.hpp"

#include "ostler/base/text.hpp"

#include <cmath>

namespace ostler {

namespace {

/// What one indicator says on its own.
struct Opinion {
  enum class Kind { good, no_evidence, breach } kind = Kind::good;
  std::string reason;
};

bool usable(const std::optional<double>& value, double samples, int min_samples) {
  return value && std::isfinite(*value) && samples >= min_samples;
}

/// The highest value that is still allowed beside `reference`.
double allowed_beside(const IndicatorPolicy& policy, double reference) {
  return policy.comparison == IndicatorPolicy::Comparison::points
             ? reference + *policy.worse_by
             : reference * (1 + *policy.worse_by);
}

/// "2.13 % (limit 2 %, stable 0.2 %, baseline 0.19 %, 412 samples)"
std::string facts(const IndicatorPolicy& policy, const Reading& reading, const Baseline* baseline) {
  std::vector<std::string> parts;
  if (policy.limit) parts.push_back("limit " + indicator_text(*policy.limit, policy.unit));
  if (reading.stable) parts.push_back("stable " + indicator_text(*reading.stable, policy.unit));
  if (baseline && baseline->value)
    parts.push_back("baseline " + indicator_text(*baseline->value, policy.unit));
  parts.push_back(fmt::format("{:.0f} samples", reading.samples));
  return fmt::format("{} ({})", indicator_text(*reading.canary, policy.unit), join(parts, ", "));
}

/// An error ratio whose errors break the limit even if every request still missing to the minimum
/// succeeds.
bool already_lost(const IndicatorPolicy& policy, const Reading& reading) {
  const bool counts_errors = policy.unit == IndicatorConfig::Unit::ratio &&
                             text_at(policy.indicator, "/proxies") == "error_ratio";
  return counts_errors && policy.limit &&
         *reading.canary * reading.samples > *policy.limit * policy.min_samples;
}

Opinion compare(const IndicatorPolicy& policy, const Reading& reading, const Baseline* baseline) {
  const std::string seen = policy.name + " " + facts(policy, reading, baseline);
  const double value = *reading.canary;
  int comparisons = 0;
  if (policy.limit) {
    ++comparisons;
    if (value > *policy.limit) return {Opinion::Kind::breach, seen + " is over its limit"};
  }
  const auto worse_than = [&](const std::optional<double>& reference, double samples) {
    if (!policy.worse_by || !usable(reference, samples, policy.min_samples)) return false;
    ++comparisons;
    return value > allowed_beside(policy, *reference);
  };
  const auto breach = [&](const char* than, double reference) {
    return Opinion{Opinion::Kind::breach,
                   fmt::format("{} is worse than {} by more than allowed ({})", seen, than,
                               indicator_text(allowed_beside(policy, reference), policy.unit))};
  };
  if (worse_than(reading.stable, reading.stable_samples)) return breach("stable", *reading.stable);
  if (baseline && worse_than(baseline->value, baseline->samples))
    return breach("the baseline", *baseline->value);
  if (comparisons == 0)
    return {Opinion::Kind::no_evidence,
            seen + " has nothing to be compared with: no limit, no stable version, no baseline"};
  return {Opinion::Kind::good, seen};
}

Opinion opinion_on(const IndicatorPolicy& policy, const Reading& reading,
                   const Baseline* baseline) {
  const auto no_evidence = [&](std::string why) {
    return Opinion{Opinion::Kind::no_evidence, fmt::format("{}: {}", policy.name, why)};
  };
  if (!reading.trouble.empty()) return no_evidence(reading.trouble);
  if (!reading.canary) return no_evidence("no value yet");
  if (!std::isfinite(*reading.canary))
    return no_evidence(fmt::format("the value is {}", *reading.canary));
  if (!(reading.samples >= policy.min_samples)) {  // written so that not-a-number is too few
    if (already_lost(policy, reading))
      return {Opinion::Kind::breach,
              fmt::format("{} {} cannot come under its limit within {} samples", policy.name,
                          facts(policy, reading, baseline), policy.min_samples)};
    return no_evidence(fmt::format("{:.0f} of {} samples", reading.samples, policy.min_samples));
  }
  return compare(policy, reading, baseline);
}

const Baseline* find_baseline(const std::vector<Baseline>& all, const std::string& indicator) {
  for (const Baseline& baseline : all)
    if (baseline.indicator == indicator) return &baseline;
  return nullptr;
}

}  // namespace

std::string indicator_text(double value, IndicatorConfig::Unit unit) {
  if (!std::isfinite(value)) return fmt::format("{}", value);
  switch (unit) {
    case IndicatorConfig::Unit::ratio:
      return format_percent(value);
    case IndicatorConfig::Unit::seconds:
      return format_duration(Milliseconds{std::llround(value * 1000)});
    case IndicatorConfig::Unit::number:
      return fmt::format("{:.6g}", value);
  }
  return fmt::format("{:.6g}", value);
}

GateSubject stable_alone(GateSubject subject) {
  subject.canary_service = std::exchange(subject.stable_service, "");
  subject.canary_workload = std::exchange(subject.stable_workload, "");
  subject.weight = 100;
  return subject;
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::wait:
      return "wait";
    case Verdict::breach:
      return "breach";
    case Verdict::exhausted:
      return "exhausted";
  }
  return "exhausted";
}

Judgement judge(const GatePolicy& policy, const std::vector<Baseline>& baseline,
                const std::vector<Reading>& newest, Milliseconds elapsed) {
  static const Reading nothing;
  Judgement missing{Verdict::pass, "", ""};
  Judgement good{Verdict::pass, "", "no indicators to judge"};
  for (std::size_t i = 0; i < policy.indicators.size(); ++i) {
    const IndicatorPolicy& indicator = policy.indicators[i];
    const Opinion opinion = opinion_on(indicator, i < newest.size() ? newest[i] : nothing,
                                       find_baseline(baseline, indicator.name));
    if (opinion.kind == Opinion::Kind::breach)
      return {Verdict::breach, indicator.name, opinion.reason};
    if (opinion.kind == Opinion::Kind::no_evidence && missing.indicator.empty())
      missing = {Verdict::wait, indicator.name, opinion.reason};
    if (opinion.kind == Opinion::Kind::good && good.indicator.empty())
      good = {Verdict::pass, indicator.name, opinion.reason};
  }
  if (missing.verdict == Verdict::wait) {
    if (elapsed >= policy.hold + policy.budget) {
      missing.verdict = Verdict::exhausted;
      missing.reason +=
          fmt::format("; no evidence within {}", format_duration(policy.hold + policy.budget));
    }
    return missing;
  }
  if (elapsed < policy.hold) {
    good.verdict = Verdict::wait;
    good.reason +=
        fmt::format("; good for {} of {}", format_duration(elapsed), format_duration(policy.hold));
  }
  return good;
}

}  // namespace ostler
