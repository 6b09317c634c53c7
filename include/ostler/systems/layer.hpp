#pragma once

#include "ostler/base/result.hpp"
#include "ostler/systems/registry.hpp"

#include <string>
#include <string_view>

namespace ostler {

/// One entry of an image layer (a tar archive, plain or compressed by gzip or zstd).
struct LayerEntry {
  enum class Kind { file, folder, symbolic_link, hard_link, other };
  Kind kind = Kind::other;
  std::string path;  ///< "mnt/extra-addons/sale/__manifest__.py": no leading slash, no "." or ".."
  std::string target;  ///< of a link, as it stands
  std::uint64_t size = 0;
};

/// Sees the entries of a layer in the order in which they lie in it.
class LayerVisitor {
 public:
  virtual ~LayerVisitor() = default;
  enum class Wants { bytes, nothing };
  /// Whether the bytes of this file are wanted.
  virtual Wants entry(const LayerEntry& entry) = 0;
  /// A piece of the file that was asked for.
  virtual void bytes(std::string_view piece) = 0;
  /// That file is complete.
  virtual void end_of_file() = 0;
};

/// Streams a layer from its registry through `visitor`; nothing is kept. Fails when the blob does
/// not have its digest, when it is no tar archive, and when an entry's path leads out of the image.
Result<void> read_layer(const RegistryLook& registry, const std::string& repository,
                        const Descriptor& layer, LayerVisitor& visitor);

}  // namespace ostler
