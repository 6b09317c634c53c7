// What a preflight says: what, where, found, wanted, what to do.
#include "ostler/view/check_text.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

CheckReport example() {
  CheckReport report;
  report.environment = "prod";
  report.elapsed = Milliseconds(2900);
  report.answers = {
      {"kubernetes.rights",
       "OSTLER-K002",
       "kubernetes",
       "rights are there",
       "Ask for them.",
       {{Outcome::pass, "", "", "", "", {}, {}, {}}},
       {}},
      {"kubernetes.nodes", "OSTLER-K003", "kubernetes", "nodes are ready", "", {}, {}},
      {"postgres.lag",
       "OSTLER-P012",
       "postgres",
       "replicas keep up",
       "Wait.",
       {{Outcome::fail,
         "replica pg-2",
         "41 s behind",
         "at most 10 s",
         "Wait for the index build.",
         {},
         {},
         {"release.yaml", 31, 7}}},
       {}},
      {"prometheus.data",
       "OSTLER-M001",
       "prometheus",
       "indicators have samples",
       "Look at its targets.",
       {{Outcome::inconclusive, "checkout_time", "no answer in 5 s", "", "", {}, {}, {}}},
       {}},
  };
  return report;
}

}  // namespace

TEST_CASE("preflight: a line per system, then each failure in full", "[view]") {
  CHECK(check_text(example(), {}) ==
        "Preflight prod - 4 checks\n"
        "  ok    kubernetes  rights - nodes\n"
        "  FAIL  postgres    replica pg-2: 41 s behind (wanted at most 10 s)  [OSTLER-P012]\n"
        "  warn  prometheus  checkout_time: no answer in 5 s  [OSTLER-M001]\n"
        "\n"
        "1 of 4 checks failed, 1 of 4 checks could not be made in 2.9s. Nothing was changed.\n"
        "\n"
        "error[OSTLER-P012] postgres.lag: replica pg-2\n"
        "  asked   release.yaml:31:7\n"
        "  found   41 s behind\n"
        "  wanted  at most 10 s\n"
        "  try     Wait for the index build.\n"
        "\n"
        "no answer[OSTLER-M001] prometheus.data: checkout_time\n"
        "  found   no answer in 5 s\n"
        "  try     Look at its targets.\n");
}

TEST_CASE("preflight: all well is one short picture", "[view]") {
  CheckReport report = example();
  report.answers.resize(2);
  CHECK(check_summary(report, {}) == "Preflight  2 checks  2.9s\n  ok kubernetes 2\n");
  CHECK(check_text(report, {}).find("All 2 checks passed in 2.9s.") != std::string::npos);
  CHECK(check_failures(report, {}).empty());
}

TEST_CASE("preflight: machines get every finding with its place", "[view]") {
  const Json value = to_json(example());
  CHECK(value.at("failed") == 1);
  CHECK(value.at("inconclusive") == 1);
  CHECK(value.at("passed") == 2);
  const Json& finding = value.at("checks")[2].at("findings")[0];
  CHECK(finding.at("code") == "OSTLER-P012");
  CHECK(finding.at("place").at("line") == 31);
  CHECK(value.at("checks")[3].at("findings")[0].at("cure") == "Look at its targets.");
}
