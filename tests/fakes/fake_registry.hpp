#pragma once

#include "tests/fakes/faults.hpp"

#include "ostler/base/json.hpp"
#include "ostler/systems/registry.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ostler {

/// A registry in memory. It refuses manifests whose children it lacks, as a real one does, and
/// knows no compare-and-swap beyond what `put_tag` promises. Faults match "head
/// REPOSITORY:REFERENCE", "manifest REPOSITORY:REFERENCE", "blob REPOSITORY DIGEST", "copy_from
/// REPOSITORY DIGEST", "put_tag REPOSITORY:TAG" (REFERENCE may be a digest).
class FakeRegistry final : public Registry {
 public:
  explicit FakeRegistry(std::string host = "registry.example") : host_(std::move(host)) {}

  struct Repository {
    std::map<std::string, Manifest> manifests;  ///< by digest
    std::map<std::string, std::string> blobs;   ///< by digest
    std::map<std::string, std::string> tags;    ///< tag -> digest
  };

  /// Puts an image of these layers there (media type tar, not compressed) and points `tag` at it;
  /// `config` is the image configuration.
  Manifest add_image(const std::string& repository, const std::string& tag,
                     const std::vector<std::string>& layers, const Json& config = Json::object());

  /// Puts an index of images that are there already.
  Manifest add_index(const std::string& repository, const std::string& tag,
                     const std::vector<std::pair<std::string, Manifest>>& by_platform);

  Result<std::optional<Descriptor>> head(const std::string& repository,
                                         const std::string& reference) const override;
  Result<Manifest> manifest(const std::string& repository,
                            const std::string& reference) const override;
  Result<bool> has_blob(const std::string& repository, const std::string& digest) const override;
  Result<std::string> blob(const std::string& repository, const Descriptor& wanted) const override;
  Result<void> stream_blob(const std::string& repository, const Descriptor& wanted,
                           const std::function<bool(std::string_view)>& sink) const override;
  std::string host() const override { return host_; }

  Result<CopyProgress> copy_from(const RegistryLook& source, const std::string& source_repository,
                                 const std::string& digest, const std::string& repository,
                                 const std::function<void(const CopyProgress&)>& progress) override;
  Result<void> put_tag(const std::string& repository, const std::string& tag,
                       const Manifest& wanted, const std::string& expected_digest) override;

  static constexpr const char* image_type = "application/vnd.oci.image.manifest.v1+json";
  static constexpr const char* index_type = "application/vnd.oci.image.index.v1+json";

  mutable Faults faults;
  mutable std::vector<std::string> operations;  ///< everything asked, in order
  std::map<std::string, Repository> repositories;
  std::size_t piece = 1000;  ///< size of the pieces of stream_blob

 private:
  Descriptor add_blob(const std::string& repository, const std::string& bytes,
                      std::string media_type);
  Manifest add_manifest(const std::string& repository, const std::string& tag, Manifest manifest,
                        std::string bytes, const char* media_type);
  Result<void> copy_manifest(const RegistryLook& source, const std::string& source_repository,
                             const std::string& digest, const std::string& repository,
                             CopyProgress& done, std::set<std::string>& seen);
  Failure absent(const std::string& what, const std::string& repository) const;
  const Manifest* find(const std::string& repository, std::string reference) const;
  const std::string* find_blob(const std::string& repository, const std::string& digest) const;
  std::optional<Failure> enter(const std::string& operation) const;

  mutable std::mutex mutex_;
  std::string host_;
};

}  // namespace ostler
