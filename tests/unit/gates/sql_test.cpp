// A query as evidence: one number, of one database or of the worst tenant.
#include "tests/fakes/fake_platform.hpp"

#include "ostler/model/kind.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

struct Asked {
  explicit Asked(bool per_tenant = true, std::vector<std::string> tenants = {"acme", "bistro"}) {
    IndicatorConfig indicator;
    indicator.name = "orders_lost";
    indicator.source = IndicatorSource::sql;
    indicator.query = "select lost";
    indicator.server = "main";
    indicator.per_tenant = per_tenant;
    GateSubject subject;
    subject.server = "main";
    subject.tenants = std::move(tenants);
    for (const IndicatorKind* kind : indicator_kinds())
      if (std::string(kind->name) == "sql") gate = kind->make(indicator, subject);
    gate->start(platform);
  }
  void gives(std::vector<SqlRow> rows, const std::string& database = "") {
    platform.database.server->on_rows("select lost", std::move(rows), database);
  }
  Reading sample() { return gate->sample(platform); }
  FakePlatform platform;
  std::unique_ptr<Sampler> gate;
};

}  // namespace

TEST_CASE("sql: the worst tenant counts") {
  Asked gate;
  gate.gives({{"2"}}, "acme");
  gate.gives({{"3.5"}}, "bistro");
  const Reading reading = gate.sample();
  CHECK(reading.trouble.empty());
  CHECK(*reading.canary == Approx(3.5));
  CHECK_FALSE(reading.stable);
  CHECK(reading.evidence["worst"] == "bistro");
  CHECK(reading.samples == 1);
  CHECK(gate.sample().samples == 2);
}

TEST_CASE("sql: an indicator of a server asks the server's own database once") {
  Asked gate(false);
  gate.gives({{"7"}});
  CHECK(*gate.sample().canary == 7);
  CHECK(gate.platform.database.server->count("select lost") == 1);
  CHECK(gate.platform.database.server->calls().back().database.empty());
}

TEST_CASE("sql: anything but one number is no evidence, and names the tenant") {
  struct Row {
    std::vector<SqlRow> rows;
    const char* trouble;
  };
  for (const Row& row :
       {Row{{}, "tenant bistro: the query gives 0 rows of 0 columns where one number is expected"},
        Row{{{"1"}, {"2"}},
            "tenant bistro: the query gives 2 rows of 1 columns where one number is expected"},
        Row{{{"1", "2"}},
            "tenant bistro: the query gives 1 rows of 2 columns where one number is expected"},
        Row{{{SqlValue{}}}, "tenant bistro: the query gives NULL"},
        Row{{{"many"}}, "tenant bistro: the query gives 'many', which is no number"},
        Row{{{"NaN"}}, "tenant bistro: the query gives 'NaN', which is no number"},
        Row{{{""}}, "tenant bistro: the query gives '', which is no number"}}) {
    Asked gate;
    gate.gives({{"0"}}, "acme");
    gate.gives(row.rows, "bistro");
    const Reading reading = gate.sample();
    CHECK(reading.trouble == row.trouble);
    CHECK_FALSE(reading.canary);
    CHECK(reading.samples == 0);
  }
}

TEST_CASE("sql: a server that does not answer is trouble, and recovers") {
  Asked gate;
  gate.gives({{"0"}});
  gate.platform.database.server->faults.fail_before(
      "select lost", {FailureKind::timeout, "no answer in 10 s", "", "57014"});
  CHECK(gate.sample().trouble.find("no answer in 10 s") != std::string::npos);
  CHECK(gate.sample().trouble.empty());
}

TEST_CASE("sql: a cell without tenants gives no evidence") {
  Asked gate(true, {});
  CHECK(gate.sample().trouble == "the cell has no tenants");
}
