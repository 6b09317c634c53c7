// The lab as a user starts it: the simulated platform behind HTTP, real databases, and its folder.
#include "ostler/lab/lab.hpp"

#include "lab/host/control_door.hpp"
#include "lab/host/lab_folder.hpp"
#include "lab/host/listen_addresses.hpp"
#include "lab/mishaps.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"
#include "ostler/lab/http_server.hpp"
#include "ostler/lab/local_servers.hpp"
#include "ostler/lab/platform.hpp"
#include "ostler/lab/sql_tenant_databases.hpp"

#include <cstdlib>

namespace ostler::lab {
namespace {

constexpr int postgres_port = 5432, replica_port = 5433, redis_port = 6379, control_port = 8400;
constexpr int proxy_web_port = 8000, proxy_api_port = 8080;

WallTime now() {
  return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
}

ListenAt listen_at(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  return {address.substr(0, colon), std::atoi(address.substr(colon + 1).c_str())};
}

PlatformSettings platform_settings(const LabOptions& options) {
  PlatformSettings settings;
  settings.addresses = Addresses::in(options.network);
  settings.registry_password = random_hex(16);
  settings.s3_key = random_hex(20);
  settings.s3_secret = random_hex(40);
  settings.shoppers.rate = options.shoppers_per_second;
  if (options.scenario && options.scenario->shoppers)
    settings.shoppers.rate = *options.scenario->shoppers;
  return settings;
}

LocalServersSettings server_settings(const LabOptions& options, const std::string& folder) {
  LocalServersSettings settings;
  settings.folder = folder + "/servers";
  const std::string host = options.network + ".1";
  settings.postgres = {host, postgres_port};
  settings.replica = {host, replica_port};
  settings.redis = {host, redis_port};
  settings.stop = options.stop;
  return settings;
}

/// Looked at before anything is started; who comes later says the same in fewer words.
Result<void> require_free_addresses(const Addresses& at, const LocalServersSettings& servers) {
  const std::string host = listen_at(at.kubernetes).host;
  std::vector<std::pair<ListenAt, const char*>> all{{listen_at(at.kubernetes), "Kubernetes"},
                                                    {listen_at(at.reader), "Kubernetes"},
                                                    {listen_at(at.staging), "a registry"},
                                                    {listen_at(at.production), "a registry"},
                                                    {listen_at(at.s3), "S3"},
                                                    {listen_at(at.prometheus), "Prometheus"},
                                                    {servers.postgres, "PostgreSQL"},
                                                    {servers.replica, "PostgreSQL's replica"},
                                                    {servers.redis, "Redis"},
                                                    {{host, control_port}, "the lab itself"}};
  for (const std::string& proxy : at.proxies)
    for (const int port : {proxy_web_port, proxy_api_port})
      all.push_back({{proxy, port}, "a Traefik"});
  for (const auto& [address, who] : all) OSTLER_CHECK(require_free(address, who));
  return {};
}

}  // namespace

struct Lab::Impl {
  std::unique_ptr<LabFolder> folder;
  PlatformSettings settings;
  std::unique_ptr<SqlConnector> connector = make_sql_connector();
  std::unique_ptr<RedisConnector> redis = make_redis_connector();
  std::unique_ptr<LocalServers> servers;
  std::unique_ptr<World> world;
  std::unique_ptr<SqlTenantDatabases> databases;
  std::unique_ptr<TroubledDatabases> troubled;
  std::unique_ptr<Platform> platform;
  std::unique_ptr<Pace> pace;
  std::unique_ptr<ControlDoor> control;
  std::vector<std::unique_ptr<HttpServer>> doors;

  ~Impl() {
    for (const auto& door : doors) door->stop();
    if (pace) pace->stop();
  }

  std::string control_address() const {
    return fmt::format("{}:{}", listen_at(settings.addresses.kubernetes).host, control_port);
  }

  Result<void> open_doors() {
    control = std::make_unique<ControlDoor>(*platform, *pace,
                                            [this] { return servers->reset_tenants(); });
    std::vector<std::pair<std::string, Door*>> all = platform->doors();
    all.emplace_back(control_address(), control.get());
    for (const auto& [address, door] : all) {
      KubernetesDoor* watches =
          address == settings.addresses.kubernetes ? &platform->kubernetes() : nullptr;
      auto server = std::make_unique<HttpServer>(*pace, *door, watches);
      const ListenAt at = listen_at(address);
      OSTLER_CHECK(server->start(at.host, at.port));
      doors.push_back(std::move(server));
    }
    return {};
  }

  std::vector<std::pair<std::string, std::string>> variables() const {
    const auto text = [](const Secret& secret) { return std::string(secret.reveal()); };
    return {{"KUBECONFIG", folder->path() + "/kubeconfig"},
            {"KUBECONFIG_ADMIN", folder->path() + "/kubeconfig"},
            {"KUBECONFIG_READER", folder->path() + "/kubeconfig-reader"},
            {"OSTLER_PG_MAIN", text(servers->primary("ostler"))},
            {"OSTLER_PG_REPLICA", text(servers->replica("ostler"))},
            {"OSTLER_PG_OWNER", text(servers->primary("odoo"))},
            {"OSTLER_PG_ADMIN", text(servers->primary("postgres", "postgres"))},
            {"OSTLER_REDIS", text(servers->redis())},
            {"OSTLER_S3_KEY", settings.s3_key},
            {"OSTLER_S3_SECRET", settings.s3_secret},
            {"OSTLER_REGISTRY_USER", settings.registry_user},
            {"OSTLER_REGISTRY_PASSWORD", settings.registry_password},
            {"OSTLER_LAB_DIR", folder->path()},
            {"OSTLER_LAB_URL", "http://" + control_address()}};
  }
};

Lab::Lab(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Lab::~Lab() = default;

Result<std::unique_ptr<Lab>> Lab::start(const LabOptions& options,
                                        const std::function<void(const std::string&)>& say) {
  OSTLER_CHECK(local_servers_installed());
  auto impl = std::make_unique<Impl>();
  impl->settings = platform_settings(options);
  OSTLER_CHECK(require_free_addresses(impl->settings.addresses, server_settings(options, "")));
  OSTLER_TRY(impl->folder, LabFolder::make(options.folder, options.network));
  say("starting PostgreSQL with a replica, and Redis");
  OSTLER_TRY(impl->servers, LocalServers::start(server_settings(options, impl->folder->path())));
  say("starting the simulated platform");
  impl->world = std::make_unique<World>(options.seed, now());
  impl->databases = std::make_unique<SqlTenantDatabases>(*impl->world, *impl->connector,
                                                         impl->servers->primary("odoo"));
  impl->troubled = std::make_unique<TroubledDatabases>(*impl->databases);
  impl->platform = std::make_unique<Platform>(*impl->world, impl->settings, *impl->troubled);
  OSTLER_CHECK(impl->platform->come_up());
  if (options.scenario)
    plan_mishaps(*options.scenario,
                 {*impl->platform, *impl->troubled, *impl->connector, *impl->redis, *impl->servers},
                 say);
  impl->platform->shoppers().start();
  impl->pace = std::make_unique<Pace>(*impl->world, options.speed);
  OSTLER_CHECK(impl->open_doors());
  for (const auto& [name, address] : {std::pair{"kubeconfig", impl->settings.addresses.kubernetes},
                                      {"kubeconfig-reader", impl->settings.addresses.reader}})
    OSTLER_CHECK(
        impl->folder->write_kubeconfig(name, lab_kubeconfig(address, impl->settings.token)));
  OSTLER_CHECK(impl->folder->write_variables(impl->variables()));
  return std::unique_ptr<Lab>(new Lab(std::move(impl)));
}

const std::string& Lab::folder() const {
  return impl_->folder->path();
}

std::vector<std::pair<std::string, std::string>> Lab::variables() const {
  return impl_->variables();
}

std::vector<std::pair<std::string, std::string>> Lab::places() const {
  const Addresses& at = impl_->settings.addresses;
  std::vector<std::pair<std::string, std::string>> result{
      {"Kubernetes", "http://" + at.kubernetes}};
  for (std::size_t number = 0; number < at.proxies.size(); ++number)
    result.emplace_back(fmt::format("Traefik {}", number + 1),
                        fmt::format("http://{0}:{1} (shop), http://{0}:{2} (API)",
                                    at.proxies[number], proxy_web_port, proxy_api_port));
  result.emplace_back("staging", fmt::format("http://{} (registry)", at.staging));
  result.emplace_back("production", fmt::format("http://{} (registry)", at.production));
  result.emplace_back("S3", "http://" + at.s3);
  result.emplace_back("Prometheus", "http://" + at.prometheus);
  const std::string host = listen_at(at.kubernetes).host;
  result.emplace_back("PostgreSQL",
                      fmt::format("{0}:{1}, replica {0}:{2}", host, postgres_port, replica_port));
  result.emplace_back("Redis", fmt::format("{}:{}", host, redis_port));
  result.emplace_back("the lab itself", "http://" + impl_->control_address());
  result.emplace_back("files", folder());
  return result;
}

Json Lab::shopping() const {
  Json summary;
  impl_->pace->at_present([&] { summary = impl_->platform->shoppers().summary(); });
  return summary;
}

}  // namespace ostler::lab
