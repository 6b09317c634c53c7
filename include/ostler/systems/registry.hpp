#pragma once

#include "ostler/base/json.hpp"
#include "ostler/base/result.hpp"
#include "ostler/transport/http.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ostler {

/// A content descriptor (OCI image specification).
struct Descriptor {
  std::string media_type;
  std::string digest;  ///< "sha256:<64 hex>"
  std::uint64_t size = 0;
  std::string platform;  ///< "linux/amd64", or empty
};

/// A manifest or index with the bytes that its digest covers.
struct Manifest {
  Descriptor descriptor;
  std::string bytes;
  std::vector<Descriptor> manifests;  ///< of an index
  std::optional<Descriptor> config;   ///< of an image
  std::vector<Descriptor> layers;     ///< of an image
};

/// One registry (OCI distribution specification 1.1). Every answer that names a digest is verified
/// by hashing.
class RegistryLook {
 public:
  virtual ~RegistryLook() = default;
  /// The manifest's descriptor for a tag or digest, or nothing when the registry does not have it.
  virtual Result<std::optional<Descriptor>> head(const std::string& repository,
                                                 const std::string& reference) const = 0;
  virtual Result<Manifest> manifest(const std::string& repository,
                                    const std::string& reference) const = 0;
  virtual Result<bool> has_blob(const std::string& repository, const std::string& digest) const = 0;
  /// A small blob as a whole (image configuration).
  virtual Result<std::string> blob(const std::string& repository, const Descriptor& blob) const = 0;
  /// A blob piece by piece; the sink returning false ends it. Fails when the digest does not fit at
  /// the end.
  virtual Result<void> stream_blob(const std::string& repository, const Descriptor& blob,
                                   const std::function<bool(std::string_view)>& sink) const = 0;
  /// "registry.example:5000", as it stands in image references.
  virtual std::string host() const = 0;
};

/// `blobs_done` and `bytes_done` count whatever needs no more work; of these, `blobs_mounted` and
/// `blobs_present` travelled over no network.
struct CopyProgress {
  std::uint64_t bytes_total = 0, bytes_done = 0;
  int blobs_total = 0, blobs_done = 0, blobs_mounted = 0, blobs_present = 0;
};

class Registry : public RegistryLook {
 public:
  /// Brings the image or index `digest` with everything below it from `source`/`source_repository`
  /// into `repository`, by digest, without a tag: blobs that are there are left, blobs of the same
  /// registry are mounted, others are streamed source to target, hashed on the way, nothing on
  /// disk; children before parents. `progress` is called from the calling thread. Done when the
  /// target answers for the digest.
  virtual Result<CopyProgress> copy_from(
      const RegistryLook& source, const std::string& source_repository, const std::string& digest,
      const std::string& repository, const std::function<void(const CopyProgress&)>& progress) = 0;
  /// Points `tag` at the manifest, which the repository already has. A tag that points there
  /// already is success. A tag that points elsewhere than `expected_digest` (empty: a tag that
  /// exists) is left and fails as `refused` with code "diverged". Registries know no
  /// compare-and-swap: the tag is looked at right before the write and after it.
  virtual Result<void> put_tag(const std::string& repository, const std::string& tag,
                               const Manifest& manifest,
                               const std::string& expected_digest = "") = 0;
};

struct RegistrySettings {
  std::string url;  ///< https://host[:port]; http:// only for loopback addresses
  std::string ca_pem;
  std::string user;  ///< empty: anonymous
  std::shared_ptr<const Secret> password;
};
std::unique_ptr<Registry> make_registry(const RegistrySettings& settings, HttpClient& http);

/// "staging/retail/odoo@sha256:..." or "staging/retail/odoo:2": the first part names a registry of
/// the environment.
struct ImageName {
  std::string registry;
  std::string repository;
  std::string tag;
  std::string digest;
  std::string text() const;
};
/// Reads an image name (OCI grammar for repository, tag, digest).
Result<ImageName> parse_image_name(std::string_view text);

}  // namespace ostler
