// The controller of Jobs.
#pragma once

#include "lab/cluster/cluster_parts.hpp"
#include "lab/cluster/quotas.hpp"
#include "lab/cluster/reactions.hpp"

#include <map>

namespace ostler::lab {

/// Runs one Pod after the other until one succeeds or too many have failed. Parallelism and
/// completions are one: that is all a release ever asks for.
class Jobs {
 public:
  Jobs(ClusterParts& parts, Quotas& quotas);

  void job_changed(const Change& change);
  void pod_changed(const PodChange& change);

 private:
  struct Look;
  /// What is known of a Job's Pods beyond those that are still there.
  struct Counted {
    std::map<std::string, bool> ended;  ///< uid -> whether it succeeded
    Instant next_try{0};
    Instant patience{0};
  };

  void react(const Name& name);
  void count(Look& look, Counted& counted) const;
  std::optional<Condition> verdict(const Look& look) const;
  void conclude(Look& look, const Condition& verdict);
  void run(Look& look, Counted& counted);
  void suspend(Look& look);
  void remove_later(const Look& look);
  void end_active(Look& look);

  ClusterParts& parts_;
  Quotas& quotas_;
  Reactions reactions_;
  std::map<std::string, Counted> counted_;  ///< by uid
};

}  // namespace ostler::lab
