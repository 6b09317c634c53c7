#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/json.hpp"
#include "ostler/base/result.hpp"
#include "ostler/config/environment.hpp"
#include "ostler/model/systems.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ostler {

/// What a gate watches: one cell, with its new version beside the stable one.
struct GateSubject {
  std::string cell, name_space;
  std::string route;
  std::string stable_service,
      canary_service;  ///< names of Kubernetes Services; the canary's is empty when there is none
  std::string stable_workload, canary_workload;  ///< names of Deployments, likewise
  int port = 0;
  int weight = 0;      ///< share that the canary should have, in percent
  std::string server;  ///< PostgreSQL server of the tenants
  std::vector<std::string> tenants;
};

/// The same cell with the stable version in the canary's place and nothing beside it: what a
/// baseline is taken of, and what is watched once all traffic is back on the stable workload.
GateSubject stable_alone(GateSubject subject);

/// One reading of one indicator. A missing value is not zero: it is no evidence.
struct Reading {
  std::optional<double> canary;  ///< the new version; or the only value, where the indicator cannot
                                 ///< be split by version
  std::optional<double> stable;  ///< the old version over the same time, where it can
  double samples = 0;            ///< requests or samples behind `canary`
  double stable_samples = 0;
  std::string trouble;  ///< why there is no evidence: "Prometheus does not answer", "counter reset
                        ///< at traefik-1"
  Json evidence;
};

/// Takes readings of one indicator. Keeps what it needs between readings (counters at the start).
class Sampler {
 public:
  virtual ~Sampler() = default;
  /// Forget earlier readings: what follows is measured from now on.
  virtual void start(const Looks& looks) = 0;
  /// Never fails: trouble is part of the reading.
  virtual Reading sample(const Looks& looks) = 0;
};

/// The numbers of one indicator that a gate judges by; part of the plan.
struct IndicatorPolicy {
  std::string name;
  Json indicator;  ///< the indicator's definition, so that a saved plan does not change when the
                   ///< file does
  std::optional<double> limit, worse_by;
  enum class Comparison { relative, points } comparison = Comparison::relative;
  int min_samples = 1;
  IndicatorConfig::Unit unit = IndicatorConfig::Unit::number;
};

struct GatePolicy {
  std::vector<IndicatorPolicy> indicators;
  Milliseconds hold{0};    ///< evidence must stay good that long
  Milliseconds budget{0};  ///< beyond `hold`, for evidence to appear; then `exhausted`
  Milliseconds interval{1000};
  GateSubject subject;
};

/// What stood before the release, frozen: one value per indicator.
struct Baseline {
  std::string indicator;
  std::optional<double> value;
  double samples = 0;
};

enum class Verdict {
  pass,       ///< enough good evidence over the whole hold
  wait,       ///< nothing against it yet, not enough for it
  breach,     ///< worse than allowed
  exhausted,  ///< no evidence within the budget: never a pass
};
std::string_view to_string(Verdict verdict);

struct Judgement {
  Verdict verdict = Verdict::wait;
  std::string indicator;  ///< that decided
  std::string reason;     ///< one line with measured value, limit, baseline, samples
};

/// The judgement over the newest reading of each indicator (same order as policy.indicators) after
/// `elapsed` of the gate. Pure. Rules: too few samples, no value or any trouble is no evidence; an
/// indicator over its limit, or worse than stable or baseline by more than allowed, is a breach as
/// soon as it has enough samples, and an error ratio already when its errors alone would break the
/// limit at the minimum number of samples; a pass needs evidence from every indicator in the newest
/// reading and `hold` passed.
Judgement judge(const GatePolicy& policy, const std::vector<Baseline>& baseline,
                const std::vector<Reading>& newest, Milliseconds elapsed);

/// A value of an indicator as people read it: "2.13 %", "800ms", "12".
std::string indicator_text(double value, IndicatorConfig::Unit unit);

Json to_json(const GatePolicy& policy);
Result<GatePolicy> parse_gate_policy(const Json& value);
Json to_json(const IndicatorConfig& indicator);
Result<IndicatorConfig> parse_indicator(const Json& value);

}  // namespace ostler
