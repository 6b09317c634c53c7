// Which lists of built-in kinds merge by a key: the patchMergeKey and listMapKey marks of their
// types.
#include "lab/objects/list_rules.hpp"

#include <map>

namespace ostler::lab {
namespace {

const ListRule whole{};
const ListRule by_name{"name", {"name"}};
const ListRule by_type{"type", {"type"}};
const ListRule container_ports{"containerPort", {"containerPort", "protocol"}};
const ListRule service_ports{"port", {"port", "protocol"}};
const ListRule finalizers{nullptr, {}, true};

const std::map<std::string_view, const ListRule> rules{
    {"containers", by_name},
    {"initContainers", by_name},
    {"ephemeralContainers", by_name},
    {"env", by_name},
    {"volumes", by_name},
    {"imagePullSecrets", by_name},
    {"claims", by_name},
    {"volumeMounts", {"mountPath", {"mountPath"}}},
    {"volumeDevices", {"devicePath", {"devicePath"}}},
    {"hostAliases", {"ip", {"ip"}}},
    {"topologySpreadConstraints", {"topologyKey", {"topologyKey", "whenUnsatisfiable"}}},
    {"ownerReferences", {"uid", {"uid"}}},
    {"conditions", by_type},
};

}  // namespace

const ListRule& list_rule(std::string_view kind, std::string_view within, std::string_view name) {
  if (name == "ports") {
    if (within == "containers" || within == "initContainers") return container_ports;
    return kind == "Service" && within == "spec" ? service_ports : whole;
  }
  if (name == "finalizers") return finalizers;
  const auto found = rules.find(name);
  return found == rules.end() ? whole : found->second;
}

}  // namespace ostler::lab
