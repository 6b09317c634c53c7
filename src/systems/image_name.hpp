#pragma once

#include <string_view>

namespace ostler {

/// The OCI grammar of names. Digests: sha256 only, which is all that registries and we compute.
bool is_repository_name(std::string_view text);
bool is_tag(std::string_view text);
bool is_digest(std::string_view text);

}  // namespace ostler
