// The lab for contract tests: the simulated platform, our own clients at its doors, and its virtual
// time as their clock.
#pragma once

#include "ostler/lab/door_http.hpp"
#include "ostler/lab/modelled_postgres.hpp"
#include "ostler/lab/platform.hpp"
#include "ostler/transport/process.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ostler {

/// Whoever sleeps by it lets the lab go on for so long; nobody waits.
class LabClock final : public Clock {
 public:
  explicit LabClock(lab::World& world) : world_(world) {}
  BootTime boot() const override { return world_.now(); }
  WallTime wall() const override { return world_.wall(); }
  void sleep_until(BootTime until, const Cancellation& cancellation) override;

 private:
  lab::World& world_;
};

/// Requests to the lab's doors. An answer takes as long as the door says, in virtual time.
class LabHttp final : public lab::DoorHttp {
 public:
  explicit LabHttp(lab::World& world) : world_(world) {}

 protected:
  Result<HttpResponse> exchange(lab::Door& door, const HttpRequest& request) override;

 private:
  lab::World& world_;
};

/// One lab of a test's own, the same at every run: the shop's objects are there, its Pods not yet.
class LabPlatform {
 public:
  /// `tenants` are the databases of its modelled PostgreSQL.
  explicit LabPlatform(std::vector<std::string> tenants = {"alma", "brio", "cedro"});
  /// Its tenants are those that `make` gives.
  using MakeDatabases = std::function<std::unique_ptr<lab::TenantDatabases>(lab::World&)>;
  explicit LabPlatform(const MakeDatabases& make);

  /// Lets the shop come up behind both proxies.
  void come_up();
  /// Adds the stack's simulated nodes (tests/stack/manifests/fake-nodes.yaml), whose Pods run at
  /// once whatever their image is.
  void add_fake_nodes();

  std::unique_ptr<Kubernetes> kubernetes();
  /// "http://host:port" of the API server.
  std::string server() const { return "http://" + platform.addresses().kubernetes; }

  lab::World world{1};
  lab::ModelledPostgres postgres;
  const std::unique_ptr<lab::TenantDatabases> databases;  ///< instead of the model's
  lab::Platform platform;
  LabHttp http{world};
  LabClock clock{world};

 private:
  void open_doors();

  std::unique_ptr<ProcessRunner> processes_ = make_process_runner();
};

}  // namespace ostler
