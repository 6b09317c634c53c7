#pragma once

#include "ostler/base/result.hpp"
#include "ostler/systems/registry.hpp"

#include <string>
#include <string_view>

namespace ostler {

/// Every type of manifest and index that is read, as an Accept header.
inline constexpr const char* manifest_types =
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json";

/// Reads a manifest or index from the bytes that its digest covers. `content_type` is the answer's;
/// it must agree with what the bytes say. Refuses schema 1, other digests than sha256 and more than
/// 1,000 descriptors.
Result<Manifest> parse_manifest(std::string bytes, std::string_view content_type);

/// A layer that no registry holds (its `urls` say where it is); such layers are neither copied nor
/// read.
bool is_held_elsewhere(const Descriptor& layer);

}  // namespace ostler
