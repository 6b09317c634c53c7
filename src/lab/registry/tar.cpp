// Writes the layers of images: tar archives that are the same each time.
#include "lab/registry/tar.hpp"

#include "ostler/base/text.hpp"

namespace ostler::lab {
namespace {

constexpr std::size_t block = 512;
constexpr std::size_t name_length = 100;

void put(std::string& header, std::size_t at, std::string_view text) {
  header.replace(at, text.size(), text);
}

std::string header_of(const std::string& path, char type, std::string_view mode, std::size_t size) {
  std::string header(block, '\0');
  std::size_t name = 0;
  if (path.size() > name_length) {
    // A long path is cut at a slash; its first part has a place of its own.
    name = path.find('/', path.size() - name_length - 1) + 1;
    put(header, 345, std::string_view(path).substr(0, name - 1));
  }
  put(header, 0, std::string_view(path).substr(name));
  put(header, 100, mode);
  put(header, 108, "0000000");
  put(header, 116, "0000000");
  put(header, 124, fmt::format("{:011o}", size));
  put(header, 136, "00000000000");
  put(header, 148, "        ");
  header[156] = type;
  put(header, 257, "ustar");
  put(header, 263, "00");
  unsigned sum = 0;
  for (const char byte : header) sum += static_cast<unsigned char>(byte);
  put(header, 148, fmt::format("{:06o}", sum));
  header[154] = '\0';
  return header;
}

}  // namespace

std::string tar_of(const std::map<std::string, std::string_view>& files) {
  std::map<std::string, std::string_view> entries = files;
  for (const auto& [path, bytes] : files)
    for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1))
      entries.emplace(path.substr(0, at + 1), "");
  std::string archive;
  for (const auto& [path, bytes] : entries) {
    if (ends_with(path, "/")) {
      archive += header_of(path, '5', "0000755", 0);
      continue;
    }
    archive +=
        header_of(path, '0', starts_with(path, "usr/bin/") ? "0000755" : "0000644", bytes.size());
    archive += bytes;
    archive.resize((archive.size() + block - 1) / block * block, '\0');
  }
  archive.resize(archive.size() + 2 * block, '\0');
  return archive;
}

}  // namespace ostler::lab
