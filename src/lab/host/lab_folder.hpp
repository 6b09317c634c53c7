#pragma once

#include "ostler/base/file_handle.hpp"
#include "ostler/base/result.hpp"
#include "ostler/lab/passing_folder.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ostler::lab {

/// The folder of a running lab: environment.yaml and releases to try, the kubeconfig, the
/// variables, and below it what the servers write.
class LabFolder {
 public:
  /// With an empty `path` a passing folder; otherwise that folder, made when it is not there, which
  /// stays. Its files name servers in `network`. Fails with code "locked" when another lab runs
  /// in it.
  static Result<std::unique_ptr<LabFolder>> make(const std::string& path,
                                                 const std::string& network);
  LabFolder(const LabFolder&) = delete;
  LabFolder& operator=(const LabFolder&) = delete;

  const std::string& path() const { return path_; }
  Result<void> write_kubeconfig(const std::string& name, const std::string& text) const;
  /// As a file for a shell to read.
  Result<void> write_variables(
      const std::vector<std::pair<std::string, std::string>>& variables) const;

 private:
  LabFolder() = default;

  std::string path_;
  std::unique_ptr<PassingFolder> passing_;  ///< null: it stays, and ...
  FileHandle held_;                         ///< ... is held by this
};

}  // namespace ostler::lab
