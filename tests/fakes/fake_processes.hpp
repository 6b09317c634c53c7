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
  void answer(Result<ProcessResult> result) {
    const std::lock_guard guard{mutex_};
    answers_.push_back(std::move(result));
  }
  void answer(int exit_code, std::string output, std::string errors = "") {
    answer(ProcessResult{exit_code, std::move(output), std::move(errors)});
  }

  Result<ProcessResult> run(const ProcessRequest& request) override {
    const std::lock_guard guard{mutex_};
    requests.push_back(request);
    if (answers_.empty())
      return Failure{FailureKind::permanent,
                     "the program '" + request.arguments.front() + "' is not found through PATH",
                     "", ""};
    Result<ProcessResult> result = std::move(answers_.front());
    answers_.pop_front();
    return result;
  }

  std::vector<ProcessRequest> requests;

 private:
  std::mutex mutex_;
  std::deque<Result<ProcessResult>> answers_;
};

}  // namespace ostler
