// One Pod on its node: what the kubelet knows of its container.
#pragma once

#include "lab/objects/object_parts.hpp"

#include "ostler/lab/pods.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ostler::lab {

/// One probe of a container, with the API server's defaults, and how it has gone lately.
struct Probe {
  enum class How { none, http, connect } how = How::none;
  HttpRequest request;
  int port = 0;
  Instant first{0}, period{10'000'000}, timeout{1'000'000};
  int failures_allowed = 3, successes_needed = 1;

  Instant due{0};
  int failures = 0, successes = 0;
};

/// A Pod of which a kubelet has taken charge. Its main container is the one that a program of the
/// lab runs; the others of the Pod are taken to be as it is.
struct ContainerRun {
  enum class State {
    creating,  ///< pulling its image, or before its start
    waiting,   ///< cannot start: `reason` and `message` say why
    running,   ///< its process runs
    ended,     ///< its process has ended and is not started again (yet)
  };

  RunningPod pod;
  std::shared_ptr<const Json> object;  ///< the Pod as it stood when its kubelet saw it last
  std::string uid, container;
  bool job = false;
  bool simulated = false;  ///< on a node where nothing really runs

  State state = State::creating;
  std::string reason, message;
  bool listens = false, started = false, ready = false;
  std::optional<int> exit_code;
  std::string started_at, finished_at;
  Json last_state = Json::object();
  std::int64_t restarts = 0;
  Instant patience{0};  ///< until the next try to pull or to start
  std::string log;

  Probe startup, readiness, liveness;
  std::vector<JobPart> parts;
  std::size_t part = 0;

  /// Grows whenever the process begins or ends; what was planned for an earlier life does not
  /// happen.
  std::uint64_t life = 0;
  bool dying = false;  ///< its liveness probe has failed: it will be ended and started anew
  bool gone = false;
};
using RunPointer = std::shared_ptr<ContainerRun>;

/// The specification of the Pod's main container: the one named odoo, or the first.
const Json& main_container_of(const Json& pod);

}  // namespace ostler::lab
