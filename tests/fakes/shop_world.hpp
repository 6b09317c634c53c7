// A small shop as steps meet it: web, cron and queue Deployments, a route, an autoscaler, images,
// one tenant. Everything is rolled out and loaded.
#pragma once

#include "tests/fakes/fake_systems.hpp"
#include "tests/fakes/fake_tenant.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ostler {

class ShopWorld {
 public:
  static constexpr const char* name_space = "odoo-pool-a";
  static constexpr const char* old_image = "production.example/retail/odoo@sha256:1111";
  static constexpr const char* new_image = "production.example/retail/odoo@sha256:2222";

  ShopWorld();

  FakeSystems systems;
  FakeTenant tenant;
  Manifest image;
  std::string health = R"({"status": "pass"})";
  FakeControllers::JobEnd update_end{0, ""};  ///< replaces the log when it is not empty
  bool update_works = true;

  void add_deployment(const std::string& name, int replicas, const std::string& run = old_image);
  void add_service(const std::string& name);
  void set_route(const std::vector<std::pair<std::string, int>>& children);
  /// A canary as canary.start leaves it.
  void add_canary();
  /// Lets controllers and proxies come to rest.
  void settle();

  /// What ostler may touch, without what a server counts up by itself.
  Json view() const;

  FakeControllers::JobEnd run_update();

 private:
  void answer_health(FakeKubernetes& cluster);
};

Guard guard_of(const std::string& step, std::uint64_t opno = 1);

}  // namespace ostler
