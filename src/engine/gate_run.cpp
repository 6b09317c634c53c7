// Watching a gate: readings taken side by side, judged as soon as one arrives.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "executor_impl.hpp"

namespace ostler {
namespace {

/// The newest reading of each indicator, and how it is kept new.
class Readings {
 public:
  virtual ~Readings() = default;
  /// Returns when there is something new to judge, or after `interval` at the latest.
  virtual std::vector<Reading> next(Milliseconds interval, const Cancellation& cancellation) = 0;
};

/// Each indicator in a thread of its own: a dead Prometheus must not delay what the proxies say.
class ThreadedReadings final : public Readings {
 public:
  ThreadedReadings(std::vector<std::unique_ptr<Sampler>> samplers, const Looks& looks, Clock& clock, Milliseconds interval)
      : samplers_(std::move(samplers)), newest_(samplers_.size(), Reading{{}, {}, 0, 0, "no reading yet", {}}) {
    for (std::size_t at = 0; at < samplers_.size(); ++at)
      threads_.emplace_back([this, at, &looks, &clock, interval] { work(at, looks, clock, interval); });
  }

  ~ThreadedReadings() override {
    stop_.request();
    threads_.clear();  // joins
  }

  std::vector<Reading> next(Milliseconds interval, const Cancellation& cancellation) override {
    std::unique_lock lock(mutex_);
    // Woken by a reading; the short wait lets a Ctrl-C through without another descriptor to watch.
    const auto end = std::chrono::steady_clock::now() + interval;
    while (!fresh_ && !cancellation.requested() && std::chrono::steady_clock::now() < end)
      arrived_.wait_for(lock, std::min<Milliseconds>(interval, Milliseconds(100)));
    fresh_ = false;
    return newest_;
  }

 private:
  void work(std::size_t at, const Looks& looks, Clock& clock, Milliseconds interval) {
    samplers_[at]->start(looks);
    while (!stop_.requested()) {
      clock.sleep_for(interval, stop_);
      if (stop_.requested()) return;
      Reading reading = samplers_[at]->sample(looks);
      {
        const std::lock_guard lock(mutex_);
        newest_[at] = std::move(reading);
        fresh_ = true;
      }
      arrived_.notify_one();
    }
  }

  std::vector<std::unique_ptr<Sampler>> samplers_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Reading> newest_;
  bool fresh_ = false;
  Cancellation stop_;
  std::vector<std::jthread> threads_;
};

/// One after the other in the calling thread, for runs under a virtual clock.
class ReadingsInTurn final : public Readings {
 public:
  ReadingsInTurn(std::vector<std::unique_ptr<Sampler>> samplers, const Looks& looks, Clock& clock)
      : samplers_(std::move(samplers)), looks_(looks), clock_(clock) {
    for (const auto& sampler : samplers_) sampler->start(looks_);
  }

  std::vector<Reading> next(Milliseconds interval, const Cancellation& cancellation) override {
    clock_.sleep_for(interval, cancellation);
    std::vector<Reading> readings;
    for (const auto& sampler : samplers_) readings.push_back(sampler->sample(looks_));
    return readings;
  }

 private:
  std::vector<std::unique_ptr<Sampler>> samplers_;
  const Looks& looks_;
  Clock& clock_;
};

std::unique_ptr<Readings> start_readings(const GatePolicy& policy, const GateSubject& subject, Executor::Impl& run) {
  std::vector<std::unique_ptr<Sampler>> samplers;
  for (const IndicatorPolicy& indicator : policy.indicators) samplers.push_back(run.kinds.sampler(indicator, subject));
  const Looks& looks = run.systems.looks();
  if (run.options.sampling == RunOptions::Sampling::in_turn)
    return std::make_unique<ReadingsInTurn>(std::move(samplers), looks, run.clock);
  return std::make_unique<ThreadedReadings>(std::move(samplers), looks, run.clock, policy.interval);
}

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

void say_samples(Executor::Impl& run, const Node& node, const std::vector<Reading>& readings, Milliseconds elapsed) {
  const GatePolicy& policy = *node.gate;
  for (std::size_t at = 0; at < readings.size(); ++at) {
    const IndicatorPolicy& indicator = policy.indicators[at];
    const auto base = std::find_if(run.state.baseline.begin(), run.state.baseline.end(),
                                   [&](const Baseline& one) { return one.indicator == indicator.name; });
    run.events.emit("gate.sample",
                    {{"step", node.id},
                     {"indicator", indicator.name},
                     {"canary", or_null(readings[at].canary)},
                     {"stable", or_null(readings[at].stable)},
                     {"baseline", base == run.state.baseline.end() ? Json(nullptr) : or_null(base->value)},
                     {"limit", or_null(indicator.limit)},
                     {"samples", readings[at].samples},
                     {"min_samples", indicator.min_samples},
                     {"unit", indicator.unit == IndicatorConfig::Unit::ratio     ? "ratio"
                              : indicator.unit == IndicatorConfig::Unit::seconds ? "seconds"
                                                                                 : "number"},
                     {"trouble", readings[at].trouble},
                     {"elapsed_ms", elapsed.count()},
                     {"hold_ms", policy.hold.count()}});
  }
}

}  // namespace

Stop Executor::Impl::watch(const Node& node) {
  const GatePolicy& policy = *node.gate;
  const BootTime started = clock.boot();
  const std::unique_ptr<Readings> readings = start_readings(policy, policy.subject, *this);
  for (;;) {
    const std::vector<Reading> newest = readings->next(policy.interval, cancellation);
    const Milliseconds elapsed = std::chrono::duration_cast<Milliseconds>(clock.boot() - started);
    const Judgement judgement = judge(policy, state.baseline, newest, elapsed);
    if (judgement.verdict == Verdict::wait) {
      say_samples(*this, node, newest, elapsed);
      if (const Stop stop = wish(); stop.kind != Stop::Kind::none) return stop;
      continue;
    }
    Entry gate{"GATE",
               {{"step", node.id},
                {"verdict", std::string(to_string(judgement.verdict))},
                {"indicator", judgement.indicator},
                {"reason", judgement.reason}},
               0};
    const bool turns = judgement.verdict != Verdict::pass && options.on_failure == OnFailure::rollback;
    const std::string reason = fmt::format("{} ({}): {}", node.id, node.title, judgement.reason);
    std::vector<Entry> entries{std::move(gate)};
    // One group with the verdict: once the breach is durable, so is the way back.
    if (turns) entries.push_back(turn(reason));
    if (const Result<void> done = record(entries); !done) return {Stop::Kind::journal_lost, done.failure().message};
    say_samples(*this, node, newest, elapsed);
    events.emit("gate.verdict", {{"step", node.id},
                                 {"verdict", std::string(to_string(judgement.verdict))},
                                 {"indicator", judgement.indicator},
                                 {"reason", judgement.reason},
                                 {"elapsed_ms", elapsed.count()}});
    if (judgement.verdict == Verdict::pass) return {};
    return {turns ? Stop::Kind::roll_back : Stop::Kind::hold, reason};
  }
}

/// What the first gate's indicators show before anything is touched: the old version alone, frozen for the whole run.
Stop Executor::Impl::take_baseline() {
  const auto first = std::find_if(plan.nodes.begin(), plan.nodes.end(), [](const Node& node) { return node.gate.has_value(); });
  if (first == plan.nodes.end() || first->gate->indicators.empty()) return {};
  GateSubject subject = first->gate->subject;
  subject.canary_service = subject.stable_service;
  subject.stable_service.clear();
  subject.weight = 100;
  const GatePolicy& policy = *first->gate;
  const BootTime end = clock.boot() + options.baseline_time;
  const std::unique_ptr<Readings> readings = start_readings(policy, subject, *this);
  std::vector<Reading> newest;
  bool enough = false;
  while (!enough && clock.boot() < end) {
    newest = readings->next(policy.interval, cancellation);
    if (const Stop stop = wish(); stop.kind != Stop::Kind::none) return stop;
    enough = true;
    for (std::size_t at = 0; at < newest.size(); ++at)
      enough = enough && newest[at].canary && newest[at].samples >= policy.indicators[at].min_samples;
  }
  Json frozen = Json::array();
  for (std::size_t at = 0; at < newest.size(); ++at) {
    const bool known = newest[at].canary && newest[at].samples >= policy.indicators[at].min_samples;
    frozen.push_back({{"indicator", policy.indicators[at].name},
                      {"value", known ? or_null(newest[at].canary) : Json(nullptr)},
                      {"samples", newest[at].samples}});
  }
  events.emit("gate.baseline", {{"baseline", frozen}});
  if (const Result<void> done = record({{"GATE", {{"baseline", frozen}}, 0}}); !done)
    return {Stop::Kind::journal_lost, done.failure().message};
  return {};
}

}  // namespace ostler
