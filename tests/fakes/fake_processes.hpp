// A scripted ProcessRunner: says what it was asked to run and answers what the test wrote down.
#pragma once

#include "ostler/transport/process.hpp"

#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace ostler {

/// Answers in the order of `answer`; with none left, fails as a program that is not there.
class FakeProcesses final : public ProcessRunner {
 public:
  void answer(Result<ProcessResult> result);
  void answer(int exit_code, std::string output, std::string errors = "");
  Result<ProcessResult> run(const ProcessRequest& request) override;

  std::vector<ProcessRequest> requests;

 private:
  std::mutex mutex_;
  std::deque<Result<ProcessResult>> answers_;
};

}  // namespace ostler
