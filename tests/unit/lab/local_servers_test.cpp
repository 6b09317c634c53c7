// The real servers of the lab: roles, rights, replication, tenants, and how they end.
#include "lab/host/local_databases.hpp"
#include "lab/host/server_folder.hpp"
#include "lab/host/server_process.hpp"
#include "tests/unit/lab/lab_servers.hpp"

#include "ostler/base/file.hpp"
#include "ostler/systems/tenant.hpp"
#include "ostler/transport/redis.hpp"
#include "ostler/transport/sql.hpp"

#include <catch2/catch.hpp>
#include <sys/resource.h>

#include <filesystem>
#include <set>

using namespace ostler;
using namespace ostler::lab;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<SqlSession> session(const Secret& dsn, SqlAccess access = SqlAccess::read_write) {
  SqlOptions options;
  options.access = access;
  auto opened = make_sql_connector()->connect(dsn, options);
  if (!opened.ok()) FAIL(opened.failure().message);
  return *std::move(opened);
}

std::string text(SqlSession& session, const std::string& statement) {
  const auto answer = ask_text(query_of(session), statement);
  if (!answer.ok()) FAIL(answer.failure().message);
  return *answer;
}

}  // namespace

TEST_CASE("the local PostgreSQL has the stack's roles and tenants", "[lab][servers]") {
  LocalServers* servers = shared_servers();
  if (!servers) return;
  const auto ostler = session(servers->primary("ostler"), SqlAccess::read_only);
  CHECK(text(*ostler,
             "SELECT string_agg(name || ' ' || host, ',' ORDER BY name) FROM saas.tenant "
             "WHERE pool = 'a'") ==
        "alma alma.shop.example,brio brio.shop.example,cedro cedro.shop.example");
  CHECK(text(*ostler, "SELECT pg_has_role(current_user, 'pg_monitor', 'member')") == "t");
  CHECK(text(*ostler,
             "SELECT count(*) FROM pg_roles WHERE rolname IN ('ostler', 'odoo') AND "
             "(rolcreatedb OR rolsuper OR rolcreaterole)") == "0");
  CHECK(text(*ostler,
             "SELECT rolname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE "
             "datname = 'brio'") == "odoo");
  const auto tenant = session(servers->primary("ostler", "alma"), SqlAccess::read_only);
  CHECK(text(*tenant, "SELECT count(*) FROM sale_order") == "200");
  CHECK(text(*tenant, "SELECT last_value FROM base_registry_signaling") == "2");
  CHECK(text(*tenant, "SELECT count(*) FROM ir_model_data") == "217");
  CHECK(text(*tenant, "SELECT count(*) FROM ir_model_fields") == "182");
  CHECK(text(*tenant,
             "SELECT string_agg(tableowner, ',') FROM (SELECT DISTINCT tableowner FROM "
             "pg_tables WHERE schemaname = 'public') t") == "odoo");
}

TEST_CASE("the local replica replays what the primary writes", "[lab][servers]") {
  LocalServers* servers = shared_servers();
  if (!servers) return;
  const auto primary = session(servers->primary("odoo", "cedro"));
  REQUIRE(primary->run("CREATE TABLE replayed (id int)").ok());
  const std::string end = text(*primary, "SELECT pg_current_wal_lsn()");
  const auto replica = session(servers->replica("ostler", "cedro"), SqlAccess::read_only);
  CHECK(text(*replica, "SELECT pg_is_in_recovery()") == "t");
  // Replication takes its time on a busy machine.
  for (int look = 0; look < 1000; ++look) {
    if (text(*replica, "SELECT pg_last_wal_replay_lsn() >= '" + end + "'::pg_lsn") == "t") break;
    text(*replica, "SELECT pg_sleep(0.02)");
  }
  CHECK(text(*primary, "SELECT count(*) FROM pg_stat_replication") == "1");
  CHECK(text(*replica, "SELECT to_regclass('replayed') IS NOT NULL") == "t");
  REQUIRE(primary->run("DROP TABLE replayed").ok());
}

TEST_CASE("tenants made anew are as at the start", "[lab][servers]") {
  LocalServers* servers = shared_servers();
  if (!servers) return;
  REQUIRE(session(servers->primary("odoo", "brio"))->run("DROP TABLE queue_job").ok());
  const auto reset = servers->reset_tenants({"brio"});
  if (!reset.ok()) FAIL(reset.failure().message);
  const auto tenant = session(servers->primary("odoo", "brio"));
  CHECK(text(*tenant, "SELECT to_regclass('queue_job') IS NOT NULL") == "t");
}

TEST_CASE("the local Redis asks for its password", "[lab][servers]") {
  LocalServers* servers = shared_servers();
  if (!servers) return;
  const auto connector = make_redis_connector();
  const auto session = connector->connect(servers->redis(), "", Milliseconds{2000});
  REQUIRE(session.ok());
  CHECK((*session)->command({"PING"})->text == "PONG");
  std::string open(servers->redis().reveal());
  open.erase(open.find("//") + 2, open.find('@') - open.find("//") - 1);
  const auto stranger = connector->connect(Secret(std::move(open)), "", Milliseconds{2000});
  CHECK((!stranger.ok() || !(*stranger)->command({"PING"}).ok()));
}

TEST_CASE("servers that need no fixed ports get three of their own", "[lab]") {
  LocalServersSettings settings;
  REQUIRE(choose_free_ports(settings).ok());
  const std::set<int> ports{settings.postgres.port, settings.replica.port, settings.redis.port};
  CHECK(ports.size() == 3);
  CHECK(*ports.begin() > 0);
}

TEST_CASE("no port is no port 0: the reason is told", "[lab]") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  LocalServersSettings settings;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto chosen = choose_free_ports(settings);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE_FALSE(chosen.ok());
  CHECK(chosen.failure().code == "port");
  CHECK(chosen.failure().message.find("Too many open files") != std::string::npos);
  CHECK_FALSE(chosen.failure().hint.empty());
}

TEST_CASE("a folder that the servers' account cannot enter is named", "[lab][servers]") {
  if (!local_servers_installed().ok() || geteuid() != 0) return;
  char name[] = "/tmp/ostler-lab-closed-XXXXXX";
  REQUIRE(mkdtemp(name) != nullptr);
  LocalServersSettings settings;
  settings.folder = std::string(name) + "/inside";
  const auto started = LocalServers::start(std::move(settings));
  REQUIRE_FALSE(started.ok());
  CHECK(started.failure().message.find(name) != std::string::npos);
  std::filesystem::remove_all(name);
}

TEST_CASE("a start that is to stop is no start", "[lab][servers]") {
  if (!local_servers_installed().ok()) return;
  char name[] = "/tmp/ostler-lab-stopped-XXXXXX";
  REQUIRE(mkdtemp(name) != nullptr);
  LocalServersSettings settings;
  settings.folder = std::string(name);
  REQUIRE(choose_free_ports(settings).ok());
  settings.stop.request();
  const auto started = LocalServers::start(std::move(settings));
  std::filesystem::remove_all(name);
  REQUIRE_FALSE(started.ok());
  CHECK(started.failure().kind == FailureKind::cancelled);
}

TEST_CASE("a folder with too little room is named with what it has and what it needs", "[lab]") {
  const auto room = require_space("/tmp", std::uint64_t{1} << 60);
  REQUIRE_FALSE(room.ok());
  CHECK(room.failure().code == "space");
  CHECK(room.failure().message.find("/tmp: ") == 0);
  CHECK(room.failure().message.find("need 1099511627776 MB") != std::string::npos);
  CHECK(room.failure().hint.find("TMPDIR") != std::string::npos);
  CHECK(require_space("/tmp", 0).ok());
}

TEST_CASE("a server that cannot start says why, not what came after", "[lab][servers]") {
  char name[] = "/tmp/ostler-lab-log-XXXXXX";
  REQUIRE(mkdtemp(name) != nullptr);
  const std::string log = std::string(name) + "/log";
  REQUIRE(write_file_atomically(log,
                                "creating\nFATAL:  could not write: No space left on device\n"
                                "child process exited\ninitdb: removing data\nfinished\n")
              .ok());
  CHECK(last_words(log) == "FATAL:  could not write: No space left on device");
  REQUIRE(write_file_atomically(log, "one\ntwo\nthree\nfour\n").ok());
  CHECK(last_words(log) == "two; three; four");
  std::filesystem::remove_all(name);
}

TEST_CASE("a server process ends with its owner, and says how it ended", "[lab]") {
  ServerStart start;
  start.log = "/dev/null";
  start.arguments = {"/bin/sh", "-c", "exit 3"};
  auto short_lived = ServerProcess::start(start);
  REQUIRE(short_lived.ok());
  CHECK(short_lived->wait(5s) == 3);
  CHECK_FALSE(short_lived->running());
  start.arguments = {"/bin/sleep", "100"};
  auto long_lived = ServerProcess::start(start);
  REQUIRE(long_lived.ok());
  CHECK(long_lived->running());
  const pid_t pid = long_lived->pid();
  { const ServerProcess owner = std::move(*long_lived); }
  CHECK(kill(pid, 0) == -1);
  start.arguments = {"/no/such/program"};
  const auto none = ServerProcess::start(start);
  REQUIRE_FALSE(none.ok());
  CHECK(none.failure().message.find("No such file") != std::string::npos);
}
