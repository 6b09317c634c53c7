#pragma once

#include "ostler/lab/door.hpp"
#include "ostler/lab/world.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ostler::lab {

/// How the lab's object store is set up; times are virtual.
struct S3DoorSettings {
  std::string access_key = "lab", secret_key = "lab-secret";
  std::string region = "us-east-1";
  Instant latency{2'000};
  std::int64_t bytes_per_microsecond = 100;
};

struct S3BucketSettings {
  bool versioned = false;
  bool object_lock = false;         ///< brings versioning with it
  std::chrono::hours retention{0};  ///< of every new object, as with a default rule; 0: none
};

/// An S3 store addressed by path, as Versity's gateway 1.8 answers: buckets, objects and their
/// versions, conditional writes, object lock; what that one does not implement (encryption,
/// lifecycle) is not implemented here either, nor are uploads in several parts. ETags are made of
/// SHA-256, not of MD5.
///
/// The access key that a request names is compared, and so is the secret key of a request that
/// stays in this process. Of a request from the network it is only asked that it bears a
/// signature: the signature itself is not computed again.
class S3Door final : public Door {
 public:
  S3Door(World& world, S3DoorSettings settings);
  ~S3Door() override;
  S3Door(const S3Door&) = delete;
  S3Door& operator=(const S3Door&) = delete;

  Served answer(const HttpRequest& request) override;

  void add_bucket(const std::string& name, const S3BucketSettings& settings);
  /// Puts an object there as a client would; nothing happens without the bucket.
  void put(const std::string& bucket, const std::string& key, std::string bytes,
           const std::string& content_type = "application/octet-stream");
  /// The newest version's bytes; nothing when there is none or it is deleted.
  std::optional<std::string> object(const std::string& bucket, const std::string& key) const;

  /// The keys of a bucket's objects that are not deleted, in their order.
  std::vector<std::string> keys(const std::string& bucket) const;

  // Scenarios.

  /// It answers 503 SlowDown to everything.
  void slow_down(bool slow);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostler::lab
