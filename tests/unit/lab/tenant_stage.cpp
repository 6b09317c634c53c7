// The stages on which tests of tenants run.
#include "tests/unit/lab/tenant_stage.hpp"

#include "tests/unit/lab/lab_servers.hpp"

#include "ostler/lab/modelled_postgres.hpp"
#include "ostler/lab/sql_tenant_databases.hpp"

#include <catch2/catch.hpp>

namespace ostler::lab {
namespace {

std::unique_ptr<TenantStage> real_stage() {
  LocalServers* servers = shared_servers();
  if (!servers) return nullptr;
  const auto reset = servers->reset_tenants({"alma"});
  if (!reset.ok()) FAIL(reset.failure().message);
  auto stage = std::make_unique<TenantStage>();
  stage->connector = make_sql_connector();
  stage->database = "alma";
  stage->dsn = [servers](const std::string& role) { return servers->primary(role, "alma"); };
  stage->databases = std::make_shared<SqlTenantDatabases>(stage->world, *stage->connector,
                                                          servers->primary("odoo", "saas"));
  stage->hold_cron = [stage = stage.get()](const std::string& name) {
    std::shared_ptr<SqlSession> worker = stage->session("odoo");
    REQUIRE(worker->run("BEGIN").ok());
    REQUIRE(
        worker->run("SELECT id FROM ir_cron WHERE cron_name = $1 FOR NO KEY UPDATE", {name}).ok());
    return [worker] { REQUIRE(worker->run("ROLLBACK").ok()); };
  };
  return stage;
}

std::unique_ptr<TenantStage> modelled_stage() {
  auto stage = std::make_unique<TenantStage>();
  const auto server = std::make_shared<ModelledPostgres>(stage->world);
  stage->connector = {server, &server->connector()};
  stage->databases = {server, &server->databases()};
  stage->database = "alma";
  stage->dsn = [](const std::string& role) {
    return Secret(fmt::format("postgresql://{}:password@127.0.0.1:5432/alma", role));
  };
  stage->hold_cron = [server](const std::string& name) {
    server->run_cron("alma", name);
    return [server, name] { server->end_cron("alma", name); };
  };
  return stage;
}

}  // namespace

std::unique_ptr<SqlSession> TenantStage::session(const std::string& role, SqlAccess access,
                                                 const std::string& application_name) {
  SqlOptions options;
  options.access = access;
  options.database = database;
  options.application_name = application_name;
  auto opened = connector->connect(dsn(role), options);
  if (!opened.ok()) FAIL(opened.failure().message);
  return *std::move(opened);
}

std::string TenantStage::text(const std::string& statement,
                              const std::vector<SqlValue>& parameters) {
  const auto own = session("ostler", SqlAccess::read_only);
  const auto answer = ask_text(query_of(*own), statement, parameters);
  if (!answer.ok()) FAIL(answer.failure().message);
  return *answer;
}

Json TenantStage::facts() {
  const auto own = session("ostler", SqlAccess::read_only);
  const auto facts = tenant_facts(query_of(*own));
  if (!facts.ok()) FAIL(facts.failure().message);
  return *facts;
}

ShopCode shop_code(const std::string& version) {
  ShopCode code;
  code.version = version;
  return code;
}

UpdateEnd run_update(TenantStage& stage, const std::string& version,
                     const std::function<bool(const std::string& log)>& kill,
                     const std::string& modules, const std::string& load) {
  RunningPod pod;
  pod.uid = "pod-1";
  pod.arguments = {
      "-d", stage.database, "-u", modules, "--no-http", "--stop-after-init", "--load=" + load};
  pod.environment = {{"ODOO_PGAPPNAME", "odoo-mig-12345678-{pid}"}};
  UpdateEnd end;
  for (const JobPart& part : stage.databases->update(pod, shop_code(version))) {
    stage.world.advance_to(stage.world.now() + part.after);
    end.exit_code = part.act(end.log);
    if (end.exit_code) return end;
    if (!kill || !kill(end.log)) continue;
    stage.databases->update_killed(pod);
    return end;
  }
  FAIL("the update's last part gave no exit code");
  return end;
}

void on_tenants(const std::function<void(TenantStage&)>& body) {
  {
    INFO("on the model");
    body(*modelled_stage());
  }
  if (const auto real = real_stage()) {
    INFO("on PostgreSQL");
    body(*real);
  }
}

}  // namespace ostler::lab
