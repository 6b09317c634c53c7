#pragma once

#include "ostler/lab/shop.hpp"

#include <map>
#include <string>

namespace ostler::lab {

/// The shop's code as the images hold it, except for versions that a scenario makes misbehave. Who
/// has been given a code keeps seeing it as it is now.
class AlteredImages final : public ShopImages {
 public:
  explicit AlteredImages(const ShopImages& images) : images_(images) {}
  const ShopCode* code(std::string_view reference) const override;

  /// From now on that version behaves like `code`, whose name and modules do not count.
  void alter(const std::string& version, const ShopCode& code);
  void restore(const std::string& version);

 private:
  const ShopImages& images_;
  std::map<std::string, ShopCode, std::less<>> altered_;
  struct Given {
    ShopCode held;  ///< as the image has it
    ShopCode now;   ///< as it behaves
  };
  static ShopCode behaving(const ShopCode& held, const ShopCode& faults);

  mutable std::map<std::string, Given, std::less<>> given_;
};

}  // namespace ostler::lab
