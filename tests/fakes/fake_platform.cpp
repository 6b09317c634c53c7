// The platform of examples/canary in memory.
#include "tests/fakes/fake_platform.hpp"

namespace ostler {

WallTime SharedClock::wall() const {
  return WallTime{std::chrono::hours{24 * 365 * 56}} +
         std::chrono::duration_cast<Milliseconds>(boot());
}

void SharedClock::sleep_until(BootTime until, const Cancellation&) {
  std::int64_t now = now_.load();
  while (now < until.count() && !now_.compare_exchange_weak(now, until.count()))
    ;
}

FakePlatform::FakePlatform() : controllers(cluster), proxies(cluster) {
  add_images();
  add_workloads();
  add_database();
  redis_server.sections = {{"server", {{"redis_version", "7.0.15"}, {"loading", "0"}}},
                           {"replication", {{"role", "master"}}},
                           {"memory",
                            {{"used_memory", "1000000"},
                             {"maxmemory", "100000000"},
                             {"maxmemory_policy", "noeviction"}}},
                           {"persistence", {{"loading", "0"}}}};
}

const RegistryLook& FakePlatform::registry(std::string_view name) const {
  return name == "staging" ? staging : production;
}

Json FakePlatform::deployment(const std::string& name) const {
  return cluster.object(deployment_ref("odoo-pool-a", name));
}

void FakePlatform::edit_deployment(const std::string& name, const Json& patch) {
  cluster.edit(deployment_ref("odoo-pool-a", name), patch);
}

void FakePlatform::set_in_deployment(const std::string& name, const char* pointer, Json value) {
  Json object = deployment(name);
  object[Json::json_pointer(pointer)] = std::move(value);
  cluster.put(object);
}

void FakePlatform::add_images() {
  const Manifest one = production.add_image("retail/odoo", "1", {"version 1"});
  const Manifest two = staging.add_image("retail/odoo", "2", {"version 2"});
  old_image = one.descriptor.digest;
  new_image = two.descriptor.digest;
}

Json FakePlatform::workload(const std::string& name, int replicas) const {
  return Json{
      {"apiVersion", "apps/v1"},
      {"kind", "Deployment"},
      {"metadata", {{"name", name}, {"namespace", "odoo-pool-a"}}},
      {"spec",
       {{"replicas", replicas},
        {"minReadySeconds", 3},
        {"selector", {{"matchLabels", {{"app", name}}}}},
        {"strategy",
         {{"type", "RollingUpdate"}, {"rollingUpdate", {{"maxSurge", 1}, {"maxUnavailable", 0}}}}},
        {"template",
         {{"metadata", {{"labels", {{"app", name}}}}},
          {"spec",
           {{"terminationGracePeriodSeconds", 30},
            {"containers",
             Json::array(
                 {{{"name", "odoo"},
                   {"image", production.host() + "/retail/odoo@" + old_image},
                   {"ports", Json::array({{{"name", "http"}, {"containerPort", 8069}}})},
                   {"readinessProbe", {{"httpGet", {{"path", "/web/health"}, {"port", 8069}}}}},
                   {"lifecycle", {{"preStop", {{"sleep", {{"seconds", 6}}}}}}}}})}}}}}}}};
}

void FakePlatform::add_workloads() {
  cluster.put(workload("odoo-web", 3));
  cluster.put(workload("odoo-cron", 1));
  cluster.put(workload("odoo-queue", 1));
  cluster.put({{"apiVersion", "v1"},
               {"kind", "Service"},
               {"metadata", {{"name", "odoo-web"}, {"namespace", "odoo-pool-a"}}},
               {"spec",
                {{"selector", {{"app", "odoo-web"}}},
                 {"ports", Json::array({{{"name", "http"}, {"port", 8069}}})}}}});
  cluster.put({{"apiVersion", "autoscaling/v2"},
               {"kind", "HorizontalPodAutoscaler"},
               {"metadata", {{"name", "odoo-web"}, {"namespace", "odoo-pool-a"}}},
               {"spec", {{"minReplicas", 3}, {"maxReplicas", 6}}}});
  cluster.put({{"apiVersion", "traefik.io/v1alpha1"},
               {"kind", "TraefikService"},
               {"metadata", {{"name", "odoo-web"}, {"namespace", "odoo-pool-a"}}},
               {"spec",
                {{"weighted",
                  {{"services",
                    Json::array({{{"name", "odoo-web"}, {"port", 8069}, {"weight", 100}}})}}}}}});
  // The controllers move when somebody looks.
  (void)cluster.list(deployment_ref("odoo-pool-a", ""), {});
}

void FakePlatform::add_database() {
  FakeSqlServer& server = *database.server;
  server.on_rows("pg_has_role", {{"t"}});
  server.on_rows("current_setting('server_version')", {{"f", "15.20", "t"}});
  server.on_rows("FROM pg_stat_replication", {{"1", "0"}});
  server.on_rows("pg_is_wal_replay_paused", {{"t", "f"}});
  server.on_rows("FROM pg_stat_activity", {});
  server.on_rows("FROM pg_database", {});
  server.on_rows("to_regclass('public.ir_module_module')", {{"t"}});
  server.on_rows("to_regclass('public.ostler_migration')", {{"f"}});
  server.on_rows("FROM ir_module_module", {{"base", "18.0.1.3", "installed"},
                                           {"pos_retail", "18.0.1.0", "installed"},
                                           {"sale_omni", "18.0.1.0", "installed"}});
}

}  // namespace ostler
