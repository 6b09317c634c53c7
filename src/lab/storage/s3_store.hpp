#pragma once

#include "ostler/lab/images.hpp"
#include "ostler/lab/s3_door.hpp"

#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ostler::lab {

struct S3Version {
  std::string id;  ///< "null" outside of versioning
  SharedBytes bytes;
  std::string etag, content_type;
  WallTime modified;
  bool delete_marker = false;
  bool governance = false;               ///< its retention may be bypassed
  std::optional<WallTime> retain_until;  ///< it cannot be deleted before
};

struct S3Bucket {
  std::string versioning;  ///< "Enabled", "Suspended" or ""
  bool object_lock = false;
  std::chrono::hours retention{0};
  WallTime created;
  std::map<std::string, std::list<S3Version>> objects;  ///< newest version first

  /// The newest version, or null when there is none or it is a delete marker.
  const S3Version* newest(const std::string& key) const;
  /// That version, delete markers included; an empty id: the newest.
  const S3Version* version(const std::string& key, const std::string& id) const;
};

/// Buckets and what is in them.
class S3Store {
 public:
  explicit S3Store(World& world) : world_(world) {}

  S3Bucket& create(const std::string& name, const S3BucketSettings& settings);
  S3Bucket* find(const std::string& name);
  const std::map<std::string, S3Bucket>& all() const { return buckets_; }
  void remove(const std::string& name) { buckets_.erase(name); }

  /// Stores a new version; id, time, ETag and the bucket's retention are filled in.
  const S3Version& put(S3Bucket& bucket, const std::string& key, S3Version version);

  /// What a deletion without a version does: a delete marker, or (without versioning) the end of
  /// the object. Gives the marker, or null.
  const S3Version* remove(S3Bucket& bucket, const std::string& key);
  /// Deletes one version for good.
  void remove(S3Bucket& bucket, const std::string& key, const std::string& id);
  bool locked(const S3Version& version, bool bypass_governance) const;

 private:
  std::string next_id();

  World& world_;
  std::map<std::string, S3Bucket> buckets_;
  std::uint64_t given_ = 0;
};

}  // namespace ostler::lab
