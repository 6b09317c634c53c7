// A small shop as steps meet it.
#include "tests/fakes/shop_world.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/systems/workload.hpp"

namespace ostler {

ShopWorld::ShopWorld() : tenant(*systems.main.server) {
  systems.cluster.on_look(
      [this](FakeKubernetes& cluster, const ObjectRef&) { answer_health(cluster); });
  add_deployment("odoo-web", 2);
  add_deployment("odoo-cron", 1);
  add_deployment("odoo-queue", 2);
  add_service("odoo-web");
  systems.cluster.put(
      {{"apiVersion", "autoscaling/v2"},
       {"kind", "HorizontalPodAutoscaler"},
       {"metadata", {{"name", "odoo-web"}, {"namespace", name_space}}},
       {"spec",
        {{"minReplicas", 1},
         {"maxReplicas", 6},
         {"scaleTargetRef",
          {{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"name", "odoo-web"}}}}},
       {"status", {{"currentReplicas", 2}}}});
  set_route({{"odoo-web", 100}});
  image = systems.staging.add_image("retail/odoo", "2", {"layer one", "layer two"});
  systems.controllers.run_job = [this](const Json&) { return run_update(); };
  settle();
}

void ShopWorld::add_deployment(const std::string& name, int replicas, const std::string& run) {
  systems.cluster.put(
      {{"apiVersion", "apps/v1"},
       {"kind", "Deployment"},
       {"metadata",
        {{"name", name}, {"namespace", name_space}, {"labels", {{"app", name}, {"team", "shop"}}}}},
       {"spec",
        {{"replicas", replicas},
         {"selector", {{"matchLabels", {{"app", name}}}}},
         {"template",
          {{"metadata", {{"labels", {{"app", name}, {"team", "shop"}}}}},
           {"spec",
            {{"serviceAccountName", "odoo"},
             {"containers",
              {{{"name", "odoo"},
                {"image", run},
                {"env",
                 {{{"name", "PGPASSWORD"}, {"value", "geheim-0815"}},
                  {{"name", "TZ"}, {"value", "UTC"}}}},
                {"ports", {{{"containerPort", 8069}}}}}}}}}}}}}});
}

void ShopWorld::add_service(const std::string& name) {
  systems.cluster.put(
      {{"apiVersion", "v1"},
       {"kind", "Service"},
       {"metadata", {{"name", name}, {"namespace", name_space}, {"labels", {{"app", name}}}}},
       {"spec",
        {{"clusterIP", "10.96.0.7"},
         {"selector", {{"app", name}}},
         {"ports", {{{"name", "http"}, {"port", 8069}, {"targetPort", 8069}}}}}}});
}

void ShopWorld::set_route(const std::vector<std::pair<std::string, int>>& children) {
  Json list = Json::array();
  for (const auto& [service, weight] : children)
    list.push_back({{"name", service}, {"kind", "Service"}, {"port", 8069}, {"weight", weight}});
  systems.cluster.put({{"apiVersion", "traefik.io/v1alpha1"},
                       {"kind", "TraefikService"},
                       {"metadata", {{"name", "odoo-web"}, {"namespace", name_space}}},
                       {"spec", {{"weighted", {{"services", list}}}}}});
}

void ShopWorld::add_canary() {
  add_deployment("odoo-web-canary", 1, new_image);
  add_service("odoo-web-canary");
  const Json marks{{"metadata",
                    {{"annotations",
                      {{"ostler.dev/run", "r0"},
                       {"ostler.dev/epoch", "1"},
                       {"ostler.dev/opno", "1"},
                       {"ostler.dev/copied-from", "odoo-web"},
                       {"ostler.dev/service", "odoo-web-canary"}}}}}};
  systems.cluster.edit(deployment_ref(name_space, "odoo-web-canary"), marks);
  systems.cluster.edit(service_ref(name_space, "odoo-web-canary"), marks);
  settle();
}

void ShopWorld::settle() {
  for (int i = 0; i < 5; ++i) {
    (void)systems.cluster.list({"v1", "Pod", name_space, ""}, {});
    (void)systems.proxies.loaded(systems.proxies.fleet, name_space, "odoo-web");
  }
}

Json ShopWorld::view() const {
  Json result = Json::object();
  for (const char* kind :
       {"Deployment", "Service", "HorizontalPodAutoscaler", "TraefikService", "ConfigMap", "Job"})
    for (Json object : systems.cluster.objects(kind, name_space)) {
      object.erase("status");
      Json& metadata = object["metadata"];
      for (const char* name :
           {"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"})
        metadata.erase(name);
      if (metadata.contains("annotations") && metadata["annotations"].empty())
        metadata.erase("annotations");
      if (std::string(kind) == "Service") object["spec"].erase("clusterIP");
      result[std::string(kind) + " " + metadata["name"].get<std::string>()] = object;
    }
  result["tenant"] = tenant.state.to_json();
  return result;
}

FakeControllers::JobEnd ShopWorld::run_update() {
  if (!update_works) return update_end;
  auto& state = tenant.state;
  for (const char* module : {"sale_omni", "pos_retail"}) state.versions[module] = "18.0.2.0";
  state.columns.insert("sale_order.omni");
  state.not_null.insert("sale_order.omni");
  state.guard_row = true;
  ++state.counter;
  if (!update_end.log.empty()) return update_end;
  const std::string stamp = "2026-11-25 04:00:00,123 7 INFO shop_a odoo.";
  return {0, stamp + "modules.loading: Loading module sale_omni (2/3) \n" + stamp +
                 "modules.loading: Loading module pos_retail (3/3) \n" + stamp +
                 "addons.ostler_guard: column kept: pos_order.note \n" + stamp +
                 "modules.loading: Modules loaded. \n" + stamp +
                 "modules.registry: Registry loaded in 3.1s \n"};
}

void ShopWorld::answer_health(FakeKubernetes& cluster) {
  for (const Json& pod : cluster.objects("Pod", name_space)) {
    HttpResponse response;
    response.status = 200;
    response.body = health;
    cluster.answer_raw("/api/v1/namespaces/odoo-pool-a/pods/" +
                           pod["metadata"]["name"].get<std::string>() + ":8069/proxy/web/health",
                       response);
  }
}

Guard guard_of(const std::string& step, std::uint64_t opno) {
  Guard guard;
  guard.run = "r1";
  guard.step = step;
  guard.epoch = 1;
  guard.opno = opno;
  guard.key = sha256_hex(step + std::to_string(opno)).substr(0, 32);
  return guard;
}

}  // namespace ostler
