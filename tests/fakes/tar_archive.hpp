#pragma once

#include <string>
#include <vector>

namespace ostler {

/// One entry of a layer for tests.
struct TarEntry {
  std::string path;
  std::string bytes;
  char type = '0';     ///< '0' file, '1' hard link, '2' symbolic link, '5' folder
  std::string target;  ///< of a link
};

/// A tar archive in the ustar format.
std::string tar_archive(const std::vector<TarEntry>& entries);

}  // namespace ostler
