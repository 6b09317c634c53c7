// A scripted ProcessRunner.
#include "tests/fakes/fake_processes.hpp"

namespace ostler {

void FakeProcesses::answer(Result<ProcessResult> result) {
  const std::lock_guard guard{mutex_};
  answers_.push_back(std::move(result));
}

void FakeProcesses::answer(int exit_code, std::string output, std::string errors) {
  answer(ProcessResult{exit_code, std::move(output), std::move(errors)});
}

Result<ProcessResult> FakeProcesses::run(const ProcessRequest& request) {
  const std::lock_guard guard{mutex_};
  requests.push_back(request);
  if (answers_.empty())
    return Failure{FailureKind::permanent,
                   "the program '" + request.arguments.front() + "' is not found through PATH", "",
                   ""};
  Result<ProcessResult> result = std::move(answers_.front());
  answers_.pop_front();
  return result;
}

}  // namespace ostler
