// What a cluster does by itself: its parts, and who of them hears of which change.
#include "ostler/lab/cluster.hpp"

#include "lab/cluster/autoscalers.hpp"
#include "lab/cluster/deployments.hpp"
#include "lab/cluster/disruption.hpp"
#include "lab/cluster/endpoints.hpp"
#include "lab/cluster/jobs.hpp"
#include "lab/cluster/kubelet.hpp"
#include "lab/cluster/quotas.hpp"
#include "lab/cluster/replica_sets.hpp"
#include "lab/cluster/scheduler.hpp"

namespace ostler::lab {

struct Cluster::Impl {
  Impl(World& world, Objects& objects, Programs& programs, ClusterSettings settings)
      : parts(world, objects, programs, std::move(settings)) {}

  void hear(const Change& change) {
    const std::string& kind = change.ref.kind;
    if (kind == "Pod") return hear_pod(parts.pods.take(change));
    if (kind == "ReplicaSet") {
      deployments.replica_set_changed(change);
      replica_sets.replica_set_changed(change);
    } else if (kind == "Deployment") {
      deployments.deployment_changed(change);
      budgets.deployment_changed(change);
    } else if (kind == "EndpointSlice") {
      endpoints.slice_changed(change);
    } else if (kind == "Service" && change.ref.api_version == "v1") {
      endpoints.service_changed(change);
    } else if (kind == "Job") {
      jobs.job_changed(change);
    } else if (kind == "HorizontalPodAutoscaler") {
      autoscalers.autoscaler_changed(change);
    } else if (kind == "PodDisruptionBudget") {
      budgets.budget_changed(change);
    } else if (kind == "ResourceQuota") {
      quotas.quota_changed(change);
    } else if (kind == "Node") {
      nodes.node_changed(change);
      scheduler.node_changed(change);
    }
  }

  void hear_pod(const PodChange& change) {
    if (!change.before && !change.after) return;
    nodes.pod_changed(change);
    quotas.pod_changed(change);
    kubelet.pod_changed(change);
    scheduler.pod_changed(change);
    replica_sets.pod_changed(change);
    deployments.pod_changed(change);
    jobs.pod_changed(change);
    endpoints.pod_changed(change);
    budgets.pod_changed(change);
  }

  /// What stands in every cluster before anybody came.
  void furnish() {
    for (const char* name : {"kube-system", "default", "traefik"}) {
      Json name_space{{"apiVersion", "v1"}, {"kind", "Namespace"}};
      name_space["metadata"] = {{"name", name},
                                {"labels", {{"kubernetes.io/metadata.name", name}}}};
      if (name == std::string_view("kube-system"))
        name_space["metadata"]["uid"] = parts.settings.cluster_uid;
      name_space["status"]["phase"] = "Active";
      parts.objects.put(std::move(name_space));
    }
    for (const auto& [name, zone] : parts.settings.nodes)
      parts.objects.put(node_object(name, zone, parts.world));
  }

  ClusterParts parts;
  Nodes nodes;
  Quotas quotas{parts};
  Deployments deployments{parts};
  ReplicaSetController replica_sets{parts, quotas};
  Jobs jobs{parts, quotas};
  Endpoints endpoints{parts};
  Autoscalers autoscalers{parts};
  DisruptionBudgets budgets{parts};
  Scheduler scheduler{parts, nodes};
  Kubelet kubelet{parts, nodes};
};

Cluster::Cluster(World& world, Objects& objects, Programs& programs, ClusterSettings settings)
    : impl_(std::make_unique<Impl>(world, objects, programs, std::move(settings))) {
  objects.on_change([this](const Change& change) { impl_->hear(change); });
  impl_->furnish();
}

Cluster::~Cluster() = default;

const RunningPod* Cluster::listening(const std::string& address) const {
  return impl_->kubelet.listening(address);
}

const RunningPod* Cluster::listening(const std::string& name_space, const std::string& name) const {
  return impl_->kubelet.listening(Name{name_space, name});
}

std::optional<std::string> Cluster::log(const std::string& name_space,
                                        const std::string& name) const {
  return impl_->kubelet.log({name_space, name});
}

void Cluster::use(Utilisation utilisation) {
  impl_->autoscalers.use(std::move(utilisation));
}

void Cluster::add_static_pod(const std::string& name_space, const std::string& name,
                             const std::string& address, const Json& labels) {
  impl_->kubelet.leave_alone({name_space, name});
  World& world = impl_->parts.world;
  Json pod{{"apiVersion", "v1"}, {"kind", "Pod"}};
  pod["metadata"] = {{"name", name}, {"namespace", name_space}, {"labels", labels}};
  const auto& nodes = impl_->parts.settings.nodes;
  pod["spec"] = {{"nodeName", nodes.empty() ? "outside" : nodes.front().first},
                 {"containers", Json::array({{{"name", name}, {"image", name}}})}};
  Json& status = pod["status"];
  status["phase"] = "Running";
  status["podIP"] = address;
  status["podIPs"] = Json::array({{{"ip", address}}});
  status["startTime"] = timestamp(world);
  for (const char* type : {"Initialized", "Ready", "ContainersReady", "PodScheduled"})
    set_condition(status["conditions"], {type, "True", "", ""}, world, ConditionTimes::probe);
  status["containerStatuses"] =
      Json::array({{{"name", name},
                    {"image", name},
                    {"imageID", name},
                    {"ready", true},
                    {"started", true},
                    {"restartCount", 0},
                    {"lastState", Json::object()},
                    {"state", {{"running", {{"startedAt", timestamp(world)}}}}}}});
  impl_->parts.objects.put(std::move(pod));
}

}  // namespace ostler::lab
