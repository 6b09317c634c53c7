// What the parts of the cluster share.
#pragma once

#include "lab/cluster/cluster_events.hpp"
#include "lab/cluster/pod_index.hpp"

#include "ostler/lab/cluster.hpp"

namespace ostler::lab {

/// Handed to each controller, the scheduler and the kubelet; the same for all of them.
struct ClusterParts {
  ClusterParts(World& its_world, Objects& its_objects, Programs& its_programs,
               ClusterSettings its_settings)
      : world(its_world),
        objects(its_objects),
        programs(its_programs),
        settings(std::move(its_settings)),
        pods(its_world),
        events(its_world, its_objects) {}

  World& world;
  Objects& objects;
  Programs& programs;
  const ClusterSettings settings;
  PodIndex pods;
  ClusterEvents events;
};

}  // namespace ostler::lab
