// registry.source: the image to bring is there as a whole, down to the last layer.
#include "ostler/base/side_by_side.hpp"
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"

namespace ostler {

namespace {

constexpr std::size_t blobs_at_once = 8;
constexpr int deepest_index = 4;

/// Every blob below a manifest, through indexes.
Result<void> collect(const RegistryLook& registry, const std::string& repository,
                     const std::string& reference, int depth, std::vector<Descriptor>& blobs) {
  OSTLER_TRY(const Manifest manifest, registry.manifest(repository, reference));
  if (depth > deepest_index)
    return Failure{FailureKind::permanent,
                   fmt::format("index {} is nested deeper than {}", reference, deepest_index), "",
                   ""};
  for (const Descriptor& child : manifest.manifests)
    OSTLER_CHECK(collect(registry, repository, child.digest, depth + 1, blobs));
  if (manifest.config) blobs.push_back(*manifest.config);
  blobs.insert(blobs.end(), manifest.layers.begin(), manifest.layers.end());
  return {};
}

Finding count_blobs(const std::string& image, const RegistryLook& registry, const ImageName& name,
                    const std::string& digest) {
  std::vector<Descriptor> blobs;
  if (const auto read = collect(registry, name.repository, digest, 0, blobs); !read) {
    const bool absent = read.failure().code == "404";
    return absent ? failed(image, read.failure().message, "every manifest of the image",
                           "Push the image again.")
                  : not_seen(image, read.failure());
  }
  std::vector<Result<bool>> there(blobs.size(), false);
  side_by_side(blobs.size(), blobs_at_once, [&](std::size_t index) {
    there[index] = registry.has_blob(name.repository, blobs[index].digest);
  });
  std::uint64_t bytes = 0;
  std::size_t missing = 0;
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    if (!there[i]) return not_seen(image, there[i].failure());
    missing += *there[i] ? 0 : 1;
    bytes += blobs[i].size;
  }
  if (missing > 0)
    return failed(image, fmt::format("{} of {} blobs are missing", missing, blobs.size()),
                  "every blob", "Push the image again.");
  return passed(image, fmt::format("{} ({} blobs, {})", digest, blobs.size(), format_bytes(bytes)));
}

std::vector<Finding> measure(const CheckSubject& subject, const Looks& looks) {
  if (!subject.release) return {};
  const std::string image = "image " + subject.release->image_from;
  const auto placed = [&](Finding finding) {
    finding.place = subject.release->image_from_place;
    return std::vector<Finding>{std::move(finding)};
  };
  const auto name = parse_image_name(subject.release->image_from);
  if (!name) return placed(not_seen(image, name.failure()));
  const RegistryLook& registry = looks.registry(name->registry);
  const auto found =
      registry.head(name->repository, name->digest.empty() ? name->tag : name->digest);
  if (!found) return placed(not_seen(image, found.failure()));
  if (!found->has_value())
    return placed(failed(image, "not in the registry", "the image to release",
                         "Push the image, or correct image.from."));
  return placed(count_blobs(image, registry, *name, (*found)->digest));
}

}  // namespace

extern const CheckKind registry_source_check{
    "registry.source",
    "OSTLER-R001",
    "registry",
    "the image to release is in its registry with every blob",
    "Push the image again, or correct image.from.",
    measure};

}  // namespace ostler
