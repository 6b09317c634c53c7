// indicators: every indicator of the gates gives fresh samples of the version that runs now, enough
// of them for the smallest weight to be judged in the time that a gate has, and none that would
// stop the release whatever its new version does.
#include "ostler/base/side_by_side.hpp"
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/survey/tenants.hpp"

#include <cmath>

namespace ostler {

namespace {

constexpr Milliseconds longest_look{5000};
constexpr Milliseconds between_readings{500};

struct Wanted {
  const CellConfig* cell;
  const IndicatorConfig* indicator;
};

std::vector<Wanted> wanted(const CheckSubject& subject) {
  std::vector<Wanted> result;
  for (const CellConfig& cell : subject.environment->cells)
    for (const IndicatorConfig& indicator : subject.environment->indicators) {
      const bool all = subject.release == nullptr;
      const auto& gates = all ? std::vector<std::string>{} : subject.release->traffic.gates;
      if (all || std::find(gates.begin(), gates.end(), indicator.name) != gates.end())
        result.push_back({&cell, &indicator});
    }
  return result;
}

std::unique_ptr<Sampler> sampler_for(const IndicatorConfig& indicator, const GateSubject& subject) {
  static constexpr std::array names{"prometheus", "sql", "proxies"};  // as IndicatorSource
  const std::string wanted_name = names[static_cast<std::size_t>(indicator.source)];
  for (const IndicatorKind* kind : indicator_kinds())
    if (kind->name == wanted_name) return kind->make(indicator, subject);
  return nullptr;
}

Result<GateSubject> stable_of(const CellConfig& cell, const Looks& looks) {
  OSTLER_TRY(const WeightedRoute route, looks.traefik().route(cell.name_space, cell.route));
  if (route.children.empty())
    return Failure{FailureKind::refused, "the route has no children", "", ""};
  const auto heaviest =
      std::max_element(route.children.begin(), route.children.end(),
                       [](const auto& a, const auto& b) { return a.weight < b.weight; });
  GateSubject subject;
  subject.cell = cell.name;
  subject.name_space = cell.name_space;
  subject.route = cell.route;
  subject.stable_service = heaviest->service;
  subject.stable_workload = cell.workloads.web;
  subject.port = cell.port ? cell.port : heaviest->port;
  subject.server = cell.tenants.server;
  return stable_alone(std::move(subject));
}

/// Reads until there are enough samples, for some seconds at most.
struct Look {
  Reading newest;
  Milliseconds took{0};
};
Look read(Sampler& sampler, double enough, const Looks& looks) {
  const Cancellation never;
  Clock& clock = looks.clock();
  Look look;
  sampler.start(looks);
  const BootTime started = clock.boot();
  while (look.took < longest_look) {
    clock.sleep_for(between_readings, never);
    look.newest = sampler.sample(looks);
    look.took = std::chrono::duration_cast<Milliseconds>(clock.boot() - started);
    if (look.newest.trouble.empty() && look.newest.samples >= enough) break;
  }
  return look;
}

/// How many samples a gate of the smallest weight can expect at this pace.
double expected_samples(const Look& look, const IndicatorConfig& indicator,
                        const TrafficConfig& traffic) {
  const Milliseconds budget = traffic.budget.count() ? traffic.budget : traffic.hold;
  const double longer = static_cast<double>((traffic.hold + budget).count()) /
                        static_cast<double>(std::max<std::int64_t>(1, look.took.count()));
  const bool counts_requests = indicator.source == IndicatorSource::proxies &&
                               indicator.proxy_indicator != ProxyIndicator::share;
  const double share =
      counts_requests && !traffic.weights.empty() ? traffic.weights.front() / 100.0 : 1.0;
  return look.newest.samples * longer * share;
}

/// Whether it gives one number for the new and the old version together.
bool tells_no_versions(const IndicatorConfig& indicator) {
  if (indicator.source == IndicatorSource::proxies) return false;
  return indicator.query.find("${workload}") == std::string::npos &&
         indicator.query.find("${service}") == std::string::npos;
}

Finding judge_look(const std::string& name, const Look& look, const IndicatorConfig& indicator,
                   const Release* release) {
  const Reading& reading = look.newest;
  if (!reading.trouble.empty() || !reading.canary || reading.samples <= 0)
    return not_seen(
        name, Failure{FailureKind::permanent,
                      reading.trouble.empty() ? "no samples within " + format_duration(longest_look)
                                              : reading.trouble,
                      "A gate on this indicator would wait for evidence in vain: repair "
                      "it, or release without it.",
                      ""});
  const std::string pace =
      fmt::format("{:.0f} samples in {}", reading.samples, format_duration(look.took));
  // One that tells versions apart may be over its limit because of what the release repairs.
  if (tells_no_versions(indicator) && indicator.limit && *reading.canary > *indicator.limit)
    return failed(name, indicator_text(*reading.canary, indicator.unit) + " already",
                  "at most " + indicator_text(*indicator.limit, indicator.unit),
                  "The first gate would stop the release: wait until it is under its limit again.");
  if (!release) return passed(name, pace);
  const double expected = expected_samples(look, indicator, release->traffic);
  if (expected >= indicator.min_samples) return passed(name, pace);
  return failed(
      name,
      fmt::format("{}; at {} % a gate would see about {:.0f}", pace,
                  release->traffic.weights.empty() ? 0 : release->traffic.weights.front(),
                  std::floor(expected)),
      fmt::format("at least {} (minSamples) within hold and budget", indicator.min_samples),
      "Begin with a larger weight, give the gates more budget, or wait for more traffic.");
}

Finding look_at(const Wanted& one, const CheckSubject& subject, const Looks& looks) {
  const std::string name = fmt::format("{} of {}", one.indicator->name, one.cell->name);
  auto stable = stable_of(*one.cell, looks);
  if (!stable) return not_seen(name, stable.failure());
  if (one.indicator->per_tenant) {
    auto tenants = list_tenants(*one.cell, looks);
    if (!tenants) return not_seen(name, tenants.failure());
    stable->tenants = std::move(*tenants);
  }
  const auto sampler = sampler_for(*one.indicator, *stable);
  if (!sampler)
    return not_seen(name, Failure{FailureKind::permanent, "its source is not known", "", ""});
  return judge_look(name, read(*sampler, one.indicator->min_samples, looks), *one.indicator,
                    subject.release);
}

std::vector<Finding> measure(const CheckSubject& subject, const Looks& looks) {
  const std::vector<Wanted> all = wanted(subject);
  std::vector<Finding> findings(all.size());
  side_by_side(all.size(), databases_at_once, [&](std::size_t index) {
    findings[index] = look_at(all[index], subject, looks);
    findings[index].place = all[index].indicator->place;
  });
  return findings;
}

}  // namespace

extern const CheckKind indicators_check{
    "indicators",
    "OSTLER-I001",
    "indicators",
    "every gate's indicator gives fresh samples, enough of them, and none that stops any release",
    "Repair the query or the scrape; give gates more budget or a larger first weight where there "
    "is little traffic; wait where the platform is busy.",
    measure};

}  // namespace ostler
