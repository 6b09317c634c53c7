// How a kubelet asks its containers whether they start, live and are ready.
#pragma once

#include "lab/cluster/cluster_parts.hpp"
#include "lab/cluster/container_run.hpp"

#include <functional>

namespace ostler::lab {

/// Asks each running container at its probes' periods. A probe that goes on as before is one act
/// and one request; what changes something is told.
class Prober {
 public:
  struct Told {
    std::function<void(const RunPointer&)> ready_changed;  ///< `ready` or `started` is another now
    std::function<void(const RunPointer&)> dead;           ///< its process shall be ended
  };
  Prober(ClusterParts& parts, Told told);

  /// Reads the probes of a container that starts.
  static void read(ContainerRun& run, const Json& pod);
  /// Its process runs from now on.
  void begin(const RunPointer& run);

 private:
  struct Verdict {
    bool good = false;
    Instant took{0};
    std::string words;
  };
  Verdict ask(const ContainerRun& run, const Probe& probe) const;
  Verdict judge(const Probe& probe, const Served& served) const;
  void plan(const RunPointer& run);
  void act(const RunPointer& run);
  bool start_up(const RunPointer& run);
  void check_readiness(const RunPointer& run, const Verdict& verdict);
  void check_liveness(const RunPointer& run, const Verdict& verdict);
  void become(const RunPointer& run, bool ready, Instant after);
  void tell_unhealthy(const ContainerRun& run, const char* which, const Verdict& verdict);

  ClusterParts& parts_;
  Told told_;
};

}  // namespace ostler::lab
