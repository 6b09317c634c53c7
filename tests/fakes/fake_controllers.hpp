// What the cluster does by itself, for FakeKubernetes: rolls Deployments out, runs Jobs, keeps
// EndpointSlices. It moves only when somebody looks, so a test that waits needs no time and is the
// same every run.
#pragma once

#include "tests/fakes/fake_kubernetes.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace ostler {

/// Attach one to a FakeKubernetes; it must live as long. A new generation of a Deployment is rolled
/// out at the `deployment_looks`-th look at it (at 1: at once); a Job ends at the `job_looks`-th. A
/// look at the Pods, ReplicaSets or EndpointSlices of a namespace counts as a look at its
/// Deployments, one at its Pods as one at its Jobs.
class FakeControllers {
 public:
  struct JobEnd {
    int exit_code = 0;
    std::string log;
  };

  explicit FakeControllers(FakeKubernetes& kubernetes);

  int deployment_looks = 1;
  int job_looks = 1;
  std::set<std::string> stuck;  ///< names of Deployments that never become complete
  /// ... because its further Pods are not made: the reason, by the Deployment's name
  std::map<std::string, std::string> blocked;
  std::set<std::string> failing;  ///< ... and whose progress deadline is exceeded
  /// What a Job's container does when it runs; the test changes its fake database here.
  std::function<JobEnd(const Json& job)> run_job = [](const Json&) { return JobEnd{}; };

 private:
  void look(FakeKubernetes& cluster, const ObjectRef& ref);

  void roll(FakeKubernetes& cluster, const Json& deployment);

  struct Progress {
    ObjectRef ref;
    std::int64_t seen = 0, done = 0;
    int looks = 0;
    std::vector<ObjectRef> pods;
  };

  /// Pods of an unchanged template stay, as a scaling leaves them.
  void replace_pods(FakeKubernetes& cluster, const Json& deployment, Progress& progress,
                    std::int64_t wanted);

  ObjectRef start_pod(FakeKubernetes& cluster, const Json& deployment, const std::string& hash);
  void forget_removed(FakeKubernetes& cluster);

  void work(FakeKubernetes& cluster, const Json& job);

  std::map<std::string, Progress> deployments_;  ///< by uid
  std::map<std::string, int> jobs_;              ///< by uid: looks so far, -1 when it has ended
  int pods_ = 0;
};

}  // namespace ostler
