// Stored logins, and that a broken file is never quoted.
#include "cli/docker_config.hpp"

#include "ostler/base/hash.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

struct OneAnswer final : ProcessRunner {
  ProcessResult answer;
  std::vector<ProcessRequest> asked;
  Result<ProcessResult> run(const ProcessRequest& request) override {
    asked.push_back(request);
    return answer;
  }
};

}  // namespace

TEST_CASE("docker configuration: a stored login", "[cli]") {
  OneAnswer processes;
  const std::string text =
      R"({"auths":{"registry:5000":{"auth":")" + to_base64("robot:s3cr3t:x") + R"("}}})";
  const auto login = docker_login_from(text, "registry:5000", processes);
  REQUIRE(login.ok());
  CHECK(login->user == "robot");
  CHECK(login->password->reveal() == "s3cr3t:x");
  CHECK(docker_login_from(text, "other:5000", processes).failure().code == "credentials");
  CHECK(processes.asked.empty());
}

TEST_CASE("docker configuration: a credential helper is asked by standard input", "[cli]") {
  OneAnswer processes;
  processes.answer = {0, R"({"Username":"robot","Secret":"t0ken!"})", ""};
  const auto login =
      docker_login_from(R"({"credHelpers":{"registry:5000":"vault"}})", "registry:5000", processes);
  REQUIRE(login.ok());
  CHECK(login->password->reveal() == "t0ken!");
  CHECK(processes.asked[0].arguments == std::vector<std::string>{"docker-credential-vault", "get"});
  CHECK(processes.asked[0].input == "registry:5000");
  processes.answer.exit_code = 1;
  CHECK_FALSE(docker_login_from(R"({"credsStore":"vault"})", "registry:5000", processes).ok());
  CHECK_FALSE(
      docker_login_from(R"({"credsStore":"../../bin/sh"})", "registry:5000", processes).ok());
}

TEST_CASE("docker configuration: what is broken is not shown", "[cli]") {
  OneAnswer processes;
  for (const char* text : {R"({"auths":{"registry:5000":{"auth":"c2VjcmV0LXdpdGhvdXQtY29sb24="}}})",
                           "secret-without-json", "[]"}) {
    const auto login = docker_login_from(text, "registry:5000", processes);
    REQUIRE_FALSE(login.ok());
    CHECK(login.failure().message.find("secret") == std::string::npos);
    CHECK(login.failure().code == "credentials");
  }
}
