// All checks at once, each in a thread of its own, told in the order they finish.
#include "session.hpp"

#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace ostler {
namespace {

Result<void> known_names(const std::vector<std::string>& names) {
  std::vector<std::string> all;
  for (const CheckKind* kind : check_kinds()) all.emplace_back(kind->name);
  for (const std::string& name : names)
    if (std::find(all.begin(), all.end(), name) == all.end()) {
      const auto near = nearest(name, all);
      return Failure{
          FailureKind::refused, fmt::format("there is no check '{}'", sanitize(name)),
          near ? fmt::format("Did you mean '{}'?", *near) : "ostler kinds lists the checks.",
          "usage"};
    }
  return {};
}

bool chosen(const CheckKind& kind, const CheckChoice& choice) {
  const auto in = [&](const std::vector<std::string>& list) {
    return std::find(list.begin(), list.end(), kind.name) != list.end();
  };
  return (choice.only.empty() || in(choice.only)) && !in(choice.skip);
}

// Answers on their way from the threads that look to the one that tells.
class Inbox {
 public:
  void put(std::size_t index) {
    {
      const std::lock_guard lock(mutex_);
      ready_.push_back(index);
    }
    arrived_.notify_one();
  }
  std::size_t take() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !ready_.empty(); });
    const std::size_t index = ready_.front();
    ready_.pop_front();
    return index;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::size_t> ready_;
};

}  // namespace

Result<CheckReport> make_checks(Context& context, const CheckSubject& subject, const Looks& looks,
                                const CheckChoice& choice) {
  OSTLER_CHECK(known_names(choice.only));
  OSTLER_CHECK(known_names(choice.skip));
  CheckReport report;
  report.environment = subject.environment->name;
  std::vector<const CheckKind*> kinds;
  for (const CheckKind* kind : check_kinds())
    if (chosen(*kind, choice)) {
      kinds.push_back(kind);
      report.answers.push_back(
          {kind->name, kind->code, kind->system, kind->summary, kind->remedy, {}, {}});
    }
  const BootTime started = context.clock.boot();
  Inbox inbox;
  {
    std::vector<std::jthread> threads;
    for (std::size_t index = 0; index < kinds.size(); ++index)
      threads.emplace_back([&, index] {
        CheckAnswer& answer = report.answers[index];
        answer.findings = kinds[index]->measure(subject, looks);
        answer.elapsed = std::chrono::duration_cast<Milliseconds>(context.clock.boot() - started);
        inbox.put(index);
      });
    for (std::size_t left = kinds.size(); left > 0; --left) {
      const CheckAnswer& answer = report.answers[inbox.take()];
      for (const Finding& finding : answer.findings)
        context.console.events().emit("check.result", check_event(answer, finding));
    }
  }
  report.elapsed = std::chrono::duration_cast<Milliseconds>(context.clock.boot() - started);
  if (context.signals.stop().requested())
    return Failure{FailureKind::cancelled, "interrupted; nothing was changed", "", ""};
  return report;
}

}  // namespace ostler
