#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ostler {

/// "staging/retail/odoo:2@sha256:..." in its parts.
struct ImageParts {
  std::string registry;    ///< a name below `registries`
  std::string repository;  ///< OCI distribution specification: [a-z0-9]+ with single separators
  std::string tag;
  std::string digest;
};

/// Why `text` is no image name, as the end of "must be ..., but ..."; parts are set as far as they
/// were understood.
struct ImageNameAnswer {
  ImageParts parts;
  std::string trouble;
};
ImageNameAnswer split_image_name(std::string_view text);

}  // namespace ostler
