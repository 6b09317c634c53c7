// What stands in a stand-in at one moment, as far as it matters to whoever compares two moments.
#include "lab/stand_in_parts.hpp"

#include "ostler/base/text.hpp"

#include <set>

namespace ostler::lab {
namespace {

/// Kinds that somebody other than the cluster's controllers writes.
const std::vector<std::pair<const char*, const char*>> written_kinds{
    {"apps/v1", "Deployment"},
    {"v1", "Service"},
    {"v1", "ConfigMap"},
    {"v1", "Secret"},
    {"batch/v1", "Job"},
    {"autoscaling/v2", "HorizontalPodAutoscaler"},
    {"policy/v1", "PodDisruptionBudget"},
    {"traefik.io/v1alpha1", "TraefikService"},
    {"traefik.io/v1alpha1", "IngressRoute"}};

/// Annotations that tell who wrote last and how often, not what stands there.
bool tells_of_writing(const std::string& name) {
  return starts_with(name, "ostler.dev/") || name == "deployment.kubernetes.io/revision";
}

Json annotations_of(const Json& object) {
  Json kept = Json::object();
  if (const Json& all = value_at(object, "/metadata/annotations"); all.is_object())
    for (const auto& [name, value] : all.items())
      if (!tells_of_writing(name)) kept[name] = value;
  return kept;
}

/// The object without status, versions, times and field owners.
Json essence(const Json& object) {
  Json kept = object;
  kept.erase("status");
  kept["metadata"] = {{"labels", value_at(object, "/metadata/labels")},
                      {"annotations", annotations_of(object)}};
  return kept;
}

void add_objects(const StandIn::Impl& platform, const std::string& name_space, Picture& picture) {
  for (const auto& [api, kind] : written_kinds)
    for (const auto& object : platform.objects.all({api, kind, name_space, ""})) {
      const ObjectRef ref{api, kind, name_space, text_at(*object, "/metadata/name")};
      picture[ref.text()] = essence(*object);
    }
}

/// How many Pods run, by workload and image.
void add_pods(const StandIn::Impl& platform, const std::string& name_space, Picture& picture) {
  Json counted = Json::object();
  for (const auto& pod : platform.objects.all({"v1", "Pod", name_space, ""})) {
    const std::string phase = text_at(*pod, "/status/phase");
    if (phase == "Succeeded" || phase == "Failed") continue;
    Json& count =
        counted[fmt::format("{} {}", text_at(value_at(*pod, "/metadata/labels"), "/app", "?"),
                            text_at(*pod, "/spec/containers/0/image"))];
    count = count.is_null() ? 1 : count.get<int>() + 1;
  }
  picture["Pods " + name_space] = counted;
}

/// Weights and addresses, as each proxy has them.
void add_loaded(StandIn::Impl& platform, Picture& picture) {
  for (const auto& [name, address] : platform.proxies.fleet()) {
    HttpRequest request;
    request.url = fmt::format("http://{}/api/http/services", address);
    const Served served = platform.proxies.api(name).answer(request);
    const Result<Json> all = parse_json(served.response.body, name);
    Json loaded = Json::object();
    if (all.ok() && all->is_array())
      for (const Json& service : *all)
        if (service.contains("weighted"))
          loaded[text_at(service, "/name")] = value_at(service, "/weighted/services");
    picture["proxy " + name] = loaded;
  }
}

void add_registries(const StandIn::Impl& platform, Picture& picture) {
  for (const auto& [name, door] : platform.registries) {
    // Kept, since the loops below hold on to what is in it.
    const Json contents = door->contents();
    for (const auto& [repository, held] : contents.items()) {
      for (const Json& digest : held["manifests"])
        picture[fmt::format("image {}/{}@{}", name, repository, digest.get<std::string>())] = true;
      for (const auto& [tag, digest] : held["tags"].items())
        picture[fmt::format("tag {}/{}:{}", name, repository, tag)] = digest;
    }
  }
}

void add_buckets(const StandIn::Impl& platform, Picture& picture) {
  for (const BucketConfig& config : platform.settings.environment.buckets) {
    const S3Door& store = *platform.stores.at(authority_of(config.endpoint));
    for (const std::string& key : store.keys(config.bucket))
      picture[fmt::format("record {}/{}", config.name, key)] = true;
  }
}

}  // namespace

Picture picture_of(StandIn::Impl& platform) {
  Picture picture;
  std::set<std::string> name_spaces;
  for (const CellConfig& cell : platform.settings.environment.cells)
    name_spaces.insert(cell.name_space);
  for (const std::string& name_space : name_spaces) {
    add_objects(platform, name_space, picture);
    add_pods(platform, name_space, picture);
  }
  add_loaded(platform, picture);
  add_registries(platform, picture);
  add_buckets(platform, picture);
  return picture;
}

}  // namespace ostler::lab
