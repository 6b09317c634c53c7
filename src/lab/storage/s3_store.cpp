// Buckets, objects and versions of the lab's object store.
#include "lab/storage/s3_store.hpp"

#include "ostler/base/hash.hpp"

namespace ostler::lab {
const S3Version* S3Bucket::newest(const std::string& key) const {
  const S3Version* found = version(key, "");
  return found == nullptr || found->delete_marker ? nullptr : found;
}

const S3Version* S3Bucket::version(const std::string& key, const std::string& id) const {
  const auto found = objects.find(key);
  if (found == objects.end()) return nullptr;
  for (const S3Version& one : found->second)
    if (id.empty() || one.id == id) return &one;
  return nullptr;
}

S3Bucket& S3Store::create(const std::string& name, const S3BucketSettings& settings) {
  S3Bucket& bucket = buckets_[name];
  bucket.versioning = settings.versioned || settings.object_lock ? "Enabled" : "";
  bucket.object_lock = settings.object_lock;
  bucket.retention = settings.retention;
  bucket.created = world_.wall();
  return bucket;
}

S3Bucket* S3Store::find(const std::string& name) {
  const auto found = buckets_.find(name);
  return found == buckets_.end() ? nullptr : &found->second;
}

/// In the form of a ULID: the time in milliseconds, then what makes it unique, in Crockford's
/// base 32.
std::string S3Store::next_id() {
  static constexpr char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::string id(26, '0');
  auto time = static_cast<std::uint64_t>(world_.wall().time_since_epoch().count());
  for (std::size_t at = 10; at-- > 0; time /= 32) id[at] = digits[time % 32];
  std::uint64_t number = ++given_;
  for (std::size_t at = 26; at-- > 10; number /= 32) id[at] = digits[number % 32];
  return id;
}

const S3Version& S3Store::put(S3Bucket& bucket, const std::string& key, S3Version version) {
  std::list<S3Version>& versions = bucket.objects[key];
  version.modified = world_.wall();
  if (!version.delete_marker) version.etag = "\"" + sha256_hex(*version.bytes).substr(0, 32) + "\"";
  if (bucket.retention.count() > 0 && !version.retain_until && !version.delete_marker)
    version.retain_until = world_.wall() + bucket.retention;
  if (bucket.versioning == "Enabled") {
    version.id = next_id();
  } else {
    version.id = "null";
    versions.remove_if([](const S3Version& one) { return one.id == "null"; });
  }
  versions.push_front(std::move(version));
  return versions.front();
}

const S3Version* S3Store::remove(S3Bucket& bucket, const std::string& key) {
  const auto found = bucket.objects.find(key);
  if (found == bucket.objects.end()) return nullptr;
  if (bucket.versioning.empty()) {
    bucket.objects.erase(found);
    return nullptr;
  }
  S3Version marker;
  marker.delete_marker = true;
  return &put(bucket, key, std::move(marker));
}

void S3Store::remove(S3Bucket& bucket, const std::string& key, const std::string& id) {
  const auto found = bucket.objects.find(key);
  if (found == bucket.objects.end()) return;
  found->second.remove_if([&id](const S3Version& one) { return one.id == id; });
  if (found->second.empty()) bucket.objects.erase(found);
}

bool S3Store::locked(const S3Version& version, bool bypass_governance) const {
  if (!version.retain_until || *version.retain_until <= world_.wall()) return false;
  return !(version.governance && bypass_governance);
}

}  // namespace ostler::lab
