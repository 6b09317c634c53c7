// The parts of the simulated platform, put together.
#include "ostler/lab/platform.hpp"

#include "lab/manifests.hpp"
#include "lab/objects/api_kinds.hpp"
#include "lab/prometheus/scrapes.hpp"
#include "lab/registry/altered_images.hpp"

#include "ostler/lab/images.hpp"

#include <fmt/format.h>

namespace ostler::lab {

/// A proxy's entry point for shoppers.
class WebEntry final : public Door {
 public:
  WebEntry(Proxies& proxies, std::string proxy) : proxies_(proxies), proxy_(std::move(proxy)) {}
  Served answer(const HttpRequest& request) override { return proxies_.serve(proxy_, request); }

 private:
  Proxies& proxies_;
  std::string proxy_;
};

/// A door whose answers may be held up on their way.
class LateDoor final : public Door {
 public:
  LateDoor(Door& door, std::string system) : door_(door), system_(std::move(system)) {}
  Served answer(const HttpRequest& request) override {
    Served served = door_.answer(request);
    served.took += by;
    return served;
  }
  const std::string& system() const { return system_; }

  Instant by{0};

 private:
  Door& door_;
  std::string system_;
};

namespace {

constexpr const char* repository = "retail/odoo";
constexpr int web_port = 8000, api_port = 8080;
constexpr Instant longest_start{120'000'000};
constexpr Instant glance{100'000};

RegistryDoorSettings registry_settings(const PlatformSettings& settings, bool production) {
  RegistryDoorSettings result;
  result.authority = production ? settings.addresses.production : settings.addresses.staging;
  if (!production) return result;
  result.login = RegistryDoorSettings::Login::token;
  result.user = settings.registry_user;
  result.password = settings.registry_password;
  return result;
}

ProxySettings proxy_settings(const PlatformSettings& settings) {
  ProxySettings result;
  result.fleet.clear();
  for (std::size_t at = 0; at < settings.addresses.proxies.size(); ++at)
    result.fleet.emplace_back(fmt::format("traefik-{}", at + 1), settings.addresses.proxies[at]);
  return result;
}

}  // namespace

Addresses Addresses::in(const std::string& network) {
  Addresses addresses;
  const auto moved = [&network](std::string& address) {
    address = network + address.substr(address.find('.', address.find('.', 4) + 1));
  };
  for (std::string* address : {&addresses.kubernetes, &addresses.reader, &addresses.staging,
                               &addresses.production, &addresses.s3, &addresses.prometheus})
    moved(*address);
  for (std::string& address : addresses.proxies) moved(address);
  return addresses;
}

struct Platform::Impl {
  Impl(World& the_world, PlatformSettings the_settings, TenantDatabases& databases)
      : settings(std::move(the_settings)),
        world(the_world),
        objects(world),
        staging(world, registry_settings(settings, false)),
        production(world, registry_settings(settings, true)),
        altered(images),
        shop(world, altered, databases),
        cluster(world, objects, shop, {}),
        proxies(world, objects, cluster, shop, proxy_settings(settings)),
        kubernetes(world, objects, cluster, shop, settings.token),
        reader(world, objects, cluster, shop, settings.token),
        s3(world, s3_settings()),
        prometheus(world, {}),
        shoppers(world, proxies, databases, settings.shoppers) {
    images.add(staging);
    images.add(production);
    fill_registries();
    add_buckets();
    add_proxies();
    if (settings.scrapes) {
      scrapes.add_proxies(proxies);
      objects.on_change([this](const Change& change) { scrapes.object_changed(change); });
    }
    add_doors();
    add_shop();
  }

  PlatformSettings settings;
  World& world;
  Objects objects;
  RegistryDoor staging, production;
  RegistryImages images;
  AlteredImages altered;
  Shop shop;
  Cluster cluster;
  Proxies proxies;
  KubernetesDoor kubernetes, reader;
  S3Door s3;
  PrometheusDoor prometheus;
  Scrapes scrapes{prometheus, shop};
  Shoppers shoppers;
  std::vector<std::unique_ptr<WebEntry>> entries;
  std::vector<std::unique_ptr<LateDoor>> late;
  std::vector<std::pair<std::string, Door*>> doors;
  std::string first_digest;

  S3DoorSettings s3_settings() const {
    S3DoorSettings result;
    result.access_key = settings.s3_key;
    result.secret_key = settings.s3_secret;
    return result;
  }

  void add_buckets() {
    s3.add_bucket("backups", {true, false, std::chrono::hours{0}});
    s3.add_bucket("release-records", {true, true, std::chrono::hours{0}});
  }

  void fill_registries() {
    for (const ShopImage& image : shop_images()) {
      staging.hold(repository, image);
      if (image.tag != "1") continue;
      production.hold(repository, image);
      first_digest = image.digest;
    }
  }

  void add_proxies() {
    for (const auto& [name, address] : proxies.fleet()) {
      cluster.add_static_pod("traefik", name, address, {{"app", "traefik"}});
      entries.push_back(std::make_unique<WebEntry>(proxies, name));
    }
    const auto serve = [this](const std::string& name_space, const std::string& pod, int port,
                              const HttpRequest& request) -> std::optional<Served> {
      if (name_space != "traefik") return std::nullopt;
      for (const auto& [name, address] : proxies.fleet()) {
        if (name != pod) continue;
        if (port == api_port) return proxies.api(name).answer(request);
        if (port == web_port) return proxies.serve(name, request);
      }
      return std::nullopt;
    };
    kubernetes.set_pod_http(serve);
    reader.set_pod_http(serve);
    for (const ApiKind& kind : api_kinds())
      for (const char* verb : {"create", "update", "patch", "delete", "deletecollection"})
        reader.deny(verb, kind.plural);
  }

  void add_door(const std::string& address, const std::string& system, Door& door) {
    late.push_back(std::make_unique<LateDoor>(door, system));
    doors.emplace_back(address, late.back().get());
  }

  void add_doors() {
    const Addresses& at = settings.addresses;
    add_door(at.kubernetes, "kubernetes", kubernetes);
    add_door(at.reader, "kubernetes", reader);
    add_door(at.staging, "staging", staging);
    add_door(at.production, "production", production);
    add_door(at.s3, "s3", s3);
    add_door(at.prometheus, "prometheus", prometheus);
    for (std::size_t index = 0; index < proxies.fleet().size(); ++index) {
      const auto& [name, address] = proxies.fleet()[index];
      add_door(fmt::format("{}:{}", address, api_port), "traefik", proxies.api(name));
      // What shoppers meet is not held up: the scenario is about those who look after the platform.
      doors.emplace_back(fmt::format("{}:{}", address, web_port), entries[index].get());
    }
  }

  std::string image() const {
    return fmt::format("{}/{}@{}", settings.addresses.production, repository, first_digest);
  }

  void add_shop() {
    objects.put(
        {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", shop_space}}}});
    for (Json& object : shop_manifests(image())) {
      const ApiAnswer made = objects.create(std::move(object), "kubectl-create");
      if (made.status / 100 != 2)
        throw std::logic_error("the lab refuses its own manifests: " + to_bytes(made.body));
    }
  }

  void remove_shop() {
    for (const ObjectRef& kind :
         {traefik_service_ref(shop_space, ""),
          ObjectRef{"traefik.io/v1alpha1", "IngressRoute", shop_space, ""},
          autoscaler_ref(shop_space, ""), deployment_ref(shop_space, ""), job_ref(shop_space, ""),
          ObjectRef{"policy/v1", "PodDisruptionBudget", shop_space, ""},
          service_ref(shop_space, ""), config_map_ref(shop_space, ""),
          ObjectRef{"v1", "ResourceQuota", shop_space, ""},
          ObjectRef{"v1", "Secret", shop_space, ""}, ObjectRef{"v1", "Pod", shop_space, ""}})
      for (const auto& object : objects.all(kind)) {
        ObjectRef ref = kind;
        ref.name = text_at(*object, "/metadata/name");
        objects.erase(ref);
      }
  }

  bool is_up() {
    for (const char* name : {"odoo-web", "odoo-cron", "odoo-queue"}) {
      const auto object = objects.find(deployment_ref(shop_space, name));
      if (!object || !rollout_state(*object).converged) return false;
    }
    HttpRequest request;
    request.url = "/web/login";
    request.headers = {{"Host", "alma.shop.example"}};
    for (const auto& [name, address] : proxies.fleet())
      if (proxies.serve(name, request).response.status != 200) return false;
    return true;
  }
};

Platform::Platform(World& world, const PlatformSettings& settings, TenantDatabases& databases)
    : impl_(std::make_unique<Impl>(world, settings, databases)) {}
Platform::~Platform() = default;

Result<void> Platform::come_up() {
  const Instant end = world().now() + longest_start;
  while (!impl_->is_up()) {
    if (world().now() >= end)
      return Failure{FailureKind::permanent, "the simulated shop does not come up", "", ""};
    world().advance_to(world().now() + glance);
  }
  return {};
}

void Platform::reset() {
  impl_->remove_shop();
  impl_->add_shop();
}

World& Platform::world() {
  return impl_->world;
}
Objects& Platform::objects() {
  return impl_->objects;
}
Cluster& Platform::cluster() {
  return impl_->cluster;
}
Shop& Platform::shop() {
  return impl_->shop;
}
Proxies& Platform::proxies() {
  return impl_->proxies;
}
Shoppers& Platform::shoppers() {
  return impl_->shoppers;
}
RegistryDoor& Platform::staging() {
  return impl_->staging;
}
RegistryDoor& Platform::production() {
  return impl_->production;
}
KubernetesDoor& Platform::kubernetes() {
  return impl_->kubernetes;
}
S3Door& Platform::s3() {
  return impl_->s3;
}
PrometheusDoor& Platform::prometheus() {
  return impl_->prometheus;
}
const Addresses& Platform::addresses() const {
  return impl_->settings.addresses;
}

std::vector<std::pair<std::string, Door*>> Platform::doors() {
  return impl_->doors;
}

void Platform::alter_version(const std::string& version, const ShopCode& code) {
  impl_->altered.alter(version, code);
}

void Platform::restore_version(const std::string& version) {
  impl_->altered.restore(version);
}

void Platform::delay(const std::string& system, Milliseconds by) {
  for (const auto& door : impl_->late)
    if (door->system() == system) door->by = by;
}

std::string lab_kubeconfig(const std::string& address, const std::string& token) {
  return fmt::format(
      "apiVersion: v1\nkind: Config\ncurrent-context: lab\n"
      "clusters: [ {{ name: lab, cluster: {{ server: 'http://{}' }} }} ]\n"
      "users: [ {{ name: lab, user: {{ {} }} }} ]\n"
      "contexts: [ {{ name: lab, context: {{ cluster: lab, user: lab, namespace: {} }} }} ]\n",
      address, token.empty() ? "" : fmt::format("token: '{}'", token), shop_space);
}

}  // namespace ostler::lab
