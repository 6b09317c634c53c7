// The controller of EndpointSlices: which Pods stand behind each Service with a selector.
#pragma once

#include "lab/cluster/cluster_parts.hpp"
#include "lab/cluster/reactions.hpp"

#include <map>
#include <set>

namespace ostler::lab {

/// Keeps one slice per Service. Services without a selector keep the slices that others wrote.
class Endpoints {
 public:
  explicit Endpoints(ClusterParts& parts);

  void service_changed(const Change& change);
  void slice_changed(const Change& change);
  void pod_changed(const PodChange& change);

 private:
  struct Service {
    std::shared_ptr<const Json> object;
    Json selector;
    std::string slice;       ///< the name of its slice, once it has one
    std::set<Name> members;  ///< Pods that the selector chooses
  };
  void react(const Name& name);
  Json endpoints_of(const Service& service) const;
  Json ports_of(const Service& service) const;

  ClusterParts& parts_;
  Reactions reactions_;
  std::map<Name, Service> services_;
};

}  // namespace ostler::lab
