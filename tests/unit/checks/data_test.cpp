// The checks of registries, databases, Redis, buckets, Prometheus and modules.
#include "tests/unit/checks/check_case.hpp"

using namespace ostler;

TEST_CASE("registry.source: the image as a whole") {
  CheckCase a;
  CHECK(a.worst("registry.source") == Outcome::pass);
  a.platform.staging.repositories["retail/odoo"].blobs.erase(
      a.platform.staging.repositories["retail/odoo"].manifests.begin()->second.layers[0].digest);
  CHECK(a.only("registry.source").found == "1 of 2 blobs are missing");
  a.release.image_from = "staging/retail/odoo:9";
  CHECK(a.only("registry.source").found == "not in the registry");
  a.platform.staging.faults.fail_before("head", a.silence, 9);
  CHECK(a.worst("registry.source") == Outcome::inconclusive);
  a.has_release = false;
  CHECK(a.findings("registry.source").empty());
}

TEST_CASE("registry.target: the tag is free and the running image is kept") {
  CheckCase a;
  CHECK(a.worst("registry.target") == Outcome::pass);
  a.platform.production.repositories["retail/odoo"].tags["2026.11.2"] = a.platform.old_image;
  CHECK(a.first_bad("registry.target").found == "taken by " + a.platform.old_image);
  CheckCase again;
  const Manifest two =
      again.platform.production.add_image("retail/odoo", "2026.11.2", {"version 2"});
  CHECK(two.descriptor.digest == again.platform.new_image);
  CHECK(again.worst("registry.target") == Outcome::pass);
  CheckCase gone;
  gone.platform.production.repositories["retail/odoo"].manifests.clear();
  CHECK(gone.first_bad("registry.target").found == "no longer in the registry");
  CheckCase foreign;
  foreign.platform.set_in_deployment("odoo-cron", "/spec/template/spec/containers/0/image",
                                     "docker.io/odoo:18");
  CHECK(foreign.first_bad("registry.target").found == "in no registry of the environment");
  CheckCase refused;
  refused.platform.production.faults.fail_before("head", refused.silence, 99);
  CHECK(refused.worst("registry.target") == Outcome::inconclusive);
}

TEST_CASE("postgres.server: a watched primary with its replicas") {
  CheckCase a;
  CHECK(a.worst("postgres.server") == Outcome::pass);
  const auto found = [](const char* statement, std::vector<SqlRow> rows) {
    CheckCase b;
    b.platform.database.server->on_rows(statement, std::move(rows));
    return b.first_bad("postgres.server").found;
  };
  CHECK(found("current_setting('server_version')", {{"t", "15.20", "t"}}) == "it is a standby");
  CHECK(found("current_setting('server_version')", {{"f", "15.20", "f"}}) ==
        "its role may not see other sessions");
  CHECK(found("FROM pg_stat_replication", {{"0", "0"}}) == "0 replicas streaming");
  CHECK(found("FROM pg_stat_replication", {{"1", "67108865"}}) == "a replica is 64.0 MiB behind");
  CHECK(found("pg_is_wal_replay_paused", {{"f", "f"}}) == "it is not a standby");
  CHECK(found("pg_is_wal_replay_paused", {{"t", "t"}}) == "replay is paused");
  CheckCase late;
  late.platform.database.server->on_rows("pg_is_wal_replay_paused", {{"t", "f", "0/5000060"}});
  late.platform.database.server->on_rows("pg_last_wal_replay_lsn", {{"f"}});
  CHECK(late.first_bad("postgres.server").found ==
        "what it had received was not replayed 10s later");
  late.platform.database.server->on_rows("pg_last_wal_replay_lsn", {{"t"}});
  CHECK(late.worst("postgres.server") == Outcome::pass);
  CheckCase boundary;
  boundary.platform.database.server->on_rows("FROM pg_stat_replication", {{"1", "67108864"}});
  CHECK(boundary.worst("postgres.server") == Outcome::pass);
  a.platform.database.server->faults.fail_before("SELECT", a.silence, 99);
  CHECK(a.worst("postgres.server") == Outcome::inconclusive);
}

TEST_CASE("postgres.tenants: databases of Odoo at rest") {
  CheckCase a;
  CHECK(a.worst("postgres.tenants") == Outcome::pass);
  CHECK(a.findings("postgres.tenants").front().found == "2 of 2 are at rest");
  FakeSqlServer& server = *a.platform.database.server;
  server.on_rows("to_regclass('public.ir_module_module')", {{"f"}}, "acme");
  CHECK(a.first_bad("postgres.tenants").found == "it is not an Odoo database");
  CHECK(a.first_bad("postgres.tenants").subject == "tenant acme");
  CheckCase transit;
  transit.platform.database.server->on_rows("FROM ir_module_module",
                                            {{"sale", "18.0.1.0", "to upgrade"}}, "bistro");
  CHECK(transit.first_bad("postgres.tenants").found == "half-way through an update: sale");
  CheckCase absent;
  absent.platform.database.server->faults.fail_before(
      "ir_module_module", {FailureKind::permanent, "database \"acme\" does not exist", "", "3D000"},
      1);
  CHECK(absent.worst("postgres.tenants") == Outcome::fail);
  CheckCase silent;
  silent.platform.database.server->faults.fail_before("ir_module_module", silent.silence, 99);
  CHECK(silent.worst("postgres.tenants") == Outcome::inconclusive);
}

TEST_CASE("postgres.tenants: an owner that could create databases by mistake") {
  CheckCase a;
  a.platform.database.server->on_rows("FROM pg_database", {{"postgres", "postgres", "t", "t"}});
  CHECK(a.worst("postgres.tenants") == Outcome::pass);
  a.platform.database.server->on_rows("FROM pg_database", {{"acme", "odoo", "t", "f"}});
  CHECK(a.first_bad("postgres.tenants").found == "odoo may create databases");
}

TEST_CASE("postgres.tenants: a list that cannot be had is inconclusive, at its place") {
  CheckCase a;
  a.environment.cells[0].tenants.names.clear();
  a.environment.cells[0].tenants.place = {"environment.yaml", 50, 5};
  const Finding finding = a.only("postgres.tenants");
  CHECK(finding.outcome == Outcome::inconclusive);
  CHECK(finding.place.line == 50);
}

TEST_CASE("postgres.sessions: long transactions of tenants") {
  CheckCase a;
  CHECK(a.worst("postgres.sessions") == Outcome::pass);
  a.platform.database.server->on_rows("FROM pg_stat_activity",
                                      {{"other", "12", "bob", "psql", "active", "400"}});
  CHECK(a.worst("postgres.sessions") == Outcome::pass);
  a.platform.database.server->on_rows(
      "FROM pg_stat_activity", {{"acme", "4711", "odoo", "pg_dump", "idle in transaction", "95"}});
  const Finding wrong = a.first_bad("postgres.sessions");
  CHECK(wrong.subject == "tenant acme");
  CHECK(wrong.found ==
        "a transaction has been open for 95 s: pid 4711, odoo (pg_dump), idle in transaction");
  a.platform.database.server->on_rows("pg_has_role", {{"f"}});
  CHECK(a.worst("postgres.sessions") == Outcome::inconclusive);
}

TEST_CASE("redis.server: a master with room that evicts nothing") {
  CheckCase a;
  CHECK(a.worst("redis.server") == Outcome::pass);
  const auto found = [](const char* section, const char* name, const char* value) {
    CheckCase b;
    b.platform.redis_server.sections[section][name] = value;
    return b.worst("redis.server") == Outcome::pass ? "" : b.first_bad("redis.server").found;
  };
  CHECK(found("replication", "role", "slave") == "its role is slave");
  CHECK(found("replication", "role", "") == "its role is not told");
  CHECK(found("persistence", "loading", "1") == "it is loading its data");
  CHECK(found("memory", "used_memory", "79999999") == "");
  CHECK(found("memory", "used_memory", "80000000") == "memory 80.00 % full");
  CHECK(found("memory", "maxmemory", "0") == "");
  CHECK(found("memory", "maxmemory_policy", "allkeys-lru") ==
        "evicts keys when it is full (allkeys-lru)");
  a.platform.redis_server.faults.fail_before("ping", a.silence);
  CHECK(a.worst("redis.server") == Outcome::inconclusive);
}

TEST_CASE("storage.records: the bucket and its lock") {
  CheckCase a;
  CHECK(a.worst("storage.records") == Outcome::pass);
  a.platform.records.locked = false;
  CHECK(a.only("storage.records").found == "s3://records at fake has no object lock");
  a.environment.buckets[0].object_lock = false;
  CHECK(a.worst("storage.records") == Outcome::pass);
  a.platform.records.present = false;
  CHECK(a.worst("storage.records") == Outcome::fail);
  a.platform.records.faults.fail_before("exists", a.silence);
  CHECK(a.worst("storage.records") == Outcome::inconclusive);
}

TEST_CASE("prometheus.ready: only where there is one") {
  CheckCase a;
  CHECK(a.worst("prometheus.ready") == Outcome::pass);
  a.platform.metrics.is_ready = false;
  CHECK(a.worst("prometheus.ready") == Outcome::fail);
  a.platform.metrics.is_ready = a.silence;
  CHECK(a.worst("prometheus.ready") == Outcome::inconclusive);
  a.environment.prometheus.reset();
  CHECK(a.findings("prometheus.ready").empty());
}

TEST_CASE("odoo.modules: installed where they are updated") {
  CheckCase a;
  CHECK(a.worst("odoo.modules") == Outcome::pass);
  CHECK(a.findings("odoo.modules").front().found == "18.0.1.0 in 2 of 2 tenants");
  a.release.modules = {"sale_onmi"};
  const Finding wrong = a.only("odoo.modules");
  CHECK(wrong.found == "installed in no tenant");
  CHECK(wrong.place.line == 9);
  a.platform.database.server->faults.fail_before("ir_module_module", a.silence, 1);
  CHECK(a.worst("odoo.modules") == Outcome::inconclusive);
  a.release.modules.clear();
  CHECK(a.findings("odoo.modules").empty());
}
