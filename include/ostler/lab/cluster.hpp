#pragma once

#include "ostler/lab/objects.hpp"
#include "ostler/lab/pods.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ostler::lab {

/// How the cluster of one lab is set up; times are virtual.
struct ClusterSettings {
  std::vector<std::pair<std::string, std::string>> nodes{
      {"node-a", "zone-a"}, {"node-b", "zone-b"}, {"node-c", "zone-c"}};  ///< node, zone
  std::string cluster_uid = "05713e55-0000-4000-8000-0000c1057e12";
  Instant controller_delay{20'000};  ///< from a change to a controller's reaction to it
  Instant pull{300'000};             ///< for an image that a node has not had yet
  Instant start{200'000};            ///< from an image at hand to a running container
};

/// What a cluster does by itself: the controllers of Deployments, ReplicaSets, Jobs,
/// EndpointSlices, autoscalers and disruption budgets, a scheduler that counts requests and spreads
/// over zones, and a kubelet per node that pulls, starts, probes and gracefully ends containers. It
/// reacts to changes of the objects and plans its acts in the world; it never looks at everything.
class Cluster final : public Pods {
 public:
  Cluster(World& world, Objects& objects, Programs& programs, ClusterSettings settings);
  ~Cluster() override;
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  const RunningPod* listening(const std::string& address) const override;
  const RunningPod* listening(const std::string& name_space,
                              const std::string& name) const override;
  std::optional<std::string> log(const std::string& name_space,
                                 const std::string& name) const override;

  /// How much of what its Pods request a Deployment's Pods use, in percent; nothing: no metrics, so
  /// an autoscaler only keeps its bounds. Without such a function every Deployment is at target.
  using Utilisation = std::function<std::optional<std::int64_t>(const std::string& name_space,
                                                                const std::string& deployment)>;
  void use(Utilisation utilisation);

  /// Registers a Pod that runs outside (a proxy): it stands there as Running and Ready with that
  /// address, and nothing is started for it.
  void add_static_pod(const std::string& name_space, const std::string& name,
                      const std::string& address, const Json& labels);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostler::lab
