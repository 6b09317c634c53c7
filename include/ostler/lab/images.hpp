#pragma once

#include "ostler/lab/shop.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ostler::lab {

/// Bytes that many hold and none changes: what a registry copies costs nothing.
using SharedBytes = std::shared_ptr<const std::string>;

/// One image of the shop, laid out as Odoo's are: the program, Odoo's own addons, the community's,
/// and on top what differs from version to version.
struct ShopImage {
  std::string tag;
  std::string digest;                        ///< of its manifest
  SharedBytes manifest;                      ///< an OCI image manifest
  std::map<std::string, SharedBytes> blobs;  ///< configuration and layers by digest
  ShopCode code;
};

/// Every image of the shop, by tag. Built once in a process, the same bytes in each.
const std::vector<ShopImage>& shop_images();

/// The code in the layer of that digest; null for one that is not the topmost layer of an image of
/// the shop.
const ShopCode* code_of_layer(const std::string& digest);

}  // namespace ostler::lab
