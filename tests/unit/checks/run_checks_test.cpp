// All checks at once: their order, their choice, and those that are late.
#include "ostler/checks/run_checks.hpp"

#include "tests/unit/checks/check_case.hpp"

#include <condition_variable>
#include <mutex>

using namespace ostler;

namespace {

std::mutex gate_mutex;
std::condition_variable gate_opened;
bool gate_open = false;
SharedClock* moved_by_quick = nullptr;

std::vector<Finding> quick(const CheckSubject&, const Looks&) {
  if (moved_by_quick) moved_by_quick->advance(Milliseconds{60000});
  return {passed("a", "well")};
}
std::vector<Finding> nothing(const CheckSubject&, const Looks&) {
  return {};
}
/// Waits until somebody was told of its being late.
std::vector<Finding> stuck(const CheckSubject&, const Looks&) {
  std::unique_lock lock(gate_mutex);
  gate_opened.wait(lock, [] { return gate_open; });
  return {passed("b", "well after all")};
}

CheckKind kind(const char* name,
               std::vector<Finding> (*measure)(const CheckSubject&, const Looks&)) {
  return {name, "OSTLER-X001", "x", "", "", measure};
}
const CheckKind quick_check = kind("a.quick", quick), empty_check = kind("b.nothing", nothing),
                stuck_check = kind("c.stuck", stuck);

std::vector<std::string> names(const std::vector<CheckResult>& results) {
  std::vector<std::string> all;
  for (const CheckResult& result : results) all.emplace_back(result.kind->name);
  return all;
}

}  // namespace

TEST_CASE("run_checks: every check is told once and stands in its place") {
  CheckCase a;
  std::vector<std::string> told;
  CheckRun run;
  run.on_result = [&](const CheckResult& result) { told.emplace_back(result.kind->name); };
  const auto results =
      run_checks({&a.environment, &a.release}, a.platform, run, {&empty_check, &quick_check});
  REQUIRE(results.ok());
  CHECK(names(*results) == std::vector<std::string>{"b.nothing", "a.quick"});
  CHECK((*results)[0].findings.empty());
  CHECK((*results)[1].findings.front().found == "well");
  std::sort(told.begin(), told.end());
  CHECK(told == std::vector<std::string>{"a.quick", "b.nothing"});
}

TEST_CASE("run_checks: only and skip, and names that are none") {
  CheckCase a;
  const std::vector<const CheckKind*> kinds{&quick_check, &empty_check};
  CheckRun run;
  run.only = {"a.quick"};
  CHECK(names(*run_checks({&a.environment, nullptr}, a.platform, run, kinds)) ==
        std::vector<std::string>{"a.quick"});
  run.only.clear();
  run.skip = {"a.quick"};
  CHECK(names(*run_checks({&a.environment, nullptr}, a.platform, run, kinds)) ==
        std::vector<std::string>{"b.nothing"});
  run.skip = {"a.quikc"};
  const auto refused = run_checks({&a.environment, nullptr}, a.platform, run, kinds);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.failure().code == "usage");
  CHECK(refused.failure().hint == "Did you mean 'a.quick'?");
}

TEST_CASE("run_checks: what is late is inconclusive, and its answer no longer counts") {
  CheckCase a;
  gate_open = false;
  moved_by_quick = &a.platform.time;
  CheckRun run;
  run.on_result = [&](const CheckResult& result) {
    if (std::string(result.kind->name) != "c.stuck") return;
    const std::lock_guard lock(gate_mutex);
    gate_open = true;
    gate_opened.notify_all();
  };
  const auto results =
      run_checks({&a.environment, nullptr}, a.platform, run, {&stuck_check, &quick_check});
  moved_by_quick = nullptr;
  REQUIRE(results.ok());
  REQUIRE((*results)[0].findings.size() == 1);
  CHECK((*results)[0].findings[0].outcome == Outcome::inconclusive);
  CHECK((*results)[0].findings[0].found == "no answer within 30s");
}

TEST_CASE("run_checks: the whole preflight of the example platform is well") {
  CheckCase a;
  a.platform.proxies.requests_per_look = 50;
  const auto results = run_checks({&a.environment, &a.release}, a.platform, {});
  REQUIRE(results.ok());
  CHECK(results->size() == check_kinds().size());
  for (const CheckResult& result : *results)
    for (const Finding& finding : result.findings) {
      CAPTURE(result.kind->name, finding.subject, finding.found);
      CHECK(finding.outcome == Outcome::pass);
    }
}
