#pragma once

#include "ostler/lab/images.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace ostler::lab {

struct StoredManifest {
  SharedBytes bytes;
  std::string type;
  std::vector<std::string> blobs;     ///< of an image: configuration and layers
  std::vector<std::string> children;  ///< of an index
  std::string main_child;             ///< of an index: the image for linux/amd64
};

/// Why a manifest was not taken: the code and the words of the registry, once for each thing.
struct ManifestTrouble {
  std::string code, message;
  std::vector<std::string> details;  ///< one error each; none: one error without
};

/// What lies in one registry. A blob belongs to the repositories that it was pushed or mounted to,
/// and its bytes are there once.
class RegistryStore {
 public:
  struct Repository {
    std::map<std::string, StoredManifest> manifests;  ///< by digest
    std::map<std::string, std::string> tags;          ///< tag -> digest
    std::set<std::string> blobs;
  };

  const Repository* find(const std::string& repository) const;
  const std::map<std::string, Repository>& all() const { return repositories_; }

  /// The digest that a tag or a digest stands for in that repository, or an empty text.
  std::string resolve(const std::string& repository, const std::string& reference) const;
  const StoredManifest* manifest(const std::string& repository, const std::string& digest) const;
  /// The bytes of a blob that this repository has, or null.
  SharedBytes blob(const std::string& repository, const std::string& digest) const;

  void put_blob(const std::string& repository, const std::string& digest, SharedBytes bytes);
  /// False when the source does not have it.
  bool mount(const std::string& repository, const std::string& source, const std::string& digest);
  bool remove_blob(const std::string& repository, const std::string& digest);

  /// Takes a manifest whose parts are all there; `reference` is a tag or its digest. Gives the
  /// digest.
  std::variant<std::string, ManifestTrouble> put_manifest(const std::string& repository,
                                                          const std::string& reference,
                                                          const std::string& type,
                                                          SharedBytes bytes);
  /// Puts an image there under its tag; one of the shop's is read once in a process.
  void hold(const std::string& repository, const ShopImage& image);
  /// Removes a tag, or a manifest with all tags that point to it. False: not there.
  bool remove_manifest(const std::string& repository, const std::string& reference);

  /// That blob cannot be read any more, wherever it belongs to.
  void lose(const std::string& digest) { lost_.insert(digest); }
  void find_again(const std::string& digest) { lost_.erase(digest); }

 private:
  std::optional<ManifestTrouble> missing_parts(const Repository& repository,
                                               const StoredManifest& manifest) const;

  std::map<std::string, Repository> repositories_;
  std::map<std::string, SharedBytes> bytes_;
  std::set<std::string> lost_;
};

}  // namespace ostler::lab
