// The controller of HorizontalPodAutoscalers.
#pragma once

#include "lab/cluster/cluster_parts.hpp"
#include "lab/cluster/reactions.hpp"

#include <deque>
#include <map>

namespace ostler::lab {

/// Looks at each autoscaler every 15 seconds: keeps its Deployment between minimum and maximum and
/// follows the use of the processor. Of `behavior` it knows windows and `Disabled`, not policies.
class Autoscalers {
 public:
  explicit Autoscalers(ClusterParts& parts);

  void autoscaler_changed(const Change& change);
  void use(Cluster::Utilisation utilisation) { utilisation_ = std::move(utilisation); }

 private:
  struct Look;
  struct Recommendation {
    Instant when;
    std::int64_t replicas;
  };
  void react(const Name& name);
  std::int64_t decide(Look& look);
  std::optional<std::int64_t> recommended(Look& look);
  std::int64_t stabilised(Look& look, std::int64_t recommended);

  ClusterParts& parts_;
  Reactions reactions_;
  Cluster::Utilisation utilisation_;
  std::map<Name, std::deque<Recommendation>> recommendations_;
};

}  // namespace ostler::lab
