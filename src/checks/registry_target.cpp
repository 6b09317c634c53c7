// registry.target: the registry to promote to answers, the release's tag is free, and the images
// that run now are still there for the way back.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/workload.hpp"

#include <set>

namespace ostler {

namespace {

/// The images that the workloads of all cells run now.
Result<std::set<std::string>> running_images(const Environment& environment, const Looks& looks) {
  std::set<std::string> images;
  for (const CellConfig& cell : environment.cells)
    for (const std::string& name :
         {cell.workloads.web, cell.workloads.cron, cell.workloads.queue}) {
      if (name.empty()) continue;
      OSTLER_TRY(const Json workload,
                 get_present(looks.kubernetes(), deployment_ref(cell.name_space, name)));
      OSTLER_TRY(const std::string container, main_container(workload));
      images.insert(container_image(workload, container));
    }
  return images;
}

Finding look_at_running(const std::string& image, const Environment& environment,
                        const Looks& looks) {
  const std::string subject = "running image " + sanitize(image);
  for (const RegistryConfig& config : environment.registries) {
    const RegistryLook& registry = looks.registry(config.name);
    const std::string prefix = registry.host() + "/";
    if (!starts_with(image, prefix)) continue;
    const auto name = parse_image_name(config.name + "/" + image.substr(prefix.size()));
    if (!name) return not_seen(subject, name.failure());
    const auto found =
        registry.head(name->repository, name->digest.empty() ? name->tag : name->digest);
    if (!found) return not_seen(subject, found.failure());
    if (found->has_value()) return passed(subject, "still there for the way back");
    return failed(subject, "no longer in the registry", "kept until the release is done",
                  "Push the running image again; without it no Pod of the old version can start.");
  }
  return failed(subject, "in no registry of the environment", "a registry that ostler can ask",
                "Add its registry to environment.yaml.");
}

/// The digest of the image to release, or an empty text when that cannot be told here
/// (registry.source says why).
std::string wanted_digest(const Release& release, const Looks& looks) {
  const auto name = parse_image_name(release.image_from);
  if (!name) return "";
  if (!name->digest.empty()) return name->digest;
  const auto found = looks.registry(name->registry).head(name->repository, name->tag);
  return found && found->has_value() ? (*found)->digest : "";
}

Finding look_at_tag(const Release& release, const Looks& looks) {
  const std::string subject = fmt::format("tag {}:{}", release.image_to, release.name);
  const auto name = parse_image_name(release.image_to);
  if (!name) return not_seen(subject, name.failure());
  const auto found = looks.registry(name->registry).head(name->repository, release.name);
  if (!found) return not_seen(subject, found.failure());
  if (!found->has_value()) return passed(subject, "free");
  const std::string digest = (*found)->digest;
  const std::string wanted = wanted_digest(release, looks);
  if (digest == wanted) return passed(subject, "already on the image to release");
  if (wanted.empty())
    return not_seen(subject, Failure{FailureKind::unknown,
                                     "the tag is taken, and the image to compare it with is not "
                                     "known",
                                     "Repair what registry.source reports.", ""});
  return failed(subject, "taken by " + digest, "free, or on " + wanted,
                "Give the release a new name; a release's tag never moves.");
}

std::vector<Finding> measure(const CheckSubject& subject, const Looks& looks) {
  std::vector<Finding> findings;
  if (subject.release) {
    findings.push_back(look_at_tag(*subject.release, looks));
    findings.back().place = subject.release->image_to_place;
  }
  const auto images = running_images(*subject.environment, looks);
  if (!images) {
    findings.push_back(not_seen("running images", images.failure()));
    return findings;
  }
  for (const std::string& image : *images)
    findings.push_back(look_at_running(image, *subject.environment, looks));
  return findings;
}

}  // namespace

extern const CheckKind registry_target_check{
    "registry.target",
    "OSTLER-R002",
    "registry",
    "the target registry answers, the release's tag is free, running images are kept",
    "Name the release anew when its tag is taken; push running images again that were cleaned up.",
    measure};

}  // namespace ostler
