// What only the modelled PostgreSQL has: scenarios, and how it says that it does not know
// something.
#include "ostler/lab/modelled_postgres.hpp"

#include "tests/unit/lab/tenant_stage.hpp"

#include "ostler/systems/odoo.hpp"
#include "ostler/systems/postgres.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::lab;
using namespace std::chrono_literals;

namespace {

constexpr const char* primary = "postgresql://ostler:password@127.0.0.1:5432/saas";
constexpr const char* replica = "host=127.0.0.1 port=5433 user=ostler dbname=saas";

struct Stage {
  World world{1};
  ModelledPostgres server{world};
  std::unique_ptr<Postgres> client =
      make_postgres({"main",
                     std::make_shared<const Secret>(std::string(primary)),
                     {std::make_shared<const Secret>(std::string(replica))}},
                    server.connector());

  Query query() { return query_of(*client, "alma"); }
  Result<void> till(const std::string& uuid) {
    return server.databases().take_pos_order("alma", shop_code("1"), uuid);
  }
};

RunningPod update_pod() {
  RunningPod pod;
  pod.uid = "pod-1";
  pod.arguments = {"-d", "alma", "-u", "sale_omni,pos_retail", "--load=base,web,ostler_guard"};
  pod.environment = {{"ODOO_PGAPPNAME", "odoo-mig-12345678-{pid}"}};
  return pod;
}

}  // namespace

TEST_CASE("an unknown statement fails with its text", "[lab]") {
  Stage stage;
  const auto answer = stage.client->query("alma", "SELECT now()");
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.failure().message.find("SELECT now()") != std::string::npos);
  CHECK(answer.failure().code == "lab");
  CHECK(stage.client->query("nobody", "SELECT 1").failure().code == "3D000");
}

TEST_CASE("tills that wait for a long update are seen, and the cancelled update fails", "[lab]") {
  Stage stage;
  const RunningPod pod = update_pod();
  std::string log;
  std::optional<int> exit_code;
  for (const JobPart& part : stage.server.databases().update(pod, shop_code("2-long"))) {
    if (part.after > 10s) {  // it sleeps in its script
      CHECK(stage.till("11111111-0000-4000-8000-000000000001").ok());
      stage.world.advance_to(stage.world.now() + 6s);
      CHECK(stage.till("11111111-0000-4000-8000-000000000002").failure().code == "55P03");
      const auto blocking = blocking_backends(stage.query(), "odoo-mig-12345678-");
      REQUIRE(blocking->size() == 1);
      CHECK(blocking->front().longest_s == 6.0);
      CHECK(blocking->front().blocked == 2);
      CHECK(cancel_backend(stage.query(), blocking->front().pid).ok());
    }
    stage.world.advance_to(stage.world.now() + part.after);
    exit_code = part.act(log);
    if (exit_code) break;
  }
  CHECK(exit_code == 255);
  CHECK(log.find("psycopg2.errors.QueryCanceled") != std::string::npos);
  CHECK(blocking_backends(stage.query(), "odoo-mig-12345678-")->empty());
  CHECK(stage.till("11111111-0000-4000-8000-000000000001").ok());
}

TEST_CASE("a replica that lags has not replayed what was written just now", "[lab]") {
  Stage stage;
  stage.server.set_replica_lag(10s);
  REQUIRE(stage.till("11111111-0000-4000-8000-000000000001").ok());
  const auto end = ask_text(stage.query(), "SELECT pg_current_wal_lsn()");
  const auto replayed = [&] {
    return stage.client
               ->query_replica(0, "alma",
                               "SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn, "
                               "pg_last_wal_replay_lsn()",
                               {*end})
               ->rows[0][0] == "t";
  };
  CHECK_FALSE(replayed());
  stage.world.advance_to(11s);
  CHECK(replayed());
}

TEST_CASE("a stopped server ends its sessions and what they had not committed", "[lab]") {
  Stage stage;
  auto session = stage.client->session("alma", "ostler-run-step");
  REQUIRE(session.ok());
  REQUIRE((*session)->run("BEGIN").ok());
  REQUIRE((*session)->run("ALTER TABLE sale_order ADD COLUMN extra text").ok());
  const Json before = stage.server.state("alma");
  stage.server.stop();
  CHECK((*session)->run("COMMIT").failure().code == "08003");
  CHECK(stage.client->query("alma", "SELECT pg_current_wal_lsn()").failure().kind ==
        FailureKind::transient);
  CHECK_FALSE(stage.till("11111111-0000-4000-8000-000000000001").ok());
  stage.server.start();
  CHECK(stage.client->query("alma", "SELECT pg_current_wal_lsn()").ok());
  CHECK(stage.server.state("alma") == before);
}

TEST_CASE("what scenarios put into a tenant is what ostler's looks see", "[lab]") {
  Stage stage;
  stage.server.run_cron("alma", "Heartbeat");
  stage.server.start_job("alma", "job-1");
  stage.server.break_orders("alma", 3);
  CHECK(*cron_lock_holders(*stage.client, "alma") == "1 backends hold crons (odoo-1)");
  CHECK(*started_jobs(*stage.client, "alma") == "1 jobs started (job-1)");
  CHECK(*ask_text(stage.query(), "select count(*) from sale_order where state = 'broken'") == "3");
  stage.server.end_cron("alma", "Heartbeat");
  stage.server.end_job("alma", "job-1");
  CHECK(cron_lock_holders(*stage.client, "alma")->empty());
  CHECK(started_jobs(*stage.client, "alma")->empty());
}

TEST_CASE("a transaction that is open for long is seen from outside", "[lab]") {
  Stage stage;
  auto session = stage.client->session("brio", "report");
  REQUIRE((*session)->run("BEGIN").ok());
  stage.world.advance_to(45s);
  const auto seen = stage.client->query(
      "",
      "SELECT datname, pid, usename, application_name, state, extract(epoch FROM clock_timestamp() "
      "- xact_start)::int FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> "
      "pg_backend_pid() AND clock_timestamp() - xact_start > interval '30 s' ORDER BY xact_start");
  REQUIRE(seen.ok());
  REQUIRE(seen->rows.size() == 1);
  CHECK(seen->rows[0][0] == "brio");
  CHECK(seen->rows[0][5] == "45");
}
