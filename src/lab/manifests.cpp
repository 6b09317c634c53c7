// The workloads and routes of cells. tests/stack/shop/manifests holds the same for the real
// cluster.
#include "lab/manifests.hpp"

#include "ostler/base/text.hpp"

namespace ostler::lab {
namespace {

// Passwords of the lab stand in its environment file; the Pods of a simulated shop need none.
constexpr const char* secrets = R"json([
{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "odoo-db"}, "type": "Opaque",
 "data": {"HOST": "bGFi", "PORT": "NTQzMg==", "USER": "b2Rvbw==", "PASSWORD": "bm9uZQ=="}},
{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "odoo-redis"}, "type": "Opaque",
 "data": {"ODOO_SESSION_REDIS_URL": "cmVkaXM6Ly9sYWI="}}
])json";

constexpr const char* web = R"json({
"apiVersion": "apps/v1", "kind": "Deployment",
"metadata": {"name": "odoo-web", "labels": {"app": "odoo-web"}},
"spec": {
  "replicas": 3, "revisionHistoryLimit": 3, "minReadySeconds": 3,
  "selector": {"matchLabels": {"app": "odoo-web"}},
  "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
  "template": {
    "metadata": {"labels": {"app": "odoo-web"},
      "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "8069"}},
    "spec": {
      "terminationGracePeriodSeconds": 30, "automountServiceAccountToken": false,
      "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"matchLabels": {"app": "odoo-web"}}}],
      "securityContext": {"runAsNonRoot": true, "runAsUser": 101, "runAsGroup": 101},
      "containers": [{
        "name": "odoo",
        "args": ["--workers=16", "--max-cron-threads=0", "--proxy-mode", "--no-database-list",
                 "--db-filter=^%d$", "--limit-time-real=14"],
        "env": [{"name": "ODOO_QUEUE_JOB_CHANNELS", "value": "root:0"},
                {"name": "ODOO_SESSION_REDIS", "value": "1"},
                {"name": "ODOO_SESSION_REDIS_PREFIX", "value": "shop"}],
        "envFrom": [{"secretRef": {"name": "odoo-db"}}, {"secretRef": {"name": "odoo-redis"}}],
        "ports": [{"name": "http", "containerPort": 8069}],
        "readinessProbe": {"httpGet": {"path": "/web/health", "port": "http"},
                           "periodSeconds": 1, "timeoutSeconds": 2},
        "livenessProbe": {"httpGet": {"path": "/web/health", "port": "http"},
                          "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 6},
        "lifecycle": {"preStop": {"sleep": {"seconds": 6}}},
        "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                            "capabilities": {"drop": ["ALL"]}},
        "resources": {"requests": {"cpu": "20m", "memory": "32Mi"}, "limits": {"memory": "256Mi"}}
      }]
    }
  }
}})json";

constexpr const char* worker = R"json({
"apiVersion": "apps/v1", "kind": "Deployment",
"metadata": {},
"spec": {
  "replicas": 1, "revisionHistoryLimit": 3,
  "selector": {"matchLabels": {}},
  "strategy": {"type": "Recreate"},
  "template": {
    "metadata": {"labels": {}},
    "spec": {
      "terminationGracePeriodSeconds": 30, "automountServiceAccountToken": false,
      "securityContext": {"runAsNonRoot": true, "runAsUser": 101, "runAsGroup": 101},
      "containers": [{
        "name": "odoo",
        "envFrom": [{"secretRef": {"name": "odoo-db"}}],
        "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                            "capabilities": {"drop": ["ALL"]}},
        "resources": {"requests": {"cpu": "20m", "memory": "32Mi"}, "limits": {"memory": "256Mi"}}
      }]
    }
  }
}})json";

Json service_of(const CellNames& cell) {
  const Json port{
      {"name", "http"}, {"port", cell.port}, {"targetPort", "http"}, {"protocol", "TCP"}};
  return {
      {"apiVersion", "v1"},
      {"kind", "Service"},
      {"metadata", {{"name", cell.service}, {"labels", {{"app", cell.web}}}}},
      {"spec",
       {{"type", "ClusterIP"}, {"selector", {{"app", cell.web}}}, {"ports", Json::array({port})}}}};
}

Json budget_of(const CellNames& cell) {
  return {{"apiVersion", "policy/v1"},
          {"kind", "PodDisruptionBudget"},
          {"metadata", {{"name", cell.web}}},
          {"spec", {{"maxUnavailable", 1}, {"selector", {{"matchLabels", {{"app", cell.web}}}}}}}};
}

Json autoscaler_of(const CellNames& cell) {
  Json object = Json::parse(R"json({
"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {},
"spec": {"minReplicas": 3, "maxReplicas": 6,
         "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment"},
         "metrics": [{"type": "Resource", "resource": {"name": "cpu",
                      "target": {"type": "Utilization", "averageUtilization": 80}}}]}})json");
  object["metadata"]["name"] = cell.autoscaler;
  object["spec"]["scaleTargetRef"]["name"] = cell.web;
  return object;
}

std::vector<Json> route_of(const CellNames& cell) {
  const Json child{{"name", cell.service}, {"port", cell.port}, {"weight", 100}};
  const Json rule{
      {"kind", "Rule"},
      {"match", cell.rule},
      {"services", Json::array({Json{{"kind", "TraefikService"}, {"name", cell.route}}})}};
  return {{{"apiVersion", "traefik.io/v1alpha1"},
           {"kind", "TraefikService"},
           {"metadata", {{"name", cell.route}}},
           {"spec", {{"weighted", {{"services", Json::array({child})}}}}}},
          {{"apiVersion", "traefik.io/v1alpha1"},
           {"kind", "IngressRoute"},
           {"metadata", {{"name", cell.route}}},
           {"spec", {{"entryPoints", Json::array({"web"})}, {"routes", Json::array({rule})}}}}};
}

Json web_named(const std::string& name) {
  // The name stands in labels, selectors and the spread over zones alike.
  return Json::parse(replace_all(web, "odoo-web", name));
}

Json worker_named(const std::string& name, const Json& arguments, const std::string& channels) {
  Json object = Json::parse(worker);
  object["metadata"] = {{"name", name}, {"labels", {{"app", name}}}};
  object["spec"]["selector"]["matchLabels"]["app"] = name;
  Json& pod = object["spec"]["template"];
  pod["metadata"]["labels"]["app"] = name;
  pod["spec"]["containers"][0]["args"] = arguments;
  pod["spec"]["containers"][0]["env"] =
      Json::array({{{"name", "ODOO_QUEUE_JOB_CHANNELS"}, {"value", channels}}});
  return object;
}

}  // namespace

std::vector<Json> cell_manifests(const CellNames& cell, const std::string& image) {
  std::vector<Json> result = Json::parse(secrets).get<std::vector<Json>>();
  std::vector<Json> workloads{web_named(cell.web)};
  if (!cell.cron.empty())
    workloads.push_back(
        worker_named(cell.cron, {"--no-http", "--workers=0", "--max-cron-threads=1"}, "root:0"));
  if (!cell.queue.empty())
    workloads.push_back(worker_named(
        cell.queue,
        {"--no-http", "--workers=0", "--max-cron-threads=0", "--load=base,web,queue_job"},
        "root:4"));
  for (Json& workload : workloads) {
    workload["spec"]["template"]["spec"]["containers"][0]["image"] = image;
    result.push_back(std::move(workload));
  }
  result.push_back(service_of(cell));
  result.push_back(budget_of(cell));
  if (!cell.autoscaler.empty()) result.push_back(autoscaler_of(cell));
  for (Json& object : route_of(cell)) result.push_back(std::move(object));
  for (Json& object : result) object["metadata"]["namespace"] = cell.name_space;
  return result;
}

std::vector<Json> shop_manifests(const std::string& image) {
  return cell_manifests({}, image);
}

}  // namespace ostler::lab
