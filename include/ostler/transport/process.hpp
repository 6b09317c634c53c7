#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/result.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ostler {

/// A helper program to run: no shell, only the named environment (plus PATH, HOME, LANG), its own
/// process group.
struct ProcessRequest {
  std::vector<std::string> arguments;  ///< the first is the program, found through PATH
  std::vector<std::pair<std::string, std::string>> environment;
  std::string input;            ///< its standard input
  Milliseconds timeout{10000};  ///< then the whole group is killed
  std::size_t max_output = 1u << 20;
};

struct ProcessResult {
  int exit_code = 0;  ///< 128 + signal when a signal ended it
  std::string output;
  std::string errors;
};

class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;
  /// Fails when the program cannot be started, is killed for time, or prints more than allowed; any
  /// exit code is a result.
  virtual Result<ProcessResult> run(const ProcessRequest& request) = 0;
};

std::unique_ptr<ProcessRunner> make_process_runner();

}  // namespace ostler
