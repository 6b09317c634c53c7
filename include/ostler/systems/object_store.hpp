#pragma once

#include "ostler/base/result.hpp"
#include "ostler/transport/http.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ostler {

struct StoredObject {
  std::string key;
  std::uint64_t size = 0;
  std::string etag;
  std::string modified;
};

/// One bucket of an S3-compatible store.
class ObjectStoreLook {
 public:
  virtual ~ObjectStoreLook() = default;
  virtual Result<bool> exists() const = 0;
  /// "Enabled", "Suspended" or "" (never enabled).
  virtual Result<std::string> versioning() const = 0;
  virtual Result<bool> object_lock() const = 0;
  virtual Result<std::vector<StoredObject>> list(const std::string& prefix) const = 0;
  /// The object's bytes, or nothing when it is absent.
  virtual Result<std::optional<std::string>> get(const std::string& key) const = 0;
  virtual std::string text() const = 0;  ///< "s3://bucket at host", for messages
};

class ObjectStore : public ObjectStoreLook {
 public:
  /// Stores `bytes` unless the key exists (If-None-Match: *). An existing key fails as `refused`
  /// with code "PreconditionFailed"; the caller reads back and compares.
  virtual Result<void> put_if_absent(const std::string& key, const std::string& bytes,
                                     const std::string& content_type) = 0;
};

struct ObjectStoreSettings {
  std::string endpoint;
  std::string bucket;
  AwsCredentials credentials;
  std::string ca_pem;
};
std::unique_ptr<ObjectStore> make_object_store(const ObjectStoreSettings& settings,
                                               HttpClient& http);

}  // namespace ostler
