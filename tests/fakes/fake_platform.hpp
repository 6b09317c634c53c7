// The whole platform of examples/canary in memory, at rest and healthy, for everything that only
// looks.
#pragma once

#include "tests/fakes/example_release.hpp"
#include "tests/fakes/fake_controllers.hpp"
#include "tests/fakes/fake_kubernetes.hpp"
#include "tests/fakes/fake_object_store.hpp"
#include "tests/fakes/fake_prometheus.hpp"
#include "tests/fakes/fake_redis.hpp"
#include "tests/fakes/fake_registry.hpp"
#include "tests/fakes/fake_sql.hpp"
#include "tests/fakes/fake_traefik.hpp"

#include "ostler/model/systems.hpp"

#include <optional>

namespace ostler {

/// One of each system. Names are not told apart, except registries: there is `staging` and
/// `production`.
class FakePlatform final : public Looks {
 public:
  FakePlatform() : controllers(cluster), proxies(cluster) {
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

  const KubernetesLook& kubernetes() const override { return cluster; }
  const TraefikLook& traefik() const override { return proxies; }
  const RegistryLook& registry(std::string_view name) const override {
    return name == "staging" ? staging : production;
  }
  const PostgresLook& postgres(std::string_view) const override { return database; }
  const RedisLook& redis(std::string_view) const override { return redis_server; }
  const ObjectStoreLook& bucket(std::string_view) const override { return records; }
  const PrometheusLook* prometheus() const override { return has_prometheus ? &metrics : nullptr; }
  Clock& clock() const override { return time; }

  Json deployment(const std::string& name) const {
    return cluster.object(deployment_ref("odoo-pool-a", name));
  }
  void edit_deployment(const std::string& name, const Json& patch) {
    cluster.edit(deployment_ref("odoo-pool-a", name), patch);
  }
  /// Puts a value at a JSON pointer of a Deployment.
  void set_in_deployment(const std::string& name, const char* pointer, Json value) {
    Json object = deployment(name);
    object[Json::json_pointer(pointer)] = std::move(value);
    cluster.put(object);
  }

  mutable VirtualClock time;
  FakeKubernetes cluster;
  FakeControllers controllers;
  FakeTraefik proxies;
  FakeRegistry staging{"127.0.0.1:5000"}, production{"127.0.0.1:5001"};
  FakePostgres database{"main", 1};
  FakeRedis redis_server;
  FakeObjectStore records;
  FakePrometheus metrics;
  bool has_prometheus = true;
  std::string old_image, new_image;  ///< digests of version 1 and 2

 private:
  void add_images() {
    const Manifest one = production.add_image("retail/odoo", "1", {"version 1"});
    const Manifest two = staging.add_image("retail/odoo", "2", {"version 2"});
    old_image = one.descriptor.digest;
    new_image = two.descriptor.digest;
  }

  Json workload(const std::string& name, int replicas) const {
    return Json{
        {"apiVersion", "apps/v1"},
        {"kind", "Deployment"},
        {"metadata", {{"name", name}, {"namespace", "odoo-pool-a"}}},
        {"spec",
         {{"replicas", replicas},
          {"minReadySeconds", 3},
          {"selector", {{"matchLabels", {{"app", name}}}}},
          {"strategy",
           {{"type", "RollingUpdate"},
            {"rollingUpdate", {{"maxSurge", 1}, {"maxUnavailable", 0}}}}},
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

  void add_workloads() {
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

  void add_database() {
    FakeSqlServer& server = *database.server;
    server.on_rows("to_regclass('public.ir_module_module')", {{"t"}});
    server.on_rows("to_regclass('public.ostler_migration')", {{"f"}});
    server.on_rows("FROM ir_module_module", {{"base", "18.0.1.3", "installed"},
                                             {"pos_retail", "18.0.1.0", "installed"},
                                             {"sale_omni", "18.0.1.0", "installed"}});
  }
};

}  // namespace ostler
