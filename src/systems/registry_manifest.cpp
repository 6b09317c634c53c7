// Reads OCI and Docker manifests. Bytes are never written again: a manifest is what its digest
// covers.
#include "systems/registry_manifest.hpp"

#include "systems/image_name.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/json.hpp"
#include "ostler/base/text.hpp"

namespace ostler {

namespace {

constexpr std::size_t descriptor_limit = 1000;
constexpr std::uint64_t size_limit = 1ull << 40;

Failure damaged(std::string_view why) {
  return {FailureKind::permanent, fmt::format("the manifest {}", why), "", ""};
}

enum class Shape { index, image, unknown };

Shape shape_of(std::string_view media_type) {
  if (media_type == "application/vnd.oci.image.index.v1+json" ||
      media_type == "application/vnd.docker.distribution.manifest.list.v2+json") {
    return Shape::index;
  }
  if (media_type == "application/vnd.oci.image.manifest.v1+json" ||
      media_type == "application/vnd.docker.distribution.manifest.v2+json") {
    return Shape::image;
  }
  return Shape::unknown;
}

std::string without_parameters(std::string_view content_type) {
  return trim(content_type.substr(0, content_type.find(';')));
}

Result<Descriptor> read_descriptor(const Json& value) {
  Descriptor read;
  read.media_type = sanitize(text_at(value, "/mediaType"), Lines::escape, 256);
  read.digest = text_at(value, "/digest");
  if (!is_digest(read.digest)) return damaged("names something by another digest than sha256");
  const Json& size = value_at(value, "/size");
  if (!size.is_number_unsigned() || size.get<std::uint64_t>() > size_limit) {
    return damaged("names something without a size");
  }
  read.size = size.get<std::uint64_t>();
  const std::string system = text_at(value, "/platform/os");
  if (!system.empty()) {
    read.platform = system + "/" + text_at(value, "/platform/architecture");
    const std::string variant = text_at(value, "/platform/variant");
    if (!variant.empty()) read.platform += "/" + variant;
    read.platform = sanitize(read.platform, Lines::escape, 128);
  }
  return read;
}

Result<std::vector<Descriptor>> read_descriptors(const Json& list) {
  if (!list.is_array()) return damaged("lacks a list of what it is made of");
  if (list.size() > descriptor_limit) {
    return damaged(fmt::format("names {} things, more than {}", list.size(), descriptor_limit));
  }
  std::vector<Descriptor> all;
  for (const Json& entry : list) {
    OSTLER_TRY(Descriptor descriptor, read_descriptor(entry));
    all.push_back(std::move(descriptor));
  }
  return all;
}

}  // namespace

Result<Manifest> parse_manifest(std::string bytes, std::string_view content_type) {
  OSTLER_TRY(const Json body, parse_json(bytes, "the manifest"));
  if (!body.is_object()) return damaged("is no JSON object");
  const std::string answered = without_parameters(content_type);
  const std::string stated = text_at(body, "/mediaType");
  if (!stated.empty() && !answered.empty() && shape_of(answered) != Shape::unknown &&
      stated != answered) {
    return damaged(
        fmt::format("says it is '{}' and was sent as '{}'", sanitize(stated), sanitize(answered)));
  }
  Manifest manifest;
  manifest.descriptor.media_type = stated.empty() ? answered : stated;
  switch (shape_of(manifest.descriptor.media_type)) {
    case Shape::index: {
      OSTLER_TRY(manifest.manifests, read_descriptors(value_at(body, "/manifests")));
      break;
    }
    case Shape::image: {
      OSTLER_TRY(manifest.config, read_descriptor(value_at(body, "/config")));
      OSTLER_TRY(manifest.layers, read_descriptors(value_at(body, "/layers")));
      break;
    }
    case Shape::unknown:
      return damaged(fmt::format("is of the type '{}', which is not supported",
                                 sanitize(manifest.descriptor.media_type, Lines::escape, 256)));
  }
  manifest.descriptor.digest = "sha256:" + sha256_hex(bytes);
  manifest.descriptor.size = bytes.size();
  manifest.bytes = std::move(bytes);
  return manifest;
}

bool is_held_elsewhere(const Descriptor& layer) {
  return layer.media_type.find(".nondistributable.") != std::string::npos ||
         layer.media_type.find(".foreign.") != std::string::npos;
}

}  // namespace ostler
