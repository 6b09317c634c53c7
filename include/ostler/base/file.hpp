#pragma once

#include "ostler/base/result.hpp"

#include <string>
#include <string_view>

namespace ostler {

/// The whole file as bytes. Refuses folders, devices and files over `limit` bytes.
Result<std::string> read_file(const std::string& path, std::size_t limit = 64u << 20);

/// Replaces `path` atomically and durably: a temporary file in the same folder, fsync, rename,
/// fsync of the folder. A reader sees the old or the new bytes, never a mixture. `mode` as in
/// chmod.
Result<void> write_file_atomically(const std::string& path, std::string_view bytes,
                                   int mode = 0600);

/// Creates the folder and its parents, mode 0700 for what is new.
Result<void> make_folders(const std::string& path);

bool file_exists(const std::string& path);

}  // namespace ostler
