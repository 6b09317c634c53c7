// Tar archives for tests.
#include "tests/fakes/tar_archive.hpp"

#include <fmt/format.h>

namespace ostler {

std::string tar_archive(const std::vector<TarEntry>& entries) {
  std::string archive;
  for (const TarEntry& entry : entries) {
    std::string header(512, '\0');
    const auto put = [&header](std::size_t at, const std::string& text) {
      header.replace(at, text.size(), text);
    };
    put(0, entry.path);
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    put(124, fmt::format("{:011o}", entry.bytes.size()));
    put(136, "00000000000");
    put(148, "        ");
    put(156, std::string(1, entry.type));
    put(157, entry.target);
    put(257, "ustar");
    put(263, "00");
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    put(148, fmt::format("{:06o}", sum) + std::string(1, '\0') + " ");
    archive += header + entry.bytes;
    archive.resize((archive.size() + 511) / 512 * 512, '\0');
  }
  archive.resize(archive.size() + 1024, '\0');
  return archive;
}

}  // namespace ostler
