#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/json.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace ostler {

/// One event of the stream that every view is a function of (manual: ostler-events(5)). `type` is a
/// stable word:
///   version                first event; schema, v, tool
///   run.open               run, plan (digest), environment, release, version_before,
///   version_after, steps[], direction step.state             step, kind, title, state, direction,
///   found, elapsed_ms, usually_ms
///                          state: waiting running applied already failed reverting reverted
///                          skipped in_doubt
///   step.progress          step, waiting_for, elapsed_ms
///   step.note              step, text, evidence
///   gate.sample            step, indicator, canary, stable, baseline, limit, samples, trouble,
///   elapsed_ms, hold_ms gate.verdict           step, verdict, indicator, reason run.phase phase
///   (forward, rolling_back, held, parked), reason check.result           id, code, outcome,
///   subject, found, limit, cure, place, evidence, elapsed_ms message                level (info,
///   warning, error), text, hint result                 last event; outcome, exit_code, world,
///   next[], reason
/// Foreign text in `data` has passed sanitize() and redact().
struct Event {
  std::string type;
  WallTime time;
  std::uint64_t seq = 0;
  std::string run;  ///< empty outside a run
  Json data;        ///< an object: the members besides type, ts, seq, run
};

/// The event as one JSON object: type, ts, seq, run (when there is one), then the members of
/// `data`.
Json to_json(const Event& event);

/// Whoever shows or keeps events. Called from one thread at a time; must not block for long.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_event(const Event& event) = 0;
};

/// Numbers events and hands them to several observers, redacted.
class EventStream {
 public:
  explicit EventStream(Clock& clock) : clock_(clock) {}
  void add(Observer& observer) { observers_.push_back(&observer); }
  void set_run(std::string run) { run_ = std::move(run); }
  void emit(std::string type, Json data);

 private:
  Clock& clock_;
  std::vector<Observer*> observers_;
  std::string run_;
  std::uint64_t seq_ = 0;
  std::mutex mutex_;
};

}  // namespace ostler
