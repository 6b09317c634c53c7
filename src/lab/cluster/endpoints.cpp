// The controller of EndpointSlices: which Pods stand behind each Service with a selector.
#include "lab/cluster/endpoints.hpp"

#include "lab/objects/json_fields.hpp"

namespace ostler::lab {
namespace {

constexpr const char* zone_label = "topology.kubernetes.io/zone";

ObjectRef slice_ref(const Name& name) {
  return {"discovery.k8s.io/v1", "EndpointSlice", name.name_space, name.name};
}

/// Whether a Pod has a place in a slice at all.
bool is_endpoint(const PodView& pod) {
  return !pod.ended() && !pod.address.empty();
}

/// Whether a slice would say something else about the Pod now.
bool shows(const PodChange& change) {
  if (!change.before || !change.after) return true;
  const PodView &before = *change.before, &after = *change.after;
  return before.ready != after.ready || before.terminating != after.terminating ||
         before.address != after.address || before.ended() != after.ended();
}

Json port_of(const Json& service_port, const Json& pod) {
  const Json& target = field(service_port, "targetPort");
  if (target.is_number_integer()) return target;
  if (!target.is_string()) return field(service_port, "port");
  for (const Json& container : field(pod, "spec", "containers"))
    for (const Json& port : field(container, "ports"))
      if (field(port, "name") == target) return field(port, "containerPort");
  return nullptr;
}

}  // namespace

Endpoints::Endpoints(ClusterParts& parts)
    : parts_(parts),
      reactions_(parts.world, parts.settings.controller_delay,
                 [this](const Name& n) { react(n); }) {}

void Endpoints::service_changed(const Change& change) {
  const Name name = name_of(change.ref);
  const Json& selector = change.after ? field(*change.after, "spec", "selector") : no_value();
  if (object_of(selector).empty()) {
    services_.erase(name);
    return;
  }
  Service& service = services_[name];
  service.object = change.after;
  if (service.selector != selector) {
    service.selector = selector;
    service.members.clear();
    parts_.pods.each_in(name.name_space, [&service](const PodPointer& pod) {
      if (selected(pod->labels(), service.selector)) service.members.insert(pod->name);
    });
  }
  reactions_.soon(name);
}

void Endpoints::slice_changed(const Change& change) {
  if (change.after) return;
  // Somebody took a slice away that is ours: it comes again.
  const std::string& owner =
      text_of(field(*change.before, "metadata", "labels", "kubernetes.io/service-name"));
  const auto service = services_.find({change.ref.name_space, owner});
  if (service == services_.end() || service->second.slice != change.ref.name) return;
  service->second.slice.clear();
  reactions_.soon(service->first);
}

void Endpoints::pod_changed(const PodChange& change) {
  const PodView& pod = change.any();
  const bool labels_moved =
      !change.before || (change.after && change.before->labels() != change.after->labels());
  const bool shown = shows(change);
  if (!labels_moved && !shown) return;
  for (auto known = services_.lower_bound({pod.name.name_space, ""});
       known != services_.end() && known->first.name_space == pod.name.name_space; ++known) {
    Service& service = known->second;
    bool touched = service.members.contains(pod.name);
    if (!change.after) {
      service.members.erase(pod.name);
    } else if (labels_moved) {
      const bool member = selected(change.after->labels(), service.selector);
      member ? (void)service.members.insert(pod.name) : (void)service.members.erase(pod.name);
      touched = touched || member;
    }
    if (touched) reactions_.soon(known->first);
  }
}

Json Endpoints::endpoints_of(const Service& service) const {
  Json endpoints = Json::array();
  const bool always = flag_of(field(*service.object, "spec", "publishNotReadyAddresses"));
  for (const Name& name : service.members) {
    const PodPointer pod = parts_.pods.find(name);
    if (!pod || !is_endpoint(*pod)) continue;
    Json endpoint{{"addresses", Json::array({pod->address})},
                  {"conditions",
                   {{"ready", always || (pod->ready && !pod->terminating)},
                    {"serving", pod->ready},
                    {"terminating", pod->terminating}}},
                  {"targetRef",
                   {{"kind", "Pod"},
                    {"namespace", name.name_space},
                    {"name", name.name},
                    {"uid", pod->uid}}}};
    if (!pod->node.empty()) {
      endpoint["nodeName"] = pod->node;
      if (const auto node = parts_.objects.find({"v1", "Node", "", pod->node}))
        if (const Json& zone = field(*node, "metadata", "labels", zone_label); zone.is_string())
          endpoint["zone"] = zone;
    }
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

Json Endpoints::ports_of(const Service& service) const {
  Json ports = Json::array();
  for (const Name& name : service.members) {
    const PodPointer pod = parts_.pods.find(name);
    if (!pod || !is_endpoint(*pod)) continue;
    for (const Json& port : field(*service.object, "spec", "ports"))
      if (Json number = port_of(port, *pod->object); !number.is_null())
        ports.push_back({{"name", text_of(field(port, "name"))},
                         {"port", std::move(number)},
                         {"protocol", field(port, "protocol").is_string() ? field(port, "protocol")
                                                                          : Json("TCP")}});
    break;
  }
  return ports;
}

void Endpoints::react(const Name& name) {
  const auto known = services_.find(name);
  if (known == services_.end()) return;
  Service& service = known->second;
  Json endpoints = endpoints_of(service), ports = ports_of(service);
  // A Service without Pods has one slice that says nothing, as the real controller leaves it.
  if (endpoints.empty()) endpoints = ports = nullptr;
  if (!service.slice.empty()) {
    const auto slice = parts_.objects.find(slice_ref({name.name_space, service.slice}));
    if (slice && field(*slice, "endpoints") == endpoints && field(*slice, "ports") == ports) return;
  } else {
    service.slice = name.name + "-" + random_suffix(parts_.world);
  }
  Json labels = object_of(field(*service.object, "metadata", "labels"));
  labels["kubernetes.io/service-name"] = name.name;
  labels["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io";
  if (text_of(field(*service.object, "spec", "clusterIP")) == "None")
    labels["service.kubernetes.io/headless"] = "";
  Json slice{{"apiVersion", "discovery.k8s.io/v1"}, {"kind", "EndpointSlice"}};
  slice["metadata"] = {{"name", service.slice},
                       {"generateName", name.name + "-"},
                       {"namespace", name.name_space},
                       {"labels", std::move(labels)},
                       {"ownerReferences", Json::array({owner_reference(*service.object)})}};
  slice["addressType"] = "IPv4";
  slice["endpoints"] = std::move(endpoints);
  slice["ports"] = std::move(ports);
  parts_.objects.put(std::move(slice));
}

}  // namespace ostler::lab
