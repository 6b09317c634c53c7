// Watching a gate: readings taken side by side, judged as soon as one arrives.
#include "executor_impl.hpp"

#include "ostler/base/plant.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace ostler {
namespace {

/// Each indicator in a thread of its own: a dead Prometheus must not delay what the proxies say.
class ThreadedWatch final : public GateWatch {
 public:
  ThreadedWatch(std::vector<std::unique_ptr<Sampler>> samplers, Executor::Impl& run,
                const GatePolicy& policy)
      : samplers_(std::move(samplers)),
        run_(run),
        policy_(policy),
        baseline_(run.state.baseline),
        newest_(samplers_.size(), Reading{{}, {}, 0, 0, "no reading yet", {}}) {
    const Looks& looks = run.systems.looks();
    for (std::size_t at = 0; at < samplers_.size(); ++at)
      threads_.emplace_back([this, at, &looks] { sample(at, looks); });
  }

  ~ThreadedWatch() override {
    unguard();
    stop_.request();
    threads_.clear();  // joins
  }

  std::vector<Reading> next(Milliseconds interval, const Cancellation& cancellation) override {
    std::unique_lock lock(mutex_);
    const auto end = std::chrono::steady_clock::now() + interval;
    // Short waits let a cancellation through without another descriptor to watch.
    while (!fresh_ && !cancellation.requested() && std::chrono::steady_clock::now() < end)
      arrived_.wait_for(lock, std::min<Milliseconds>(interval, Milliseconds(100)));
    fresh_ = false;
    return newest_;
  }

  void guard(const Cancellation& leave, const Cancellation& abandon) override {
    unguard();
    guard_ = std::jthread([this, leave, abandon](const std::stop_token& stop) {
      const Cancellation never;
      while (!stop.stop_requested()) {
        if (abandon.requested()) return leave.request();
        const std::vector<Reading> readings = next(Milliseconds(100), never);
        const Judgement judgement = judge(policy_, baseline_, readings, Milliseconds(0));
        if (judgement.verdict != Verdict::breach) continue;
        breach_ = judgement;
        return leave.request();
      }
    });
  }

  std::optional<Judgement> unguard() override {
    if (guard_.joinable()) {
      guard_.request_stop();
      guard_.join();
    }
    return std::exchange(breach_, std::nullopt);
  }

 private:
  void sample(std::size_t at, const Looks& looks) {
    samplers_[at]->start(looks);
    while (!stop_.requested()) {
      run_.clock.sleep_for(policy_.interval, stop_);
      if (stop_.requested()) return;
      Reading reading = samplers_[at]->sample(looks);
      {
        const std::lock_guard lock(mutex_);
        newest_[at] = std::move(reading);
        fresh_ = true;
      }
      arrived_.notify_all();
    }
  }

  std::vector<std::unique_ptr<Sampler>> samplers_;
  Executor::Impl& run_;
  const GatePolicy& policy_;
  const std::vector<Baseline> baseline_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Reading> newest_;
  bool fresh_ = false;
  std::optional<Judgement> breach_;  ///< written by guard_, read after its end
  Cancellation stop_;
  std::jthread guard_;
  std::vector<std::jthread> threads_;
};

/// One after the other in the calling thread, for runs under a virtual clock; sees nothing while a
/// step works.
class WatchInTurn final : public GateWatch {
 public:
  WatchInTurn(std::vector<std::unique_ptr<Sampler>> samplers, Executor::Impl& run)
      : samplers_(std::move(samplers)), run_(run) {
    for (const auto& sampler : samplers_) sampler->start(run_.systems.looks());
  }

  std::vector<Reading> next(Milliseconds interval, const Cancellation& cancellation) override {
    run_.clock.sleep_for(interval, cancellation);
    std::vector<Reading> readings;
    for (const auto& sampler : samplers_) readings.push_back(sampler->sample(run_.systems.looks()));
    return readings;
  }
  void guard(const Cancellation&, const Cancellation&) override {}
  std::optional<Judgement> unguard() override { return std::nullopt; }

 private:
  std::vector<std::unique_ptr<Sampler>> samplers_;
  Executor::Impl& run_;
};

Json or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

void say_samples(Executor::Impl& run, const Node& node, const std::vector<Reading>& readings,
                 Milliseconds elapsed) {
  const GatePolicy& policy = *node.gate;
  for (std::size_t at = 0; at < readings.size(); ++at) {
    const IndicatorPolicy& indicator = policy.indicators[at];
    const auto base =
        std::find_if(run.state.baseline.begin(), run.state.baseline.end(),
                     [&](const Baseline& one) { return one.indicator == indicator.name; });
    Json data;
    data["step"] = node.id;
    data["indicator"] = indicator.name;
    data["canary"] = or_null(readings[at].canary);
    data["stable"] = or_null(readings[at].stable);
    data["baseline"] = base == run.state.baseline.end() ? Json(nullptr) : or_null(base->value);
    data["limit"] = or_null(indicator.limit);
    data["samples"] = readings[at].samples;
    data["min_samples"] = indicator.min_samples;
    data["unit"] = indicator.unit == IndicatorConfig::Unit::ratio     ? "ratio"
                   : indicator.unit == IndicatorConfig::Unit::seconds ? "seconds"
                                                                      : "number";
    data["trouble"] = readings[at].trouble;
    data["elapsed_ms"] = elapsed.count();
    data["hold_ms"] = policy.hold.count();
    run.events.emit("gate.sample", std::move(data));
  }
}

}  // namespace

std::unique_ptr<GateWatch> start_gate_watch(Executor::Impl& run, const GatePolicy& policy,
                                            const GateSubject& subject) {
  std::vector<std::unique_ptr<Sampler>> samplers;
  for (const IndicatorPolicy& indicator : policy.indicators)
    samplers.push_back(run.kinds.sampler(indicator, subject));
  if (run.options.sampling == RunOptions::Sampling::in_turn)
    return std::make_unique<WatchInTurn>(std::move(samplers), run);
  return std::make_unique<ThreadedWatch>(std::move(samplers), run, policy);
}

Executor::Impl::~Impl() = default;

Stop Executor::Impl::watch(const Node& node) {
  const GatePolicy& policy = *node.gate;
  const BootTime started = clock.boot();
  // A resumed run has no readings from the step itself; they begin here.
  const std::unique_ptr<GateWatch> readings =
      gate_watch ? std::move(gate_watch) : start_gate_watch(*this, policy, policy.subject);
  for (;;) {
    const std::vector<Reading> newest = readings->next(policy.interval, cancellation);
    const Milliseconds elapsed = std::chrono::duration_cast<Milliseconds>(clock.boot() - started);
    const Judgement judgement = judge(policy, state.baseline, newest, elapsed);
    const bool good = judgement.verdict == Verdict::wait || judgement.verdict == Verdict::pass;
    if (good) say_samples(*this, node, newest, elapsed);
    if (judgement.verdict != Verdict::wait) {
      const Stop stop = verdict(node, judgement, elapsed, {});
      if (!good) say_samples(*this, node, newest, elapsed);  // the way back comes first
      return stop;
    }
    if (const Stop stop = wish(); stop.kind != Stop::Kind::none) return stop;
  }
}

/// Makes a verdict durable, together with the turn it causes: once a breach is durable, so is the
/// way back.
Stop Executor::Impl::verdict(const Node& node, const Judgement& judgement, Milliseconds elapsed,
                             std::vector<Entry> entries) {
  entries.push_back({"GATE",
                     {{"step", node.id},
                      {"verdict", std::string(to_string(judgement.verdict))},
                      {"indicator", judgement.indicator},
                      {"reason", judgement.reason}},
                     0});
  const bool turns =
      judgement.verdict != Verdict::pass && options.on_failure == OnFailure::rollback;
  const std::string reason = fmt::format("{} ({}): {}", node.id, node.title, judgement.reason);
  if (turns && !planted("turn_not_journaled")) entries.push_back(turn_back(reason));
  if (const Result<void> done = record(std::move(entries)); !done)
    return {Stop::Kind::journal_lost, done.failure().message};
  events.emit("gate.verdict", {{"step", node.id},
                               {"verdict", std::string(to_string(judgement.verdict))},
                               {"indicator", judgement.indicator},
                               {"reason", judgement.reason},
                               {"elapsed_ms", elapsed.count()}});
  if (judgement.verdict == Verdict::pass) return {};
  return {turns ? Stop::Kind::roll_back : Stop::Kind::hold, reason};
}

/// What the first gate's indicators show before anything is touched: the old version alone, frozen
/// for the whole run.
Stop Executor::Impl::take_baseline() {
  const auto first = std::find_if(plan.nodes.begin(), plan.nodes.end(),
                                  [](const Node& node) { return node.gate.has_value(); });
  if (first == plan.nodes.end() || first->gate->indicators.empty()) return {};
  GateSubject subject = first->gate->subject;
  subject.canary_service = subject.stable_service;
  subject.stable_service.clear();
  subject.weight = 100;
  const GatePolicy& policy = *first->gate;
  const BootTime end = clock.boot() + options.baseline_time;
  const std::unique_ptr<GateWatch> readings = start_gate_watch(*this, policy, subject);
  std::vector<Reading> newest;
  bool enough = false;
  while (!enough && clock.boot() < end) {
    newest = readings->next(policy.interval, cancellation);
    if (const Stop stop = wish(); stop.kind != Stop::Kind::none) return stop;
    enough = true;
    for (std::size_t at = 0; at < newest.size(); ++at)
      enough =
          enough && newest[at].canary && newest[at].samples >= policy.indicators[at].min_samples;
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
