// The real ProcessRunner with the programs that every machine has.
#include "ostler/transport/process.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>

using namespace ostler;

namespace {

Result<ProcessResult> run(ProcessRequest request) {
  return make_process_runner()->run(request);
}

ProcessRequest shell(const std::string& script) {
  ProcessRequest request;
  request.arguments = {"sh", "-c", script};
  return request;
}

}  // namespace

TEST_CASE("a program's output, errors and exit code are its result", "[process]") {
  const auto result = run(shell("echo out; echo err >&2; exit 3"));
  REQUIRE(result.ok());
  CHECK(result->output == "out\n");
  CHECK(result->errors == "err\n");
  CHECK(result->exit_code == 3);
  CHECK(run(shell("kill -9 $$"))->exit_code == 128 + 9);
}

TEST_CASE("arguments reach a program as they are", "[process]") {
  ProcessRequest request;
  request.arguments = {"printf", "%s|", "a b", "$(echo x)", "-n", ""};
  CHECK(run(request)->output == "a b|$(echo x)|-n||");
}

TEST_CASE("input is fed, wanted or not", "[process]") {
  ProcessRequest request;
  request.arguments = {"cat"};
  request.input = std::string(300'000, 'i');
  CHECK(run(request)->output == request.input);
  request.arguments = {"true"};
  CHECK(run(request)->exit_code == 0);
}

TEST_CASE("a program sees the named environment and little more", "[process]") {
  setenv("OSTLER_TEST_PRIVATE", "1", 1);
  ProcessRequest request;
  request.arguments = {"env"};
  request.environment = {{"GIVEN", "value"}};
  const auto result = run(request);
  REQUIRE(result.ok());
  CHECK(result->output.find("GIVEN=value\n") != std::string::npos);
  CHECK(result->output.find("PATH=") != std::string::npos);
  CHECK(result->output.find("OSTLER_TEST_PRIVATE") == std::string::npos);
}

TEST_CASE("a program that is not there, or is none, cannot be started", "[process]") {
  ProcessRequest request;
  request.arguments = {"ostler-no-such-program"};
  CHECK(run(request).failure().message ==
        "the program 'ostler-no-such-program' is not found through PATH");
  request.arguments = {"/etc/passwd"};
  CHECK(run(request).failure().message ==
        "the program '/etc/passwd' could not be started: Permission denied");
  request.arguments = {};
  CHECK_FALSE(run(request).ok());
}

TEST_CASE("at the time limit the whole group goes", "[process]") {
  ProcessRequest request = shell("sleep 600 & sleep 600; echo never");
  request.timeout = Milliseconds{100};
  const auto late = run(request);
  REQUIRE_FALSE(late.ok());
  CHECK(late.failure().kind == FailureKind::timeout);
  ProcessRequest quiet = shell("exec >&- 2>&-; sleep 600");  // its output is closed, it runs on
  quiet.timeout = Milliseconds{100};
  CHECK(run(quiet).failure().kind == FailureKind::timeout);
}

TEST_CASE("more output than allowed ends a program", "[process]") {
  ProcessRequest request = shell("while :; do echo line; done");
  request.max_output = 10'000;
  const auto result = run(request);
  REQUIRE_FALSE(result.ok());
  CHECK(result.failure().kind == FailureKind::permanent);
}
