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

/// An image of the shop's and one to come after it, for a release that the shop does not have.
struct ImagePair {
  ShopImage before, after;
};
/// Version 1 of the shop with `modules` installed beside its own, and the same with each of them
/// (the shop's own, where they are named) one version higher and nothing else changed. `tag` and
/// label of the second one are given; the code in it calls itself "1-new".
ImagePair made_images(const std::vector<std::string>& modules, const std::string& tag);

/// The code in the layer of that digest; null for one that is not the topmost layer of an image of
/// the shop.
const ShopCode* code_of_layer(const std::string& digest);

}  // namespace ostler::lab
