// Repositories, manifests, tags and blobs of one registry.
#include "lab/registry/registry_store.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/json.hpp"
#include "ostler/base/text.hpp"

namespace ostler::lab {
namespace {

const std::set<std::string> manifest_types{
    "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json"};

StoredManifest read_parts(const Json& body) {
  StoredManifest read;
  if (const std::string config = text_at(body, "/config/digest"); !config.empty())
    read.blobs.push_back(config);
  for (const Json& layer : value_at(body, "/layers"))
    read.blobs.push_back(text_at(layer, "/digest"));
  for (const Json& child : value_at(body, "/manifests")) {
    read.children.push_back(text_at(child, "/digest"));
    const bool main = text_at(child, "/platform/os") == "linux" &&
                      text_at(child, "/platform/architecture") == "amd64";
    if (read.main_child.empty() || main) read.main_child = read.children.back();
  }
  return read;
}

StoredManifest read_manifest(const ShopImage& image) {
  StoredManifest stored = read_parts(parse_json(*image.manifest, "manifest").value());
  stored.bytes = image.manifest;
  stored.type = "application/vnd.oci.image.manifest.v1+json";
  return stored;
}

/// What the manifests of the shop's images name, by their digests.
const std::map<std::string, StoredManifest>& shop_manifests() {
  static const auto once = [] {
    std::map<std::string, StoredManifest> all;
    for (const ShopImage& image : shop_images()) all[image.digest] = read_manifest(image);
    return all;
  }();
  return once;
}

}  // namespace

const RegistryStore::Repository* RegistryStore::find(const std::string& repository) const {
  const auto found = repositories_.find(repository);
  return found == repositories_.end() ? nullptr : &found->second;
}

std::string RegistryStore::resolve(const std::string& repository,
                                   const std::string& reference) const {
  const Repository* found = find(repository);
  if (found == nullptr) return "";
  if (starts_with(reference, "sha256:"))
    return found->manifests.contains(reference) ? reference : "";
  const auto tag = found->tags.find(reference);
  return tag == found->tags.end() ? "" : tag->second;
}

const StoredManifest* RegistryStore::manifest(const std::string& repository,
                                              const std::string& digest) const {
  const Repository* found = find(repository);
  if (found == nullptr) return nullptr;
  const auto manifest = found->manifests.find(digest);
  return manifest == found->manifests.end() ? nullptr : &manifest->second;
}

SharedBytes RegistryStore::blob(const std::string& repository, const std::string& digest) const {
  const Repository* found = find(repository);
  if (found == nullptr || !found->blobs.contains(digest) || lost_.contains(digest)) return nullptr;
  return bytes_.at(digest);
}

void RegistryStore::put_blob(const std::string& repository, const std::string& digest,
                             SharedBytes bytes) {
  lost_.erase(digest);
  bytes_.emplace(digest, std::move(bytes));
  repositories_[repository].blobs.insert(digest);
}

bool RegistryStore::mount(const std::string& repository, const std::string& source,
                          const std::string& digest) {
  if (blob(source, digest) == nullptr) return false;
  repositories_[repository].blobs.insert(digest);
  return true;
}

bool RegistryStore::remove_blob(const std::string& repository, const std::string& digest) {
  const auto found = repositories_.find(repository);
  return found != repositories_.end() && found->second.blobs.erase(digest) > 0;
}

std::optional<ManifestTrouble> RegistryStore::missing_parts(const Repository& repository,
                                                            const StoredManifest& manifest) const {
  ManifestTrouble trouble{"MANIFEST_BLOB_UNKNOWN", "blob unknown to registry", {}};
  for (const std::string& digest : manifest.blobs)
    if (!repository.blobs.contains(digest) || lost_.contains(digest))
      trouble.details.push_back(digest);
  for (const std::string& digest : manifest.children)
    if (!repository.manifests.contains(digest)) trouble.details.push_back(digest);
  if (trouble.details.empty()) return std::nullopt;
  return trouble;
}

std::variant<std::string, ManifestTrouble> RegistryStore::put_manifest(
    const std::string& repository, const std::string& reference, const std::string& type,
    SharedBytes bytes) {
  const auto invalid = [](std::string why) {
    return ManifestTrouble{"MANIFEST_INVALID", "manifest invalid", {std::move(why)}};
  };
  if (!manifest_types.contains(type))
    return invalid("unsupported manifest media type and no default available: " + type);
  const auto body = parse_json(*bytes, "manifest");
  if (!body.ok() || !body->is_object()) return invalid("the manifest is no JSON object");
  if (const std::string stated = text_at(*body, "/mediaType"); !stated.empty() && stated != type)
    return invalid(fmt::format("mediaType in manifest should be '{}' not '{}'", type, stated));
  const std::string digest = "sha256:" + sha256_hex(*bytes);
  const bool by_digest = starts_with(reference, "sha256:");
  if (by_digest && reference != digest)
    return ManifestTrouble{"DIGEST_INVALID", "provided digest did not match uploaded content", {}};
  StoredManifest manifest = read_parts(*body);
  manifest.bytes = std::move(bytes);
  manifest.type = type;
  static const Repository empty;
  const Repository* found = find(repository);
  if (auto trouble = missing_parts(found == nullptr ? empty : *found, manifest)) return *trouble;
  Repository& target = repositories_[repository];
  target.manifests.insert_or_assign(digest, std::move(manifest));
  if (!by_digest) target.tags[reference] = digest;
  return digest;
}

void RegistryStore::hold(const std::string& repository, const ShopImage& image) {
  Repository& target = repositories_[repository];
  for (const auto& [digest, bytes] : image.blobs) {
    bytes_.emplace(digest, bytes);
    target.blobs.insert(digest);
  }
  const auto shop = shop_manifests().find(image.digest);
  target.manifests.emplace(image.digest,
                           shop != shop_manifests().end() ? shop->second : read_manifest(image));
  target.tags[image.tag] = image.digest;
}

bool RegistryStore::remove_manifest(const std::string& repository, const std::string& reference) {
  const auto found = repositories_.find(repository);
  if (found == repositories_.end()) return false;
  Repository& target = found->second;
  if (!starts_with(reference, "sha256:")) return target.tags.erase(reference) > 0;
  std::erase_if(target.tags, [&](const auto& tag) { return tag.second == reference; });
  return target.manifests.erase(reference) > 0;
}

}  // namespace ostler::lab
