#pragma once

#include "tests/fakes/faults.hpp"

#include "ostler/systems/object_store.hpp"

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace ostler {

/// A bucket in memory. Faults match "exists", "versioning", "object_lock", "list PREFIX", "get
/// KEY", "put KEY".
class FakeObjectStore final : public ObjectStore {
 public:
  Result<bool> exists() const override;
  Result<std::string> versioning() const override;
  Result<bool> object_lock() const override;
  Result<std::vector<StoredObject>> list(const std::string& prefix) const override;
  Result<std::optional<std::string>> get(const std::string& key) const override;
  Result<void> put_if_absent(const std::string& key, const std::string& bytes,
                             const std::string& content_type) override;
  std::string text() const override { return "s3://records at fake"; }

  mutable Faults faults;
  mutable std::vector<std::string> operations;  ///< everything asked, in order
  std::map<std::string, std::string> objects;
  std::map<std::string, std::string> content_types;
  bool present = true;
  std::string versioning_status = "Enabled";
  bool locked = true;

 private:
  std::optional<Failure> enter(const std::string& operation) const;
  mutable std::mutex mutex_;
};

}  // namespace ostler
