#pragma once

#include "ostler/base/json.hpp"
#include "ostler/lab/world.hpp"
#include "ostler/transport/http.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ostler::lab {

/// One Pod whose container runs (or ends gracefully).
struct RunningPod {
  std::string name, name_space, uid;
  std::string address;  ///< its IP
  std::string node, zone;
  std::string image;  ///< as the Pod's container names it: host/repository@digest or :tag
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;  ///< plain values only
  std::map<std::string, std::string> labels;
  Instant started{0};
  bool leaving = false;  ///< told to end; still answers until its preStop sleep is over
};

/// An answer and how long the program took for it. Latency is virtual time; who waits for it is the
/// caller.
struct Served {
  HttpResponse response;
  Instant took{0};
};

/// One thing that a process of a Job does, `after` the one before. It may write lines to `log`
/// (each with its line feed) and may end the process by giving an exit code.
struct JobPart {
  Instant after{0};
  std::function<std::optional<int>(std::string& log)> act;
};

/// What runs in containers: decided by image, arguments and environment.
class Programs {
 public:
  virtual ~Programs() = default;

  /// Why the image cannot be pulled (the kubelet's words), or an empty text.
  virtual std::string pull_trouble(const std::string& image) = 0;

  struct Start {
    Instant listens_after{0};
    std::optional<int> ends_with;  ///< the exit code of a process that ends by itself ...
    Instant ends_after{0};         ///< ... so long after its start
    std::string log;               ///< what it prints at its start
  };
  virtual Start start(const RunningPod& pod) = 0;
  /// A process got SIGTERM or SIGKILL, or ended by itself.
  virtual void ended(const RunningPod& pod) = 0;

  /// A request to the port on which the program listens (8069), from a proxy, a probe or the API
  /// server's Pod proxy.
  virtual Served serve(const RunningPod& pod, const HttpRequest& request) = 0;

  /// The whole life of a Job's process. The last part must give an exit code. A part that is due
  /// after the Pod was killed does not happen.
  virtual std::vector<JobPart> job(const RunningPod& pod) = 0;
  /// That process was killed before its last part.
  virtual void job_killed(const RunningPod& pod) = 0;
};

/// Where a request goes that is sent to an address of the cluster's Pods.
class Pods {
 public:
  virtual ~Pods() = default;
  /// The Pod at that IP whose process listens, or null: the connection is refused.
  virtual const RunningPod* listening(const std::string& address) const = 0;
  /// The same by name.
  virtual const RunningPod* listening(const std::string& name_space,
                                      const std::string& name) const = 0;
  /// What the Pod's container has printed; nothing when there is no such Pod.
  virtual std::optional<std::string> log(const std::string& name_space,
                                         const std::string& name) const = 0;
};

}  // namespace ostler::lab
