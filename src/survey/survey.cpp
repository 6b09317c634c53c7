// Looks at everything a plan rests on, as it stands at one moment.
#include "ostler/model/survey.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/side_by_side.hpp"
#include "ostler/base/text.hpp"
#include "ostler/survey/image_contents.hpp"
#include "ostler/survey/tenants.hpp"
#include "ostler/systems/workload.hpp"

namespace ostler {

namespace {

/// One cell with what it says about itself; cells are looked at side by side.
struct CellLook {
  CellState state;
  std::vector<Fact> facts;
};

/// What of a Deployment's template decides how its Pods run, whoever wrote it: an edit by hand
/// between plan and apply changes it, a restart or a scaling does not.
std::string template_digest(const Json& deployment) {
  Json pattern = value_at(deployment, "/spec/template");
  if (pattern.is_object() && pattern.contains("metadata")) pattern["metadata"].erase("annotations");
  if (pattern.is_object() && pattern.contains("spec"))
    for (Json& container : pattern["spec"]["containers"]) container.erase("image");
  return sha256_hex(to_bytes(pattern)).substr(0, 16);
}

void add_workload_facts(const ObjectRef& ref, const Json& deployment, const std::string& image,
                        std::vector<Fact>& facts) {
  facts.push_back({ref.text(), "image", image});
  facts.push_back({ref.text(), "template", template_digest(deployment)});
}

Result<void> look_at_web(const CellConfig& config, const Looks& looks, CellLook& cell) {
  const ObjectRef ref = deployment_ref(config.name_space, config.workloads.web);
  OSTLER_TRY(const Json web, get_present(looks.kubernetes(), ref));
  OSTLER_TRY(cell.state.web_container, main_container(web));
  cell.state.web_image = container_image(web, cell.state.web_container);
  cell.state.web_replicas = wanted_replicas(web);
  add_workload_facts(ref, web, cell.state.web_image, cell.facts);
  return {};
}

Result<void> look_at_workers_of(const CellConfig& config, const Looks& looks, CellLook& cell) {
  for (const std::string& name : {config.workloads.cron, config.workloads.queue}) {
    if (name.empty()) continue;
    const ObjectRef ref = deployment_ref(config.name_space, name);
    OSTLER_TRY(const Json worker, get_present(looks.kubernetes(), ref));
    OSTLER_TRY(const std::string container, main_container(worker));
    cell.state.workers.push_back(
        {name, container_image(worker, container), wanted_replicas(worker)});
    add_workload_facts(ref, worker, cell.state.workers.back().image, cell.facts);
    cell.facts.push_back(
        {ref.text(), "replicas", std::to_string(cell.state.workers.back().replicas)});
  }
  return {};
}

Result<void> look_at_autoscaler(const CellConfig& config, const Looks& looks, CellLook& cell) {
  if (config.autoscaler.empty()) return {};
  const ObjectRef ref = autoscaler_ref(config.name_space, config.autoscaler);
  OSTLER_TRY(const Json autoscaler, get_present(looks.kubernetes(), ref));
  cell.state.autoscaler_min = number_at(autoscaler, "/spec/minReplicas", 1);
  cell.facts.push_back({ref.text(), "minReplicas", std::to_string(*cell.state.autoscaler_min)});
  return {};
}

Result<void> look_at_route(const CellConfig& config, const Looks& looks, CellLook& cell) {
  OSTLER_TRY(const WeightedRoute route, looks.traefik().route(config.name_space, config.route));
  cell.state.children = route.children;
  std::vector<std::string> shown;
  for (const WeightedChild& child : route.children)
    shown.push_back(fmt::format("{}:{} {}", child.service, child.port, child.weight));
  cell.facts.push_back(
      {traefik_service_ref(config.name_space, config.route).text(), "children", join(shown, ", ")});
  // The child with the most weight is the stable one; a plan is made only where it is the only one.
  const WeightedChild* stable = nullptr;
  for (const WeightedChild& child : route.children)
    if (!stable || child.weight > stable->weight) stable = &child;
  if (!stable) return {};
  cell.state.stable_service = stable->service;
  cell.state.port = config.port ? config.port : stable->port;
  return {};
}

void add_tenant_facts(const std::string& server, const TenantState& tenant, const Release& release,
                      std::vector<Fact>& facts) {
  const std::string subject = fmt::format("tenant {}/{}", server, tenant.database);
  std::vector<std::string> others;
  for (const auto& [module, version] : tenant.modules) {
    const auto& listed = release.modules;
    if (std::find(listed.begin(), listed.end(), module) != listed.end())
      facts.push_back({subject, "module " + module, version});
    else
      others.push_back(module + " " + version);
  }
  facts.push_back(
      {subject, "other modules",
       fmt::format("{} ({})", others.size(), sha256_hex(join(others, "\n")).substr(0, 16))});
  facts.push_back({subject, "modules in transit", join(tenant.transitional, ", ")});
  std::vector<std::string> versions;
  constexpr std::size_t shown_of_checksum = 9;  // with the blank before it
  for (const std::string& applied : tenant.applied_migrations)
    versions.push_back(applied.substr(0, applied.find(' ') + shown_of_checksum));
  facts.push_back({subject, "migrations", join(versions, ", ")});
}

Result<void> look_at_cell_tenants(const CellConfig& config, const Release& release,
                                  const Looks& looks, CellLook& cell) {
  OSTLER_TRY(const std::vector<std::string> databases, list_tenants(config, looks));
  cell.facts.push_back({"cell " + config.name, "tenants", join(databases, ", ")});
  for (auto& tenant : look_at_tenants(looks.postgres(config.tenants.server), databases)) {
    if (!tenant) return tenant.failure();
    add_tenant_facts(config.tenants.server, *tenant, release, cell.facts);
    cell.state.tenants.push_back(std::move(*tenant));
  }
  return {};
}

Result<CellLook> look_at_cell(const CellConfig& config, const Release& release,
                              const Looks& looks) {
  CellLook cell;
  cell.state.name = config.name;
  OSTLER_CHECK(look_at_web(config, looks, cell));
  OSTLER_CHECK(look_at_workers_of(config, looks, cell));
  OSTLER_CHECK(look_at_autoscaler(config, looks, cell));
  OSTLER_CHECK(look_at_route(config, looks, cell));
  OSTLER_CHECK(look_at_cell_tenants(config, release, looks, cell));
  return cell;
}

/// Where an image lies: a repository of a registry of the environment.
struct ImagePlace {
  std::string registry, repository, digest;
};

/// The digest that a tag or digest means now.
Result<ImagePlace> resolve(const ImageName& name, const Looks& looks) {
  const std::string reference = name.digest.empty() ? name.tag : name.digest;
  OSTLER_TRY(const auto found, looks.registry(name.registry).head(name.repository, reference));
  if (found) return ImagePlace{name.registry, name.repository, found->digest};
  return Failure{FailureKind::refused, fmt::format("image {} is not in its registry", name.text()),
                 "Push the image, or correct its name.", "404"};
}

/// The place of an image as workloads name it ("HOST/REPOSITORY@DIGEST"), by the registry with that
/// host.
Result<ImagePlace> resolve_running(const std::string& image, const Environment& environment,
                                   const Looks& looks) {
  for (const RegistryConfig& registry : environment.registries) {
    const std::string prefix = looks.registry(registry.name).host() + "/";
    if (!starts_with(image, prefix)) continue;
    OSTLER_TRY(const ImageName name,
               parse_image_name(registry.name + "/" + image.substr(prefix.size())));
    return resolve(name, looks);
  }
  return Failure{
      FailureKind::refused,
      fmt::format("the running image {} lies in no registry of the environment", sanitize(image)),
      "Add its registry to environment.yaml, so that its contents can be compared.", ""};
}

Result<ImageSource> source_at(const ImagePlace& place, const Looks& looks) {
  const RegistryLook& registry = looks.registry(place.registry);
  OSTLER_TRY(Manifest manifest, registry.manifest(place.repository, place.digest));
  return ImageSource{&registry, place.repository, std::move(manifest)};
}

Result<void> look_at_target(const Release& release, const Looks& looks, Survey& found) {
  OSTLER_TRY(const ImageName to, parse_image_name(release.image_to));
  const RegistryLook& registry = looks.registry(to.registry);
  OSTLER_TRY(const auto copy, registry.head(to.repository, found.image_digest));
  found.image_in_target = copy.has_value();
  OSTLER_TRY(const auto tagged, registry.head(to.repository, release.name));
  found.facts.push_back({fmt::format("tag {}/{}:{}", to.registry, to.repository, release.name),
                         "digest", tagged ? tagged->digest : "absent"});
  return {};
}

Result<void> look_at_images(const Environment& environment, const Release& release,
                            const Looks& looks, Survey& found) {
  OSTLER_TRY(const ImageName from, parse_image_name(release.image_from));
  OSTLER_TRY(const ImagePlace after, resolve(from, looks));
  found.image_digest = after.digest;
  found.facts.push_back({"image " + release.image_from, "digest", after.digest});
  OSTLER_CHECK(look_at_target(release, looks, found));
  if (found.cells.empty()) return {};
  // Cells of one environment run one version; where one is ahead, the classes of all are computed
  // from the first.
  OSTLER_TRY(const ImagePlace before,
             resolve_running(found.cells.front().web_image, environment, looks));
  OSTLER_TRY(const ImageSource running, source_at(before, looks));
  OSTLER_TRY(const ImageSource wanted, source_at(after, looks));
  OSTLER_TRY(auto contents, read_images(running, wanted));
  found.before = std::move(contents.first);
  found.after = std::move(contents.second);
  found.before.digest = before.digest;
  found.after.digest = after.digest;
  return {};
}

}  // namespace

Result<Survey> survey(const Environment& environment, const Release& release, const Looks& looks) {
  Survey found;
  OSTLER_TRY(found.cluster_uid, looks.kubernetes().cluster_uid());
  found.facts.push_back({"cluster", "uid", found.cluster_uid});
  std::vector<Result<CellLook>> cells(environment.cells.size(),
                                      Failure{FailureKind::unknown, "not looked at", "", ""});
  side_by_side(cells.size(), databases_at_once, [&](std::size_t index) {
    cells[index] = look_at_cell(environment.cells[index], release, looks);
  });
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!cells[i]) return with_context(cells[i].failure(), "cell " + environment.cells[i].name);
    for (Fact& fact : cells[i]->facts) found.facts.push_back(std::move(fact));
    found.cells.push_back(std::move(cells[i]->state));
  }
  OSTLER_CHECK(look_at_images(environment, release, looks, found));
  return found;
}

}  // namespace ostler
