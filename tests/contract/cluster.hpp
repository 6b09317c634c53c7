// One cluster for a contract test: the fake with its controllers, the lab's, or the real one with a
// namespace of the test's own.
#pragma once

#include "tests/contract/lab_platform.hpp"
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
  std::string server;  ///< its address
};

/// Makes a namespace as a client does.
inline void make_namespace(Kubernetes& kubernetes, const std::string& name) {
  Json name_space{{"apiVersion", "v1"}, {"kind", "Namespace"}};
  name_space["metadata"]["name"] = name;
  REQUIRE(kubernetes.create(name_space).ok());
}

/// A lab with the stack's simulated nodes.
class LabCluster {
 public:
  LabCluster() {
    lab.add_fake_nodes();
    make_namespace(*kubernetes_, name_space_);
  }
  ClusterWorld world() { return {*kubernetes_, lab.clock, name_space_, lab.server()}; }

  LabPlatform lab;

 private:
  std::unique_ptr<Kubernetes> kubernetes_ = lab.kubernetes();
  std::string name_space_ = "contract";
};

class RealCluster {
 public:
  RealCluster() {
    auto made = make_kubernetes({stack_variable("KUBECONFIG_ADMIN"), ""}, *http_, *processes_);
    REQUIRE(made.ok());
    kubernetes_ = std::move(*made);
    name_space_ = "ostler-contract-" + random_hex(6);
    make_namespace(*kubernetes_, name_space_);
  }
  ~RealCluster() { (void)kubernetes_->remove({"v1", "Namespace", "", name_space_}).ok(); }
  RealCluster(const RealCluster&) = delete;
  RealCluster& operator=(const RealCluster&) = delete;

  ClusterWorld world() { return {*kubernetes_, *clock_, name_space_, "https://10.99.0.1:6443"}; }

 private:
  Cancellation cancellation_;
  std::unique_ptr<Clock> clock_ = make_system_clock();
  std::unique_ptr<HttpClient> http_ = make_http_client(cancellation_);
  std::unique_ptr<ProcessRunner> processes_ = make_process_runner();
  std::unique_ptr<Kubernetes> kubernetes_;
  std::string name_space_;
};

/// Runs `suite(ClusterWorld)` over API servers alone: the lab's, and the real one where there is
/// one.
template <typename Suite>
void over_servers(Suite suite) {
  SECTION("lab") {
    LabCluster cluster;
    suite(cluster.world());
  }
  SECTION("real") {
    if (!on_stack()) return;
    RealCluster cluster;
    suite(cluster.world());
  }
}

/// The same over the fake too.
template <typename Suite>
void over_every_cluster(Suite suite) {
  SECTION("fake") {
    FakeKubernetes fake;
    FakeControllers controllers{fake};
    controllers.deployment_looks = 2;
    controllers.job_looks = 2;
    VirtualClock clock;
    suite(ClusterWorld{fake, clock, "contract", "https://10.99.0.1:6443"});
  }
  over_servers(suite);
}

}  // namespace ostler
