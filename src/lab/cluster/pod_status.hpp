// What a kubelet writes into its Pods' statuses.
#pragma once

#include "lab/cluster/container_run.hpp"
#include "lab/cluster/nodes.hpp"

namespace ostler::lab {

/// The address of a node itself; made from its place among the nodes.
std::string node_address(const Nodes& nodes, const std::string& node);

/// How its last process ended, as a container's state says it.
Json terminated_state(const ContainerRun& run);

/// The Pod's whole status as its kubelet sees it; keeps what stands in `before` of its conditions.
Json pod_status(const ContainerRun& run, const Json& before, const std::string& node_address,
                const World& world);

}  // namespace ostler::lab
