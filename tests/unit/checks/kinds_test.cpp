// What every check must be, whatever it checks.
#include "tests/unit/checks/check_case.hpp"

#include "ostler/base/file.hpp"

#include <regex>
#include <set>

using namespace ostler;

TEST_CASE("checks: names and codes are told apart, and each says what helps") {
  std::set<std::string> names, codes;
  for (const CheckKind* kind : check_kinds()) {
    CAPTURE(kind->name);
    CHECK(names.insert(kind->name).second);
    CHECK(codes.insert(kind->code).second);
    CHECK(std::regex_match(kind->code, std::regex("OSTLER-[A-Z][0-9]{3}")));
    CHECK(std::string(kind->summary).size() > 10);
    CHECK(std::string(kind->remedy).back() == '.');
  }
  CHECK(names.size() == 15);
}

TEST_CASE("checks: the manual names every check with its code") {
  const auto page = read_file(OSTLER_SOURCE_DIR "/man/ostler-checks.7.scd");
  REQUIRE(page.ok());
  for (const CheckKind* kind : check_kinds()) {
    CAPTURE(kind->name);
    CHECK(page->find(std::string("## ") + kind->name + " (" + kind->code + ")") !=
          std::string::npos);
  }
}

TEST_CASE("indicators: the manual names every kind") {
  const auto page = read_file(OSTLER_SOURCE_DIR "/man/ostler-indicators.7.scd");
  REQUIRE(page.ok());
  for (const IndicatorKind* kind : indicator_kinds()) {
    CAPTURE(kind->name);
    CHECK(page->find(std::string("## ") + kind->name) != std::string::npos);
  }
}

TEST_CASE("checks: a platform that answers nothing is never well") {
  CheckCase a;
  a.platform.proxies.proxies_failure = a.silence;
  a.platform.cluster.fail({"get", "", FakeKubernetes::Moment::before, a.silence, 10000, 0});
  a.platform.cluster.fail({"list", "", FakeKubernetes::Moment::before, a.silence, 10000, 0});
  a.platform.cluster.fail({"allowed", "", FakeKubernetes::Moment::before, a.silence, 10000, 0});
  a.platform.database.server->faults.fail_before("", a.silence, 10000);
  a.platform.redis_server.faults.fail_before("", a.silence, 10000);
  a.platform.records.faults.fail_before("", a.silence, 10000);
  a.platform.staging.faults.fail_before("", a.silence, 10000);
  a.platform.production.faults.fail_before("", a.silence, 10000);
  a.platform.metrics.is_ready = a.silence;
  for (const CheckKind* kind : check_kinds()) {
    CAPTURE(kind->name);
    const auto findings = a.findings(kind->name);
    CHECK_FALSE(findings.empty());
    for (const Finding& finding : findings) {
      CAPTURE(finding.subject);
      CHECK(finding.outcome == Outcome::inconclusive);
      CHECK_FALSE(finding.found.empty());
    }
  }
}

TEST_CASE("checks: none of them changes anything") {
  CheckCase a;
  a.platform.proxies.requests_per_look = 50;
  for (const CheckKind* kind : check_kinds()) (void)a.findings(kind->name);
  CHECK(a.platform.cluster.writes.empty());
  for (const auto& call : a.platform.database.server->calls())
    CHECK(call.access == SqlAccess::read_only);
  CHECK(a.platform.records.objects.empty());
}
