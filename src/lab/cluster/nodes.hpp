// The cluster's nodes, as the scheduler counts them.
#pragma once

#include "lab/cluster/cluster_parts.hpp"

#include <map>
#include <set>
#include <string>

namespace ostler::lab {

/// A node and what is taken of it.
struct NodeView {
  std::string name, zone;
  std::shared_ptr<const Json> object;
  Resources has, taken;
  std::int64_t pods_at_most = 0, pods = 0;

  const Json& labels() const;
  /// Nothing runs there: whoever put the node plays its kubelet's part with an annotation.
  bool simulated() const;
};

class Nodes {
 public:
  void node_changed(const Change& change);
  void pod_changed(const PodChange& change);

  const std::map<std::string, NodeView>& all() const { return nodes_; }
  /// Null when there is none of that name.
  const NodeView* find(const std::string& name) const;

 private:
  std::map<std::string, NodeView> nodes_;
};

/// Why that Pod does not fit there, in the scheduler's words; none when it fits.
std::vector<std::string> misfits(const NodeView& node, const PodView& pod);

/// A Node object as a kubelet registers it: ready, 4 processors, 8 GiB, 110 Pods.
Json node_object(const std::string& name, const std::string& zone, const World& world);

}  // namespace ostler::lab
