// A simulated platform laid out as an environment file says, reached by way of its own addresses.
#include "ostler/lab/stand_in.hpp"

#include "lab/manifests.hpp"
#include "lab/stand_in_parts.hpp"

#include "ostler/base/text.hpp"
#include "ostler/lab/shop_programs.hpp"

namespace ostler::lab {
namespace {

constexpr const char* kubernetes_at = "127.84.255.254:6443";
constexpr const char* s3_access_key = "1ab05713e500000000a1";
constexpr const char* s3_secret_key = "1ab05713e500000000a1ca57a0000000000000b2";
constexpr Instant longest_start{180'000'000}, glance{500'000};
constexpr int service_port = 8069;

std::string without_scheme(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::string rest = scheme == std::string::npos ? url : url.substr(scheme + 3);
  return rest.substr(0, rest.find('/'));
}

std::string host_of_tenant(const CellConfig& cell, const std::string& tenant) {
  return tenant + "." + cell.name + ".stand-in.invalid";
}

/// The shop takes the first label of a host for a database's name, so not every name can shop.
bool can_shop(const std::string& tenant) {
  return !tenant.empty() && tenant.front() >= 'a' && tenant.front() <= 'z' &&
         tenant.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos;
}

ShopperSettings shopper_settings(const StandInSettings& settings) {
  ShopperSettings result;
  result.rate = settings.shoppers_per_second;
  result.hosts.clear();
  for (const CellConfig& cell : settings.environment.cells)
    for (const std::string& tenant : cell.tenants.names)
      if (can_shop(tenant)) result.hosts.push_back(host_of_tenant(cell, tenant));
  return result;
}

ProxySettings proxy_settings(const TraefikConfig& traefik) {
  ProxySettings result;
  result.name_space = traefik.name_space;
  result.throttle = std::chrono::duration_cast<Instant>(traefik.throttle);
  return result;
}

ClusterSettings cluster_settings(const Environment& environment) {
  ClusterSettings result;
  result.cluster_uid = environment.kubernetes.cluster_uid;
  return result;
}

/// Labels that fit a selector of the form a=b,c=d.
Json labels_for(const std::string& selector) {
  Json labels = Json::object();
  for (const std::string& term : split(selector, ',')) {
    const std::size_t equals = term.find('=');
    if (equals == std::string::npos) continue;
    const std::size_t value = term.find_first_not_of('=', equals);
    labels[trim(term.substr(0, equals))] =
        value == std::string::npos ? "" : trim(term.substr(value));
  }
  return labels;
}

CellNames names_of(const CellConfig& cell) {
  CellNames names;
  names.name_space = cell.name_space;
  names.web = names.service = cell.workloads.web;
  names.cron = cell.workloads.cron;
  names.queue = cell.workloads.queue;
  names.port = cell.port > 0 ? cell.port : service_port;
  names.autoscaler = cell.autoscaler;
  names.route = cell.route;
  std::vector<std::string> hosts;
  for (const std::string& tenant : cell.tenants.names)
    hosts.push_back(fmt::format("Host(`{}`)", host_of_tenant(cell, tenant)));
  names.rule = join(hosts, " || ");
  return names;
}

}  // namespace

Result<HttpResponse> StandInHttp::exchange(Door& door, const HttpRequest& request) {
  const std::lock_guard guard(time_);
  Served served = door.answer(request);
  world_.advance_to(world_.now() + served.took);
  return std::move(served.response);
}

StandIn::Impl::Impl(World& the_world, TenantDatabases& databases, StandInSettings the_settings)
    : settings(std::move(the_settings)),
      world(the_world),
      objects(world),
      shop(world, images, databases),
      cluster(world, objects, shop, cluster_settings(settings.environment)),
      proxies(world, objects, cluster, shop, proxy_settings(settings.environment.traefik)),
      kubernetes(world, objects, cluster, shop, ""),
      shoppers(world, proxies, databases, shopper_settings(settings)),
      http(world, time) {
  http.serve(kubernetes_at, kubernetes);
  add_registries();
  add_buckets();
  add_proxies();
  for (const CellConfig& cell : settings.environment.cells) add_cell(cell);
}

void StandIn::Impl::add_registries() {
  for (const RegistryConfig& config : settings.environment.registries) {
    RegistryDoorSettings door;
    door.authority = without_scheme(config.url);
    door.scheme = config.url.substr(0, config.url.find("://"));
    door.login = RegistryDoorSettings::Login::open;
    std::shared_ptr<RegistryDoor>& made = registry_at[authority_of(config.url)];
    if (!made) {
      made = std::make_shared<RegistryDoor>(world, door);
      images.add(*made);
      http.serve(authority_of(config.url), *made);
    }
    registries[config.name] = made;
  }
  images.know(settings.images.before);
  images.know(settings.images.after);
  registries.at(settings.running.registry)
      ->hold(settings.running.repository, settings.images.before);
  registries.at(settings.wanted.registry)->hold(settings.wanted.repository, settings.images.after);
}

void StandIn::Impl::add_buckets() {
  for (const BucketConfig& config : settings.environment.buckets) {
    std::unique_ptr<S3Door>& store = stores[authority_of(config.endpoint)];
    if (!store) {
      store = std::make_unique<S3Door>(
          world, S3DoorSettings{s3_access_key, s3_secret_key, config.region, Instant{2'000}, 100});
      http.serve(authority_of(config.endpoint), *store);
    }
    store->add_bucket(config.bucket, {true, config.object_lock, std::chrono::hours{0}});
  }
}

void StandIn::Impl::add_proxies() {
  const TraefikConfig& traefik = settings.environment.traefik;
  for (const auto& [name, address] : proxies.fleet()) {
    cluster.add_static_pod(traefik.name_space, name, address, labels_for(traefik.selector));
    http.serve(fmt::format("{}:{}", address, traefik.api_port), proxies.api(name));
  }
  kubernetes.set_pod_http([this](const std::string& name_space, const std::string& pod, int port,
                                 const HttpRequest& request) -> std::optional<Served> {
    const TraefikConfig& config = settings.environment.traefik;
    if (name_space != config.name_space || port != config.api_port) return std::nullopt;
    for (const auto& [name, address] : proxies.fleet())
      if (name == pod) return proxies.api(name).answer(request);
    return std::nullopt;
  });
}

void StandIn::Impl::add_cell(const CellConfig& cell) {
  objects.put(
      {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", cell.name_space}}}});
  const std::string image =
      fmt::format("{}/{}@{}", registries.at(settings.running.registry)->authority(),
                  settings.running.repository, settings.images.before.digest);
  for (Json& object : cell_manifests(names_of(cell), image)) {
    const std::string what = text_at(object, "/kind") + " " + text_at(object, "/metadata/name");
    const ApiAnswer made = objects.create(std::move(object), "kubectl-create");
    // Cells of one namespace share its Secrets.
    if (made.status / 100 != 2 && made.status != 409 && trouble.empty())
      trouble = fmt::format("{}: {}", what, text_at(made.body, "/message"));
  }
}

bool StandIn::Impl::is_up() {
  for (const CellConfig& cell : settings.environment.cells) {
    for (const std::string& name :
         {cell.workloads.web, cell.workloads.cron, cell.workloads.queue}) {
      if (name.empty()) continue;
      const auto object = objects.find(deployment_ref(cell.name_space, name));
      if (!object || !rollout_state(*object).converged) return false;
    }
    for (const std::string& tenant : cell.tenants.names) {
      if (!can_shop(tenant)) continue;
      HttpRequest request;
      request.url = "/web/login";
      request.headers = {{"Host", host_of_tenant(cell, tenant)}};
      for (const auto& [proxy, address] : proxies.fleet())
        if (proxies.serve(proxy, request).response.status != 200) return false;
    }
  }
  return true;
}

StandIn::StandIn(World& world, TenantDatabases& databases, StandInSettings settings)
    : impl_(std::make_unique<Impl>(world, databases, std::move(settings))) {}
StandIn::~StandIn() = default;

Result<void> StandIn::come_up() {
  if (!impl_->trouble.empty())
    return Failure{FailureKind::refused,
                   "the environment cannot be set up in the lab: " + impl_->trouble,
                   "Correct the names in the environment file.", "lab"};
  const Instant end = now() + longest_start;
  while (!impl_->is_up()) {
    if (now() >= end)
      return Failure{FailureKind::permanent,
                     "the simulated platform does not come up from this environment file", "",
                     "lab"};
    pass(glance);
  }
  impl_->shoppers.start();
  return {};
}

HttpClient& StandIn::http() {
  return impl_->http;
}

const std::map<std::string, Door*, std::less<>>& StandIn::doors() const {
  return impl_->http.doors();
}

Objects& StandIn::objects() {
  return impl_->objects;
}

void StandIn::pass(Instant time) {
  const std::lock_guard guard(impl_->time);
  impl_->world.advance_to(impl_->world.now() + time);
}

void StandIn::rest(Instant time) {
  const std::lock_guard guard(impl_->time);
  impl_->shoppers.set_rate(0);
  impl_->world.advance_to(impl_->world.now() + time);
  impl_->shoppers.set_rate(impl_->settings.shoppers_per_second);
}

Instant StandIn::now() const {
  const std::lock_guard guard(impl_->time);
  return impl_->world.now();
}

WallTime StandIn::wall() const {
  const std::lock_guard guard(impl_->time);
  return impl_->world.wall();
}

std::string StandIn::kubernetes_address() {
  return kubernetes_at;
}
std::string StandIn::s3_key() {
  return s3_access_key;
}
std::string StandIn::s3_secret() {
  return s3_secret_key;
}

Picture StandIn::picture() const {
  const std::lock_guard guard(impl_->time);
  return picture_of(*impl_);
}

Shoppers::Span StandIn::shopping() const {
  const std::lock_guard guard(impl_->time);
  return impl_->shoppers.total();
}

std::vector<Shoppers::Failed> StandIn::failed_requests() const {
  const std::lock_guard guard(impl_->time);
  const auto& failures = impl_->shoppers.failures();
  return {failures.begin(), failures.end()};
}

}  // namespace ostler::lab
