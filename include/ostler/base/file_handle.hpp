#pragma once

#include <unistd.h>

#include <utility>

namespace ostler {

/// A file descriptor that is closed when it goes out of scope. -1: none.
class FileHandle {
 public:
  FileHandle() = default;
  explicit FileHandle(int value) : value_(value) {}
  ~FileHandle() { reset(); }
  FileHandle(FileHandle&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept {
    if (this != &other) {
      reset();
      value_ = std::exchange(other.value_, -1);
    }
    return *this;
  }
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;

  int get() const { return value_; }
  void reset() {
    if (value_ >= 0) close(std::exchange(value_, -1));
  }

 private:
  int value_ = -1;
};

}  // namespace ostler
