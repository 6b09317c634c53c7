// The kinds that the lab's API server serves.
#include "lab/objects/api_kinds.hpp"

#include "ostler/base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace ostler::lab {
namespace {

// Columns: namespaced, generation, status, scale, custom, guarded.
constexpr std::array kinds{
    ApiKind{"", "v1", "ConfigMap", "configmaps", "configmap", "cm", true, false, false, false,
            false, false},
    ApiKind{"", "v1", "Event", "events", "event", "ev", true, false, false, false, false, false},
    ApiKind{"", "v1", "Namespace", "namespaces", "namespace", "ns", false, false, true, false,
            false, false},
    ApiKind{"", "v1", "Node", "nodes", "node", "no", false, false, true, false, false, false},
    ApiKind{"", "v1", "Pod", "pods", "pod", "po", true, true, true, false, false, false},
    ApiKind{"", "v1", "ResourceQuota", "resourcequotas", "resourcequota", "quota", true, false,
            true, false, false, false},
    ApiKind{"", "v1", "Secret", "secrets", "secret", "", true, false, false, false, false, false},
    ApiKind{"", "v1", "Service", "services", "service", "svc", true, false, true, false, false,
            false},
    ApiKind{"", "v1", "ServiceAccount", "serviceaccounts", "serviceaccount", "sa", true, false,
            false, false, false, false},
    ApiKind{"apps", "v1", "Deployment", "deployments", "deployment", "deploy", true, true, true,
            true, false, false},
    ApiKind{"apps", "v1", "ReplicaSet", "replicasets", "replicaset", "rs", true, true, true, true,
            false, false},
    ApiKind{"apps", "v1", "StatefulSet", "statefulsets", "statefulset", "sts", true, true, true,
            true, false, false},
    ApiKind{"autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers",
            "horizontalpodautoscaler", "hpa", true, false, true, false, false, false},
    ApiKind{"batch", "v1", "CronJob", "cronjobs", "cronjob", "cj", true, true, true, false, false,
            false},
    ApiKind{"batch", "v1", "Job", "jobs", "job", "", true, true, true, false, false, false},
    ApiKind{"coordination.k8s.io", "v1", "Lease", "leases", "lease", "", true, false, false, false,
            false, true},
    ApiKind{"discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", "endpointslice", "", true,
            true, false, false, false, false},
    ApiKind{"networking.k8s.io", "v1", "Ingress", "ingresses", "ingress", "ing", true, true, true,
            false, false, false},
    ApiKind{"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", "poddisruptionbudget",
            "pdb", true, true, true, false, false, true},
    ApiKind{"traefik.io", "v1alpha1", "IngressRoute", "ingressroutes", "ingressroute", "", true,
            true, false, false, true, true},
    ApiKind{"traefik.io", "v1alpha1", "TraefikService", "traefikservices", "traefikservice", "",
            true, true, false, false, true, true},
};

}  // namespace

std::span<const ApiKind> api_kinds() {
  return kinds;
}

const ApiKind* find_kind(std::string_view api_version, std::string_view kind) {
  const std::string_view group = group_of(api_version);
  const auto* found = std::find_if(kinds.begin(), kinds.end(), [&](const ApiKind& known) {
    return kind == known.kind && group == known.group;
  });
  return found == kinds.end() ? nullptr : found;
}

const ApiKind* find_plural(std::string_view group, std::string_view version,
                           std::string_view plural) {
  const auto* found = std::find_if(kinds.begin(), kinds.end(), [&](const ApiKind& known) {
    return plural == known.plural && group == known.group && version == known.version;
  });
  return found == kinds.end() ? nullptr : found;
}

std::string_view group_of(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? std::string_view{} : api_version.substr(0, slash);
}

std::string api_version_of(const ApiKind& kind) {
  return *kind.group == '\0' ? kind.version : std::string(kind.group) + "/" + kind.version;
}

std::string resource_name(const ObjectRef& ref) {
  std::string name;
  if (const ApiKind* kind = find_kind(ref.api_version, ref.kind)) {
    name = kind->plural;
  } else {
    for (const char letter : ref.kind)
      name += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    name += 's';
  }
  const std::string_view group = group_of(ref.api_version);
  return group.empty() ? name : name + "." + std::string(group);
}

std::string kind_name(const ObjectRef& ref) {
  const std::string_view group = group_of(ref.api_version);
  return group.empty() ? ref.kind : ref.kind + "." + std::string(group);
}

ObjectRef ref_of(const Json& object) {
  return {text_at(object, "/apiVersion"), text_at(object, "/kind"),
          text_at(object, "/metadata/namespace"), text_at(object, "/metadata/name")};
}

}  // namespace ostler::lab
