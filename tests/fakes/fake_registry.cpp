// A registry in memory.
#include "tests/fakes/fake_registry.hpp"

#include "ostler/base/hash.hpp"

namespace ostler {

namespace {

Json descriptor_json(const Descriptor& descriptor) {
  return {{"mediaType", descriptor.media_type},
          {"digest", descriptor.digest},
          {"size", descriptor.size}};
}

}  // namespace

Manifest FakeRegistry::add_image(const std::string& repository, const std::string& tag,
                                 const std::vector<std::string>& layers, const Json& config) {
  Manifest manifest;
  manifest.config =
      add_blob(repository, to_bytes(config), "application/vnd.oci.image.config.v1+json");
  Json body{{"schemaVersion", 2},
            {"mediaType", image_type},
            {"config", descriptor_json(*manifest.config)},
            {"layers", Json::array()}};
  for (const std::string& layer : layers) {
    manifest.layers.push_back(
        add_blob(repository, layer, "application/vnd.oci.image.layer.v1.tar"));
    body["layers"].push_back(descriptor_json(manifest.layers.back()));
  }
  return add_manifest(repository, tag, std::move(manifest), to_bytes(body), image_type);
}

Manifest FakeRegistry::add_index(const std::string& repository, const std::string& tag,
                                 const std::vector<std::pair<std::string, Manifest>>& by_platform) {
  Manifest manifest;
  Json body{{"schemaVersion", 2}, {"mediaType", index_type}, {"manifests", Json::array()}};
  for (const auto& [platform, image] : by_platform) {
    Descriptor descriptor = image.descriptor;
    descriptor.platform = platform;
    Json entry = descriptor_json(descriptor);
    const auto slash = platform.find('/');
    entry["platform"] = {{"os", platform.substr(0, slash)},
                         {"architecture", platform.substr(slash + 1)}};
    body["manifests"].push_back(std::move(entry));
    manifest.manifests.push_back(std::move(descriptor));
  }
  return add_manifest(repository, tag, std::move(manifest), to_bytes(body), index_type);
}

Result<std::optional<Descriptor>> FakeRegistry::head(const std::string& repository,
                                                     const std::string& reference) const {
  if (auto failure = enter("head " + repository + ":" + reference)) return *failure;
  const Manifest* found = find(repository, reference);
  if (found == nullptr) return std::optional<Descriptor>();
  return std::optional<Descriptor>(found->descriptor);
}

Result<Manifest> FakeRegistry::manifest(const std::string& repository,
                                        const std::string& reference) const {
  if (auto failure = enter("manifest " + repository + ":" + reference)) return *failure;
  const Manifest* found = find(repository, reference);
  if (found == nullptr) {
    return absent("manifest '" + reference + "'", repository);
  }
  return *found;
}

Result<bool> FakeRegistry::has_blob(const std::string& repository,
                                    const std::string& digest) const {
  if (auto failure = enter("has_blob " + repository + " " + digest)) return *failure;
  return find_blob(repository, digest) != nullptr;
}

Result<std::string> FakeRegistry::blob(const std::string& repository,
                                       const Descriptor& wanted) const {
  if (auto failure = enter("blob " + repository + " " + wanted.digest)) return *failure;
  const std::string* found = find_blob(repository, wanted.digest);
  if (found == nullptr) return absent("blob " + wanted.digest, repository);
  return *found;
}

Result<void> FakeRegistry::stream_blob(const std::string& repository, const Descriptor& wanted,
                                       const std::function<bool(std::string_view)>& sink) const {
  if (auto failure = enter("blob " + repository + " " + wanted.digest)) return *failure;
  const std::string* found = find_blob(repository, wanted.digest);
  if (found == nullptr) return absent("blob " + wanted.digest, repository);
  // Small pieces, so that readers meet every boundary.
  for (std::size_t at = 0; at < found->size(); at += piece) {
    if (!sink(std::string_view(*found).substr(at, piece))) {
      return Failure{FailureKind::cancelled, "reading blob " + wanted.digest + " was ended", "",
                     ""};
    }
  }
  return {};
}

Result<CopyProgress> FakeRegistry::copy_from(
    const RegistryLook& source, const std::string& source_repository, const std::string& digest,
    const std::string& repository, const std::function<void(const CopyProgress&)>& progress) {
  const std::string operation = "copy_from " + repository + " " + digest;
  if (auto failure = enter(operation)) return *failure;
  CopyProgress done;
  std::set<std::string> seen;
  if (auto copied = copy_manifest(source, source_repository, digest, repository, done, seen);
      !copied.ok()) {
    return copied.failure();
  }
  if (progress) progress(done);
  if (auto failure = faults.take(Faults::When::after, operation)) return *failure;
  return done;
}

Result<void> FakeRegistry::put_tag(const std::string& repository, const std::string& tag,
                                   const Manifest& wanted, const std::string& expected_digest) {
  const std::string operation = "put_tag " + repository + ":" + tag;
  if (auto failure = enter(operation)) return *failure;
  Repository& target = repositories[repository];
  if (!target.manifests.count(wanted.descriptor.digest)) {
    return absent("manifest '" + wanted.descriptor.digest + "'", repository);
  }
  const auto now = target.tags.find(tag);
  const std::string found = now == target.tags.end() ? "" : now->second;
  if (found != wanted.descriptor.digest && found != expected_digest) {
    return Failure{FailureKind::refused,
                   "tag '" + tag + "' of " + host_ + "/" + repository + " is " + found +
                       ", expected " + (expected_digest.empty() ? "none" : expected_digest),
                   "", "diverged"};
  }
  target.tags[tag] = wanted.descriptor.digest;
  if (auto failure = faults.take(Faults::When::after, operation)) return *failure;
  return {};
}

Descriptor FakeRegistry::add_blob(const std::string& repository, const std::string& bytes,
                                  std::string media_type) {
  Descriptor descriptor{std::move(media_type), "sha256:" + sha256_hex(bytes), bytes.size(), ""};
  repositories[repository].blobs[descriptor.digest] = bytes;
  return descriptor;
}

Manifest FakeRegistry::add_manifest(const std::string& repository, const std::string& tag,
                                    Manifest manifest, std::string bytes, const char* media_type) {
  manifest.descriptor = {media_type, "sha256:" + sha256_hex(bytes), bytes.size(), ""};
  manifest.bytes = std::move(bytes);
  Repository& target = repositories[repository];
  target.manifests[manifest.descriptor.digest] = manifest;
  if (!tag.empty()) target.tags[tag] = manifest.descriptor.digest;
  return manifest;
}

Result<void> FakeRegistry::copy_manifest(const RegistryLook& source,
                                         const std::string& source_repository,
                                         const std::string& digest, const std::string& repository,
                                         CopyProgress& done, std::set<std::string>& seen) {
  auto found = source.manifest(source_repository, digest);
  if (!found.ok()) return found.failure();
  for (const Descriptor& child : found->manifests) {
    if (auto copied =
            copy_manifest(source, source_repository, child.digest, repository, done, seen);
        !copied.ok()) {
      return copied;
    }
  }
  std::vector<Descriptor> blobs = found->layers;
  if (found->config) blobs.push_back(*found->config);
  for (const Descriptor& needed : blobs) {
    if (!seen.insert(needed.digest).second) continue;
    ++done.blobs_total;
    done.bytes_total += needed.size;
    if (find_blob(repository, needed.digest) != nullptr) {
      ++done.blobs_present;
      ++done.blobs_done;
      done.bytes_done += needed.size;
      continue;
    }
    std::string bytes;
    auto read = source.stream_blob(source_repository, needed, [&](std::string_view part) {
      bytes += part;
      return true;
    });
    if (!read.ok()) return read;
    repositories[repository].blobs[needed.digest] = std::move(bytes);
    ++done.blobs_done;
    done.bytes_done += needed.size;
  }
  repositories[repository].manifests[digest] = *found;
  return {};
}

Failure FakeRegistry::absent(const std::string& what, const std::string& repository) const {
  return {FailureKind::permanent, what + " is not in " + host_ + "/" + repository, "", "404"};
}

const Manifest* FakeRegistry::find(const std::string& repository, std::string reference) const {
  const auto target = repositories.find(repository);
  if (target == repositories.end()) return nullptr;
  if (const auto tag = target->second.tags.find(reference); tag != target->second.tags.end()) {
    reference = tag->second;
  }
  const auto found = target->second.manifests.find(reference);
  return found == target->second.manifests.end() ? nullptr : &found->second;
}

const std::string* FakeRegistry::find_blob(const std::string& repository,
                                           const std::string& digest) const {
  const auto target = repositories.find(repository);
  if (target == repositories.end()) return nullptr;
  const auto found = target->second.blobs.find(digest);
  return found == target->second.blobs.end() ? nullptr : &found->second;
}

std::optional<Failure> FakeRegistry::enter(const std::string& operation) const {
  {
    const std::lock_guard lock(mutex_);
    operations.push_back(operation);
  }
  return faults.take(Faults::When::before, operation);
}

}  // namespace ostler
