// Lets a scenario change how a version of the shop behaves while its Pods run.
#include "lab/registry/altered_images.hpp"

namespace ostler::lab {

ShopCode AlteredImages::behaving(const ShopCode& held, const ShopCode& faults) {
  ShopCode result = faults;
  result.version = held.version;
  result.modules = held.modules;
  return result;
}

const ShopCode* AlteredImages::code(std::string_view reference) const {
  const ShopCode* held = images_.code(reference);
  if (held == nullptr) return nullptr;
  const auto known = given_.find(held->version);
  if (known != given_.end()) return &known->second.now;
  const auto altered = altered_.find(held->version);
  const ShopCode now = altered == altered_.end() ? *held : behaving(*held, altered->second);
  return &given_.emplace(held->version, Given{*held, now}).first->second.now;
}

void AlteredImages::alter(const std::string& version, const ShopCode& code) {
  altered_[version] = code;
  const auto known = given_.find(version);
  if (known != given_.end()) known->second.now = behaving(known->second.held, code);
}

void AlteredImages::restore(const std::string& version) {
  altered_.erase(version);
  const auto known = given_.find(version);
  if (known != given_.end()) known->second.now = known->second.held;
}

}  // namespace ostler::lab
