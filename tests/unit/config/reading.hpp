#pragma once

#include "ostler/config/environment.hpp"
#include "ostler/config/release.hpp"
#include "ostler/config/scenario.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace ostler {

/// A folder with copies of the two valid files and the migrations that the mistakes are made in;
/// gone with the object.
class ConfigFolder {
 public:
  ConfigFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "ostler-config-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
    std::filesystem::copy(base(), path_, std::filesystem::copy_options::recursive);
  }
  ~ConfigFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ConfigFolder(const ConfigFolder&) = delete;
  ConfigFolder& operator=(const ConfigFolder&) = delete;

  static std::filesystem::path base() {
    return std::filesystem::path(OSTLER_SOURCE_DIR) / "tests/unit/config/base";
  }
  std::string path(const std::string& file) const { return (path_ / file).string(); }
  std::string text(const std::string& file) const {
    std::ifstream stream(path(file), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void write(const std::string& file, const std::string& bytes) const {
    std::ofstream(path(file), std::ios::binary) << bytes;
  }

  /// The environment, or nothing with the complaints in `said`, which names files without this
  /// folder.
  std::optional<Environment> environment() {
    Diagnostics diagnostics;
    auto result = read_environment(path("environment.yaml"), diagnostics);
    said = rendered(diagnostics);
    return result;
  }
  /// The release, read against the environment.
  std::optional<Release> release() {
    Diagnostics ignored, diagnostics;
    const auto environment = read_environment(path("environment.yaml"), ignored);
    auto result =
        read_release(path("release.yaml"), environment ? &*environment : nullptr, diagnostics);
    said = rendered(diagnostics);
    return result;
  }

  std::optional<Scenario> scenario() {
    Diagnostics diagnostics;
    auto result = read_scenario(path("scenario.yaml"), diagnostics);
    said = rendered(diagnostics);
    return result;
  }

  std::string said;

 private:
  std::string rendered(Diagnostics& diagnostics) const {
    std::string text;
    for (const Diagnostic& one : diagnostics.sorted()) text += render(one);
    const std::string prefix = path_.string() + "/";
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at)) {
      text.erase(at, prefix.size());
    }
    return text;
  }

  std::filesystem::path path_;
};

}  // namespace ostler
