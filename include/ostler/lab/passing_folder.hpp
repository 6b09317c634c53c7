#pragma once

#include "ostler/base/file_handle.hpp"
#include "ostler/base/result.hpp"

#include <memory>
#include <string>
#include <utility>

namespace ostler::lab {

/// Holds an existing folder for this process: until the handle is closed, or the process is gone,
/// however that came about. Leaves a small lock file there. Fails as `refused` with code "locked"
/// when another process holds it, which the message names.
Result<FileHandle> hold_folder(const std::string& folder);

/// A new folder below $TMPDIR (/tmp without it) that others may pass through but not list. It is
/// held, and removed with this object; when that never comes about, the next one of its kind
/// removes it.
class PassingFolder {
 public:
  /// `kind` becomes part of its name: ostler-KIND-XXXXXX. First removes what processes that are
  /// gone left of that kind: only folders of this user, with a lock file that nobody holds. Fails
  /// with code "usage" when no folder can be made there.
  static Result<std::unique_ptr<PassingFolder>> make(const std::string& kind);
  ~PassingFolder();
  PassingFolder(const PassingFolder&) = delete;
  PassingFolder& operator=(const PassingFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  PassingFolder(std::string path, FileHandle held)
      : path_(std::move(path)), held_(std::move(held)) {}

  std::string path_;
  FileHandle held_;
};

}  // namespace ostler::lab
