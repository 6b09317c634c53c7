// The kubelets of all nodes: pull, start, probe, restart and gracefully end containers.
#pragma once

#include "lab/cluster/cluster_parts.hpp"
#include "lab/cluster/container_run.hpp"
#include "lab/cluster/nodes.hpp"
#include "lab/cluster/probes.hpp"

#include <map>
#include <set>
#include <unordered_map>

namespace ostler::lab {

class Kubelet {
 public:
  Kubelet(ClusterParts& parts, const Nodes& nodes);

  void pod_changed(const PodChange& change);
  /// A Pod that runs outside: nothing is done for it.
  void leave_alone(const Name& name) { outside_.insert(name); }

  const RunningPod* listening(const std::string& address) const;
  const RunningPod* listening(const Name& name) const;
  std::optional<std::string> log(const Name& name) const;

 private:
  using Act = void (Kubelet::*)(const RunPointer&);
  /// In so long, if it is still the same process (or still none).
  void later(const RunPointer& run, Instant delay, Act act);
  /// In so long, whatever its process does, as long as the Pod is there.
  void anyway(const RunPointer& run, Instant delay, Act act);

  // Until it runs (kubelet.cpp).
  void admit(const PodView& pod);
  std::string new_address();
  void prepare(const RunPointer& run);
  void pulled(const RunPointer& run);
  void cannot_pull(const RunPointer& run, std::string trouble);
  void back_off(const RunPointer& run);
  void start(const RunPointer& run);
  void play(const RunPointer& run);
  void run_server(const RunPointer& run);
  void run_job(const RunPointer& run);
  void plan_part(const RunPointer& run);
  void do_part(const RunPointer& run);
  void write(const RunPointer& run);

  // From when it ends (kubelet_end.cpp).
  void end_process(const RunPointer& run, int exit_code) const;
  void process_ended(const RunPointer& run, int exit_code);
  void restart(const RunPointer& run);
  void dead(const RunPointer& run);
  void end_unwell(const RunPointer& run);
  void end_played(const RunPointer& run) { process_ended(run, 0); }
  void leave(const RunPointer& run);
  void stop(const RunPointer& run);
  void erase(const RunPointer& run);
  void forget(const RunPointer& run);
  void tell(const RunPointer& run, EventType type, std::string reason, std::string message);

  ClusterParts& parts_;
  const Nodes& nodes_;
  Prober prober_;
  std::map<Name, RunPointer> runs_;
  std::unordered_map<std::string, RunPointer> addresses_;
  std::map<std::string, std::set<std::string>> images_;  ///< that a node has
  std::set<Name> outside_;
  std::uint32_t given_addresses_ = 0;
};

}  // namespace ostler::lab
