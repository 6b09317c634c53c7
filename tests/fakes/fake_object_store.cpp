// A bucket in memory.
#include "tests/fakes/fake_object_store.hpp"

namespace ostler {

Result<bool> FakeObjectStore::exists() const {
  if (auto failure = enter("exists")) return *failure;
  return present;
}

Result<std::string> FakeObjectStore::versioning() const {
  if (auto failure = enter("versioning")) return *failure;
  return versioning_status;
}

Result<bool> FakeObjectStore::object_lock() const {
  if (auto failure = enter("object_lock")) return *failure;
  return locked;
}

Result<std::vector<StoredObject>> FakeObjectStore::list(const std::string& prefix) const {
  if (auto failure = enter("list " + prefix)) return *failure;
  const std::lock_guard lock(mutex_);
  std::vector<StoredObject> found;
  for (const auto& [key, bytes] : objects) {
    if (key.rfind(prefix, 0) == 0) found.push_back({key, bytes.size(), "", ""});
  }
  return found;
}

Result<std::optional<std::string>> FakeObjectStore::get(const std::string& key) const {
  if (auto failure = enter("get " + key)) return *failure;
  const std::lock_guard lock(mutex_);
  const auto found = objects.find(key);
  if (found == objects.end()) return std::optional<std::string>();
  return std::optional<std::string>(found->second);
}

Result<void> FakeObjectStore::put_if_absent(const std::string& key, const std::string& bytes,
                                            const std::string& content_type) {
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

std::optional<Failure> FakeObjectStore::enter(const std::string& operation) const {
  {
    const std::lock_guard lock(mutex_);
    operations.push_back(operation);
  }
  return faults.take(Faults::When::before, operation);
}

}  // namespace ostler
