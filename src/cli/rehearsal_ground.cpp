// The lab as a rehearsal needs it: an environment's own layout, in this process, with clients.
#include "rehearsal_ground.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/text.hpp"
#include "ostler/lab/platform.hpp"

namespace ostler {
namespace {

/// The clock of a stand-in: sleeping lets its time pass.
class StandInClock final : public Clock {
 public:
  explicit StandInClock(lab::StandIn& platform) : platform_(platform) {}
  BootTime boot() const override { return platform_.now(); }
  WallTime wall() const override { return platform_.wall(); }
  void sleep_until(BootTime until, const Cancellation& cancellation) override {
    // In pieces, so that an interrupt in real time ends a long sleep.
    constexpr BootTime piece = std::chrono::seconds{1};
    while (!cancellation.requested()) {
      const BootTime left = until - boot();
      if (left.count() <= 0) return;
      platform_.pass(std::chrono::ceil<lab::Instant>(std::min(left, piece)));
    }
  }

 private:
  lab::StandIn& platform_;
};

SecretRef in_file(const std::string& path) {
  SecretRef reference;
  reference.source = SecretRef::Source::file;
  reference.file = path;
  return reference;
}

/// The environment with the lab's own credentials in the place of the real ones, which are not
/// asked for.
Environment with_lab_secrets(Environment environment, const std::string& folder) {
  environment.kubernetes.kubeconfig = folder + "/kubeconfig";
  environment.kubernetes.context = "lab";
  for (RegistryConfig& registry : environment.registries) {
    registry.ca_file.clear();
    registry.user = registry.password = {};
    registry.docker_config = false;
  }
  for (PostgresConfig& server : environment.postgres) {
    server.dsn = in_file(folder + "/primary");
    for (SecretRef& replica : server.replicas) replica = in_file(folder + "/replica");
  }
  environment.redis.clear();
  for (BucketConfig& bucket : environment.buckets) {
    bucket.ca_file.clear();
    bucket.access_key = in_file(folder + "/s3-key");
    bucket.secret_key = in_file(folder + "/s3-secret");
  }
  environment.prometheus.reset();
  return environment;
}

Result<void> write_secrets(const RehearsalServer& server, const std::string& folder) {
  OSTLER_CHECK(write_file_atomically(folder + "/kubeconfig",
                                     lab::lab_kubeconfig(lab::StandIn::kubernetes_address(), "")));
  OSTLER_CHECK(write_file_atomically(folder + "/primary", server.primary().reveal()));
  OSTLER_CHECK(write_file_atomically(folder + "/replica", server.replica().reveal()));
  OSTLER_CHECK(write_file_atomically(folder + "/s3-key", lab::StandIn::s3_key()));
  return write_file_atomically(folder + "/s3-secret", lab::StandIn::s3_secret());
}

}  // namespace

Result<std::unique_ptr<RehearsalWorld>> RehearsalWorld::begin(const RehearsalSetting& setting,
                                                              RehearsalServer& server,
                                                              const std::string& folder,
                                                              WallTime now) {
  std::unique_ptr<RehearsalWorld> made(new RehearsalWorld(now));
  OSTLER_TRY(made->tenants_, server.begin(made->world_));
  made->platform_ =
      std::make_unique<lab::StandIn>(made->world_, made->tenants_->databases(), setting.platform);
  OSTLER_CHECK(made->platform_->come_up());
  made->clock_ = std::make_unique<StandInClock>(*made->platform_);
  OSTLER_CHECK(write_secrets(server, folder));
  OSTLER_TRY(made->connection_,
             connect_over(with_lab_secrets(setting.environment, folder), *made->clock_,
                          made->platform_->http(), made->tenants_->connector()));
  return made;
}

void RehearsalWorld::settle() {
  // Longer than the grace period of the lab's Pods and a proxy's throttle.
  platform_->rest(std::chrono::seconds{45});
}

Result<lab::Picture> RehearsalWorld::picture() {
  lab::Picture picture = platform_->picture();
  OSTLER_TRY(const lab::Picture tenants, tenants_->picture());
  picture.insert(tenants.begin(), tenants.end());
  return picture;
}

}  // namespace ostler
