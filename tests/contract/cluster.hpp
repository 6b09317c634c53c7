// One cluster for a contract test: the fake with its controllers, or the real one with a namespace
// of the test's own.
#pragma once

#include "tests/contract/stack.hpp"
#include "tests/fakes/fake_controllers.hpp"
#include "tests/fakes/fake_kubernetes.hpp"

#include "ostler/base/hash.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace ostler {

struct ClusterWorld {
  Kubernetes& kubernetes;
  Clock& clock;
  std::string name_space;
};

class RealCluster {
 public:
  RealCluster() {
    auto made = make_kubernetes({stack_variable("KUBECONFIG_ADMIN"), ""}, *http_, *processes_);
    REQUIRE(made.ok());
    kubernetes_ = std::move(*made);
    name_space_ = "ostler-contract-" + random_hex(6);
    Json name_space{{"apiVersion", "v1"}, {"kind", "Namespace"}};
    name_space["metadata"]["name"] = name_space_;
    REQUIRE(kubernetes_->create(name_space).ok());
  }
  ~RealCluster() { (void)kubernetes_->remove({"v1", "Namespace", "", name_space_}).ok(); }
  RealCluster(const RealCluster&) = delete;
  RealCluster& operator=(const RealCluster&) = delete;

  ClusterWorld world() { return {*kubernetes_, *clock_, name_space_}; }

 private:
  Cancellation cancellation_;
  std::unique_ptr<Clock> clock_ = make_system_clock();
  std::unique_ptr<HttpClient> http_ = make_http_client(cancellation_);
  std::unique_ptr<ProcessRunner> processes_ = make_process_runner();
  std::unique_ptr<Kubernetes> kubernetes_;
  std::string name_space_;
};

/// Runs `suite(ClusterWorld)` over the fake, and over the real cluster where there is one.
template <typename Suite>
void over_both_clusters(Suite suite) {
  SECTION("fake") {
    FakeKubernetes fake;
    FakeControllers controllers{fake};
    controllers.deployment_looks = 2;
    controllers.job_looks = 2;
    VirtualClock clock;
    suite(ClusterWorld{fake, clock, "contract"});
  }
  SECTION("real") {
    if (!on_stack()) return;
    RealCluster cluster;
    suite(cluster.world());
  }
}

}  // namespace ostler
