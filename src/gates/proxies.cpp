// proxies: what every Traefik's own counters say about the new and the old version since the gate
// began. Nothing lies between the counters and the verdict, so a breach is seen within one sample
// and a dead Prometheus blinds nobody.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"

#include <cmath>
#include <set>

namespace ostler {

namespace {

/// A quiet spell is no evidence once it is so many times longer than the usual time between two
/// requests.
constexpr int quiet_factor = 4;

/// What was counted between two looks at one proxy.
ServiceCounters difference(const ServiceCounters& now, const ServiceCounters& before) {
  ServiceCounters result;
  result.requests = now.requests - before.requests;
  result.errors = now.errors - before.errors;
  result.seconds = now.seconds - before.seconds;
  for (const auto& [bound, count] : now.buckets) {
    const auto earlier = before.buckets.find(bound);
    result.buckets[bound] = count - (earlier == before.buckets.end() ? 0 : earlier->second);
  }
  return result;
}

/// Counters only grow; anything smaller is a start from zero that nobody told us of.
bool was_reset(const ServiceCounters& now, const ServiceCounters& before) {
  const ServiceCounters since = difference(now, before);
  if (since.requests < 0 || since.errors < 0 || since.seconds < 0) return true;
  return std::any_of(since.buckets.begin(), since.buckets.end(),
                     [](const auto& bucket) { return bucket.second < 0; });
}

ServiceCounters counters_of(const ProxyCounters& proxy, const std::string& label) {
  const auto found = proxy.services.find(label);
  return found == proxy.services.end() ? ServiceCounters{} : found->second;
}

/// Sums of one Service over all proxies.
struct Sum {
  ServiceCounters counters;
  std::string trouble;

  void add(const ServiceCounters& part) {
    if (part.requests <= 0) return;
    if (counters.requests > 0 && !same_bounds(counters.buckets, part.buckets))
      trouble = "the proxies count durations in different buckets";
    counters.requests += part.requests;
    counters.errors += part.errors;
    counters.seconds += part.seconds;
    for (const auto& [bound, count] : part.buckets) counters.buckets[bound] += count;
  }

 private:
  static bool same_bounds(const std::map<double, double>& a, const std::map<double, double>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const auto& x, const auto& y) { return x.first == y.first; });
  }
};

/// A quantile from cumulative buckets, evenly spread within a bucket, as Prometheus'
/// histogram_quantile.
struct Quantile {
  double seconds = 0;
  enum class Kind {
    within,
    beyond
  } kind = Kind::within;  ///< beyond: at least `seconds`, the largest bound
};

std::optional<Quantile> quantile_of(const ServiceCounters& counters, double quantile) {
  if (counters.buckets.empty()) return std::nullopt;
  const double total = counters.buckets.rbegin()->second;
  if (!(total > 0)) return std::nullopt;
  const double rank = quantile * total;
  double lower_bound = 0, below = 0;
  for (const auto& [bound, count] : counters.buckets) {
    if (count >= rank && count > below) {
      if (std::isinf(bound)) return Quantile{lower_bound, Quantile::Kind::beyond};
      const double share = (rank - below) / (count - below);
      return Quantile{lower_bound + (bound - lower_bound) * share, Quantile::Kind::within};
    }
    if (!std::isinf(bound)) lower_bound = bound;
    below = count;
  }
  return std::nullopt;
}

class ProxySampler final : public Sampler {
 public:
  ProxySampler(IndicatorConfig indicator, const GateSubject& subject)
      : indicator_(std::move(indicator)),
        subject_(subject),
        canary_label_(label_of(subject, subject.canary_service)),
        stable_label_(label_of(subject, subject.stable_service)) {}

  void start(const Looks& looks) override {
    since_ = {};
    before_.clear();
    started_ = last_request_ = looks.clock().boot();
    seen_requests_ = 0;
    (void)count(looks);
  }

  Reading sample(const Looks& looks) override {
    Reading reading;
    reading.trouble = count(looks);
    Sum canary, stable;
    for (const auto& [proxy, services] : since_) {
      canary.add(services.canary);
      stable.add(services.stable);
    }
    if (reading.trouble.empty()) reading.trouble = canary.trouble;
    if (reading.trouble.empty()) reading.trouble = quiet(canary.counters, looks.clock().boot());
    switch (indicator_.proxy_indicator) {
      case ProxyIndicator::error_ratio:
        error_ratio(canary.counters, stable.counters, reading);
        break;
      case ProxyIndicator::latency:
        latency(canary.counters, stable, reading);
        break;
      case ProxyIndicator::share:
        share(canary.counters, stable.counters, reading);
        break;
    }
    reading.evidence = Json{{"proxies", before_.size()},
                            {"canary_requests", canary.counters.requests},
                            {"canary_errors", canary.counters.errors},
                            {"stable_requests", stable.counters.requests},
                            {"stable_errors", stable.counters.errors}};
    return reading;
  }

 private:
  struct Services {
    ServiceCounters canary, stable;
  };

  static std::string label_of(const GateSubject& subject, const std::string& service) {
    return service.empty() ? "" : traefik_service_label(subject.name_space, service, subject.port);
  }

  Services services_of(const ProxyCounters& proxy) const {
    return {counters_of(proxy, canary_label_), counters_of(proxy, stable_label_)};
  }

  /// Adds what every proxy has counted since the last look. The trouble is one that makes this
  /// reading no evidence; the proxies concerned are counted afresh from their next answer on.
  std::string count(const Looks& looks) {
    const auto proxies = looks.traefik().proxies();
    if (!proxies) return "the proxies cannot be listed: " + proxies.failure().message;
    const auto answers = looks.traefik().counters(*proxies);
    std::string trouble;
    std::set<std::string> present;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const std::string& name = (*proxies)[i].name;
      present.insert(name);
      if (answers[i]) {
        if (std::string why = count_one(name, *answers[i]); !why.empty()) trouble = std::move(why);
      } else {
        forget(name);
        trouble = fmt::format("proxy {} does not answer: {}", name, answers[i].failure().message);
      }
    }
    for (auto known = before_.begin(); known != before_.end();) {
      const std::string name = (known++)->first;
      if (present.contains(name)) continue;
      forget(name);
      trouble = fmt::format("proxy {} is gone", name);
    }
    return trouble;
  }

  std::string count_one(const std::string& name, const ProxyCounters& now) {
    const auto known = before_.find(name);
    if (known == before_.end()) {
      before_[name] = now;
      return "";
    }
    const Services were = services_of(known->second), are = services_of(now);
    // A Service that has left the proxies' configuration loses its counters: for the old version at
    // 100 % that is right.
    const bool stable_left = !now.services.contains(stable_label_);
    if (known->second.started != now.started || was_reset(are.canary, were.canary) ||
        (!stable_left && was_reset(are.stable, were.stable))) {
      forget(name);
      before_[name] = now;
      return "counter reset at proxy " + name;
    }
    Services& sums = since_[name];
    add(sums.canary, difference(are.canary, were.canary));
    if (!stable_left) add(sums.stable, difference(are.stable, were.stable));
    known->second = now;
    return "";
  }

  static void add(ServiceCounters& sum, const ServiceCounters& part) {
    sum.requests += part.requests;
    sum.errors += part.errors;
    sum.seconds += part.seconds;
    for (const auto& [bound, count] : part.buckets) sum.buckets[bound] += count;
  }

  void forget(const std::string& name) {
    before_.erase(name);
    since_.erase(name);
  }

  /// Traffic that stops in the middle of a gate must not be judged by what was before.
  std::string quiet(const ServiceCounters& canary, BootTime now) {
    if (canary.requests != seen_requests_) {
      seen_requests_ = canary.requests;
      last_request_ = now;
    }
    if (canary.requests <= 0) return "";
    const auto usual = std::chrono::duration_cast<Milliseconds>(
        (now - started_) * quiet_factor / std::max<std::int64_t>(1, std::llround(canary.requests)));
    const auto silence = std::chrono::duration_cast<Milliseconds>(now - last_request_);
    if (silence <= std::max(indicator_.max_age, usual)) return "";
    return fmt::format("no request has reached {} for {}", subject_.canary_service,
                       format_duration(silence));
  }

  static void error_ratio(const ServiceCounters& canary, const ServiceCounters& stable,
                          Reading& reading) {
    reading.samples = canary.requests;
    reading.stable_samples = stable.requests;
    if (canary.requests > 0) reading.canary = canary.errors / canary.requests;
    if (stable.requests > 0) reading.stable = stable.errors / stable.requests;
  }

  void latency(const ServiceCounters& canary, const Sum& stable, Reading& reading) const {
    reading.samples = canary.requests;
    if (const auto value = quantile_of(canary, indicator_.quantile)) {
      reading.canary = value->seconds;
      const bool over_limit = indicator_.limit && value->seconds > *indicator_.limit;
      if (value->kind == Quantile::Kind::beyond && !over_limit && reading.trouble.empty())
        reading.trouble = fmt::format(
            "the latency lies beyond the proxies' largest bucket of {:g} s, so it cannot be judged",
            value->seconds);
    } else if (canary.requests > 0 && reading.trouble.empty()) {
      reading.trouble = "the proxies export no buckets of request durations";
    }
    const auto value = quantile_of(stable.counters, indicator_.quantile);
    if (!value || !stable.trouble.empty()) return;
    reading.stable = value->seconds;
    reading.stable_samples = stable.counters.requests;
  }

  void share(const ServiceCounters& canary, const ServiceCounters& stable, Reading& reading) const {
    const double total = canary.requests + stable.requests;
    reading.samples = total;
    if (total > 0) reading.canary = std::abs(canary.requests / total - subject_.weight / 100.0);
  }

  IndicatorConfig indicator_;
  GateSubject subject_;
  std::string canary_label_, stable_label_;
  std::map<std::string, ProxyCounters> before_;  ///< by proxy: its newest answer
  std::map<std::string, Services> since_;        ///< by proxy: counted since the gate began
  BootTime started_{0}, last_request_{0};
  double seen_requests_ = 0;
};

std::unique_ptr<Sampler> make(const IndicatorConfig& indicator, const GateSubject& subject) {
  return std::make_unique<ProxySampler>(indicator, subject);
}

}  // namespace

extern const IndicatorKind proxies_indicator{
    "proxies", "error ratio, latency or share of the traffic, from every proxy's own counters",
    "errors:\n"
    "  proxies: error_ratio\n"
    "  limit: 2%\n"
    "  worseBy: 1%\n"
    "  minSamples: 100\n",
    make};

}  // namespace ostler
