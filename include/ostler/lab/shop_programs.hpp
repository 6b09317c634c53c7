#pragma once

#include "ostler/lab/metrics.hpp"
#include "ostler/lab/shop.hpp"

#include <memory>
#include <string>

namespace ostler::lab {

/// The shop's program: web server, cron, queue or update, as its command line says, of the version
/// that the image holds. It behaves as the stack's shop does (tests/stack/shop), which stands for
/// Odoo 18.0.
class Shop final : public Programs {
 public:
  Shop(World& world, ShopImages& images, TenantDatabases& databases);
  ~Shop() override;
  Shop(const Shop&) = delete;
  Shop& operator=(const Shop&) = delete;

  std::string pull_trouble(const std::string& image) override;
  /// Cron and queue never listen.
  Start start(const RunningPod& pod) override;
  void ended(const RunningPod& pod) override;
  Served serve(const RunningPod& pod, const HttpRequest& request) override;
  std::vector<JobPart> job(const RunningPod& pod) override;
  void job_killed(const RunningPod& pod) override;

  /// A scrape of the web server in the Pod of that uid; false when none listens there.
  bool visit(const std::string& uid, const SampleVisitor& visitor) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostler::lab
