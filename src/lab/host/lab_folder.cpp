// Makes, fills and removes the folder of a running lab.
#include "lab/host/lab_folder.hpp"

#include "lab/embedded.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/text.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace ostler::lab {
namespace {

namespace fs = std::filesystem;

/// As the files of examples/lab write it.
constexpr const char* example_network = "127.84.0.";

// The servers' account has to get through to its own folder below.
constexpr mode_t open_to_pass = 0711;

Failure trouble(const std::string& path, std::string_view action, int error) {
  return {FailureKind::refused,
          fmt::format("the lab's folder {}: cannot {}: {}", path, action, std::strerror(error)),
          "Name another one with --folder.", "usage"};
}

Result<void> write_examples(const std::string& folder, const std::string& network) {
  for (const EmbeddedFile& file : embedded_examples()) {
    const fs::path path = fs::path(folder) / file.path;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) return trouble(path.parent_path().string(), "make it", error.value());
    const std::string text = replace_all(std::string(file.bytes), example_network, network + ".");
    OSTLER_CHECK(write_file_atomically(path.string(), text));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<LabFolder>> LabFolder::make(const std::string& path,
                                                   const std::string& network) {
  std::unique_ptr<LabFolder> made(new LabFolder);
  if (path.empty()) {
    OSTLER_TRY(made->passing_, PassingFolder::make("lab"));
    made->path_ = made->passing_->path();
  } else {
    std::error_code error;
    made->path_ = fs::absolute(path, error).lexically_normal().string();
    fs::create_directories(made->path_, error);
    if (error) return trouble(made->path_, "make it", error.value());
    OSTLER_TRY(made->held_, hold_folder(made->path_));
    if (chmod(made->path_.c_str(), open_to_pass) != 0)
      return trouble(made->path_, "open it", errno);
  }
  OSTLER_CHECK(write_examples(made->path_, network));
  return made;
}

Result<void> LabFolder::write_kubeconfig(const std::string& name, const std::string& text) const {
  return write_file_atomically(path_ + "/" + name, text);
}

Result<void> LabFolder::write_variables(
    const std::vector<std::pair<std::string, std::string>>& variables) const {
  std::string text;
  for (const auto& [name, value] : variables)
    text += fmt::format("export {}={}\n", name, shell_quoted(value));
  return write_file_atomically(path_ + "/env", text);
}

}  // namespace ostler::lab
