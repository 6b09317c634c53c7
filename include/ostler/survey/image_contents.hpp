#pragma once

#include "ostler/base/result.hpp"
#include "ostler/model/survey.hpp"

#include <string>
#include <utility>

namespace ostler {

/// Where an image is read from.
struct ImageSource {
  const RegistryLook* registry = nullptr;
  std::string repository;
  Manifest manifest;  ///< of an image or an index; of an index the linux/amd64 image is read, else
                      ///< its first for Linux
};

/// Reads the Odoo addons of the image that runs (first) and of the one to bring (second), and says
/// of each how it differs from the other. Every distinct layer is streamed once, whichever image it
/// is in; nothing is written to disk, and only manifests and hashes are kept. Addons are looked for
/// below odoo/addons of the Python installation, /opt/odoo* and /mnt; of two with one name the one
/// in /mnt counts, then /opt. A manifest that cannot be read fails, naming the file.
Result<std::pair<ImageContents, ImageContents>> read_images(const ImageSource& before,
                                                            const ImageSource& after);

}  // namespace ostler
