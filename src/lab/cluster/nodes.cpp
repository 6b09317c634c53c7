// The cluster's nodes, as the scheduler counts them.
#include "lab/cluster/nodes.hpp"

#include "lab/objects/json_fields.hpp"

namespace ostler::lab {
namespace {

bool tolerated(const Json& taint, const Json& tolerations) {
  if (!tolerations.is_array()) return false;
  for (const Json& toleration : tolerations) {
    const std::string& effect = text_of(field(toleration, "effect"));
    if (!effect.empty() && effect != text_of(field(taint, "effect"))) continue;
    const bool exists = text_of(field(toleration, "operator")) == "Exists";
    const std::string& key = text_of(field(toleration, "key"));
    if (key.empty() ? !exists : key != text_of(field(taint, "key"))) continue;
    if (exists || text_of(field(toleration, "value")) == text_of(field(taint, "value")))
      return true;
  }
  return false;
}

bool keeps_away(const Json& taint, const Json& tolerations) {
  const std::string& effect = text_of(field(taint, "effect"));
  return (effect == "NoSchedule" || effect == "NoExecute") && !tolerated(taint, tolerations);
}

bool has_labels(const Json& labels, const Json& wanted) {
  for (const auto& [name, value] : object_of(wanted).items())
    if (field(labels, name.c_str()) != value) return false;
  return true;
}

}  // namespace

const Json& NodeView::labels() const {
  return object_of(field(*object, "metadata", "labels"));
}

bool NodeView::simulated() const {
  return field(*object, "metadata", "annotations", "kwok.x-k8s.io/node").is_string();
}

void Nodes::node_changed(const Change& change) {
  if (!change.after) {
    nodes_.erase(change.ref.name);
    return;
  }
  NodeView& node = nodes_[change.ref.name];
  const Json& allocatable = field(*change.after, "status", "allocatable");
  node.name = change.ref.name;
  node.object = change.after;
  node.zone = text_of(field(node.labels(), "topology.kubernetes.io/zone"));
  node.has = {thousandths_of(field(allocatable, "cpu")), units_of(field(allocatable, "memory"))};
  node.pods_at_most = units_of(field(allocatable, "pods"));
}

void Nodes::pod_changed(const PodChange& change) {
  const auto count = [this](const PodPointer& pod, std::int64_t by) {
    if (!pod || pod->node.empty() || pod->ended()) return;
    const auto node = nodes_.find(pod->node);
    if (node == nodes_.end()) return;
    node->second.pods += by;
    node->second.taken.processor += by * pod->requests.processor;
    node->second.taken.memory += by * pod->requests.memory;
  };
  count(change.before, -1);
  count(change.after, 1);
}

const NodeView* Nodes::find(const std::string& name) const {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : &found->second;
}

std::vector<std::string> misfits(const NodeView& node, const PodView& pod) {
  const Json &spec = field(*pod.object, "spec"), &tolerations = field(spec, "tolerations");
  if (flag_of(field(*node.object, "spec", "unschedulable")) &&
      !tolerated({{"key", "node.kubernetes.io/unschedulable"}, {"effect", "NoSchedule"}},
                 tolerations))
    return {"node(s) were unschedulable"};
  for (const Json& taint : field(*node.object, "spec", "taints"))
    if (keeps_away(taint, tolerations)) return {"node(s) had untolerated taint(s)"};
  if (!has_labels(node.labels(), field(spec, "nodeSelector")))
    return {"node(s) didn't match Pod's node affinity/selector"};
  std::vector<std::string> reasons;
  if (node.pods + 1 > node.pods_at_most) reasons.emplace_back("Too many pods");
  if (pod.requests.processor > 0 &&
      node.taken.processor + pod.requests.processor > node.has.processor)
    reasons.emplace_back("Insufficient cpu");
  if (pod.requests.memory > 0 && node.taken.memory + pod.requests.memory > node.has.memory)
    reasons.emplace_back("Insufficient memory");
  return reasons;
}

Json node_object(const std::string& name, const std::string& zone, const World& world) {
  const Json amounts{{"cpu", "4"}, {"memory", "8Gi"}, {"pods", "110"}};
  Json node{{"apiVersion", "v1"}, {"kind", "Node"}, {"spec", Json::object()}};
  node["metadata"] = {{"name", name},
                      {"labels",
                       {{"topology.kubernetes.io/zone", zone},
                        {"kubernetes.io/hostname", name},
                        {"kubernetes.io/arch", "amd64"},
                        {"kubernetes.io/os", "linux"}}}};
  Json& status = node["status"];
  status = {{"allocatable", amounts},
            {"capacity", amounts},
            {"addresses", Json::array({{{"type", "Hostname"}, {"address", name}}})},
            {"nodeInfo",
             {{"architecture", "amd64"},
              {"operatingSystem", "linux"},
              {"osImage", "Debian GNU/Linux 12 (bookworm)"},
              {"kernelVersion", "6.1.0"},
              {"containerRuntimeVersion", "containerd://1.6.20"},
              {"kubeletVersion", "v1.36.3"}}}};
  struct Trait {
    const char *type, *status, *reason, *message;
  };
  for (const Trait& trait :
       {Trait{"MemoryPressure", "False", "KubeletHasSufficientMemory",
              "kubelet has sufficient memory available"},
        Trait{"DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"},
        Trait{"PIDPressure", "False", "KubeletHasSufficientPID",
              "kubelet has sufficient PID available"},
        Trait{"Ready", "True", "KubeletReady", "kubelet is posting ready status"}})
    set_condition(status["conditions"], {trait.type, trait.status, trait.reason, trait.message},
                  world);
  return node;
}

}  // namespace ostler::lab
