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
  Result<bool> exists() const override {
    if (auto failure = enter("exists")) return *failure;
    return present;
  }
  Result<std::string> versioning() const override {
    if (auto failure = enter("versioning")) return *failure;
    return versioning_status;
  }
  Result<bool> object_lock() const override {
    if (auto failure = enter("object_lock")) return *failure;
    return locked;
  }
  Result<std::vector<StoredObject>> list(const std::string& prefix) const override {
    if (auto failure = enter("list " + prefix)) return *failure;
    const std::lock_guard lock(mutex_);
    std::vector<StoredObject> found;
    for (const auto& [key, bytes] : objects) {
      if (key.rfind(prefix, 0) == 0) found.push_back({key, bytes.size(), "", ""});
    }
    return found;
  }
  Result<std::optional<std::string>> get(const std::string& key) const override {
    if (auto failure = enter("get " + key)) return *failure;
    const std::lock_guard lock(mutex_);
    const auto found = objects.find(key);
    if (found == objects.end()) return std::optional<std::string>();
    return std::optional<std::string>(found->second);
  }
  Result<void> put_if_absent(const std::string& key, const std::string& bytes,
                             const std::string& content_type) override {
    if (auto failure = enter("put " + key)) return *failure;
    {
      const std::lock_guard lock(mutex_);
      if (!objects.emplace(key, bytes).second) {
        return Failure{FailureKind::refused, "object '" + key + "' exists in " + text(), "",
                       "PreconditionFailed"};
      }
      content_types[key] = content_type;
    }
    if (auto failure = faults.take(Faults::When::after, "put " + key)) return *failure;
    return {};
  }
  std::string text() const override { return "s3://records at fake"; }

  mutable Faults faults;
  mutable std::vector<std::string> operations;  ///< everything asked, in order
  std::map<std::string, std::string> objects;
  std::map<std::string, std::string> content_types;
  bool present = true;
  std::string versioning_status = "Enabled";
  bool locked = true;

 private:
  std::optional<Failure> enter(const std::string& operation) const {
    {
      const std::lock_guard lock(mutex_);
      operations.push_back(operation);
    }
    return faults.take(Faults::When::before, operation);
  }
  mutable std::mutex mutex_;
};

}  // namespace ostler
