// Makes all checks at once, so that preflight takes as long as its slowest look.
#include "ostler/checks/run_checks.hpp"

#include "ostler/base/text.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace ostler {

namespace {

/// How often the one that waits looks at the clock, which a test may move by hand.
constexpr Milliseconds between_looks_at_clock{20};

bool is_among(const std::vector<std::string>& names, const CheckKind& kind) {
  return std::find(names.begin(), names.end(), kind.name) != names.end();
}

Result<void> known_names(const std::vector<std::string>& names,
                         const std::vector<const CheckKind*>& kinds) {
  std::vector<std::string> known;
  for (const CheckKind* kind : kinds) known.emplace_back(kind->name);
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const auto near = nearest(name, known);
    return Failure{
        FailureKind::refused, fmt::format("there is no check '{}'", sanitize(name)),
        near ? fmt::format("Did you mean '{}'?", *near) : "List the checks with 'ostler kinds'.",
        "usage"};
  }
  return {};
}

/// Answers on their way from the threads that look to the one that tells.
class Answers {
 public:
  explicit Answers(std::size_t count) : found_(count), answered_(count, false) {}

  void put(std::size_t index, std::vector<Finding> findings) {
    {
      const std::lock_guard lock(mutex_);
      found_[index] = std::move(findings);
      answered_[index] = true;
    }
    arrived_.notify_one();
  }

  /// The answers that came since the last call, after a short wait at most.
  std::vector<std::pair<std::size_t, std::vector<Finding>>> take() {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, between_looks_at_clock, [this] {
      return std::find(answered_.begin(), answered_.end(), true) != answered_.end();
    });
    std::vector<std::pair<std::size_t, std::vector<Finding>>> taken;
    for (std::size_t i = 0; i < answered_.size(); ++i) {
      if (!answered_[i]) continue;
      answered_[i] = false;
      taken.emplace_back(i, std::move(found_[i]));
    }
    return taken;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::vector<Finding>> found_;
  std::vector<bool> answered_;
};

Finding late(Milliseconds deadline) {
  return not_seen("", Failure{FailureKind::timeout, "no answer within " + format_duration(deadline),
                              "Ask again with --only for this check alone, and look whether the "
                              "system answers at all.",
                              ""});
}

}  // namespace

Result<std::vector<CheckResult>> run_checks(const CheckSubject& subject, const Looks& looks,
                                            const CheckRun& run,
                                            const std::vector<const CheckKind*>& kinds) {
  OSTLER_CHECK(known_names(run.only, kinds));
  OSTLER_CHECK(known_names(run.skip, kinds));
  std::vector<CheckResult> results;
  for (const CheckKind* kind : kinds)
    if ((run.only.empty() || is_among(run.only, *kind)) && !is_among(run.skip, *kind))
      results.push_back({kind, {}, {}});

  Clock& clock = looks.clock();
  const BootTime started = clock.boot();
  Answers answers(results.size());
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < results.size(); ++i)
    threads.emplace_back([&answers, &subject, &looks, kind = results[i].kind, i] {
      answers.put(i, kind->measure(subject, looks));
    });

  std::vector<bool> told(results.size(), false);
  const auto tell = [&](std::size_t index, std::vector<Finding> findings) {
    if (told[index]) return;
    told[index] = true;
    results[index].findings = std::move(findings);
    results[index].elapsed = std::chrono::duration_cast<Milliseconds>(clock.boot() - started);
    if (run.on_result) run.on_result(results[index]);
  };
  while (std::find(told.begin(), told.end(), false) != told.end()) {
    for (auto& [index, findings] : answers.take()) tell(index, std::move(findings));
    if (clock.boot() - started < run.deadline) continue;
    for (std::size_t i = 0; i < results.size(); ++i) {
      Finding finding = late(run.deadline);
      finding.subject = results[i].kind->name;
      tell(i, {finding});
    }
  }
  threads.clear();  // joins
  return results;
}

}  // namespace ostler
