#pragma once

#include "fields.hpp"
#include "references.hpp"

#include "ostler/base/diagnostic.hpp"

#include <functional>
#include <string>

namespace ostler {

/// A file's path, its folder as written, and the digest of its bytes.
struct FileIdentity {
  std::string path, folder, digest;
};

/// Reads and parses the file, then calls `read` with its top-level map. Everything wrong ends up in
/// `diagnostics`; says whether nothing was.
bool with_document(
    const std::string& path, std::string_view what, Diagnostics& diagnostics,
    const std::function<void(const FileIdentity&, const Field& root, const Reading&)>& read);

}  // namespace ostler
