#pragma once

#include "ostler/base/hash.hpp"
#include "ostler/base/result.hpp"
#include "ostler/systems/layer.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace ostler {

/// What is kept of one file of an image.
struct ImageFile {
  std::string hash;          ///< SHA-256 of the bytes; of a link, over where it leads
  std::string declarations;  ///< of a Python source: SHA-256 of what it declares to Odoo, empty
                             ///< when that is nothing
  std::string text;          ///< of addon manifests and odoo/release.py, as they are
};

/// Files by path, as far as a release is concerned.
using ImageFiles = std::map<std::string, ImageFile>;

/// Whether a file can belong to an addon or tells Odoo's series.
bool is_watched_path(std::string_view path);

/// Collects from one layer what matters of it.
class LayerFiles final : public LayerVisitor {
 public:
  Wants entry(const LayerEntry& entry) override;
  void bytes(std::string_view piece) override;
  void end_of_file() override;
  /// Once after the last entry; fails when a file was too large to be what its name says.
  Result<void> finish();

  /// Puts this layer on top of `below`, as a container runtime would.
  Result<void> apply_to(ImageFiles& below) const;

 private:
  ImageFiles files_;
  std::map<std::string, std::string> hard_links_;  ///< path -> path
  std::set<std::string> removed_;  ///< paths that this layer takes away, with all below them
  std::set<std::string> emptied_;  ///< folders of which it hides everything that was there before

  std::string path_;  ///< of the file under way
  Sha256 hash_;
  std::string kept_;
  std::size_t keep_limit_ = 0;
  std::string trouble_;
};

}  // namespace ostler
