// ostler as a user starts it, in a process of its own.
#pragma once

#include <string>
#include <utility>
#include <vector>

/// A folder of one test's own, removed with this object.
struct OwnFolder {
  std::string path;

  OwnFolder();
  ~OwnFolder();
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;
  /// Whether nothing is in there.
  bool empty() const;
};

struct Ran {
  int code = -1;     ///< the exit code, or 128 + signal
  std::string said;  ///< both streams
};

/// A signal that the process gets once it has said these words.
struct Poke {
  std::string words;
  int signal = 0;
};

/// Runs the program in a child, so that its signal handlers, streams and variables are its own, and
/// waits for its end.
Ran run_ostler(std::vector<std::string> arguments,
               const std::vector<std::pair<std::string, std::string>>& variables, Poke poke = {});
