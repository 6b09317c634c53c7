#include "ostler/systems/secrets.hpp"

#include "tests/fakes/fake_kubernetes.hpp"

#include "ostler/base/hash.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

using namespace ostler;

namespace {

struct OneProcess final : ProcessRunner {
  Result<ProcessResult> run(const ProcessRequest& asked) override {
    request = asked;
    return result;
  }
  ProcessRequest request;
  Result<ProcessResult> result = ProcessResult{};
};

struct Folder {
  Folder() {
    char name[] = "/tmp/ostler-secrets-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() {
    unlink((path + "/secret").c_str());
    rmdir(path.c_str());
  }
  void write(const std::string& bytes, mode_t mode) const {
    std::ofstream(path + "/secret") << bytes;
    chmod((path + "/secret").c_str(), mode);
  }
  std::string path;
};

Result<std::shared_ptr<const Secret>> resolve(const SecretRef& reference,
                                              const KubernetesLook* kubernetes = nullptr) {
  OneProcess processes;
  return resolve_secret(reference, processes, kubernetes);
}

SecretRef file_reference(const Folder& folder) {
  SecretRef reference;
  reference.source = SecretRef::Source::file;
  reference.file = "secret";
  reference.place.file = folder.path + "/environment.yaml";
  return reference;
}

}  // namespace

TEST_CASE("a secret comes from the environment") {
  SecretRef reference;
  reference.source = SecretRef::Source::env;
  reference.env = "OSTLER_TEST_SECRET";
  unsetenv("OSTLER_TEST_SECRET");
  CHECK(resolve(reference).failure().message ==
        "environment variable 'OSTLER_TEST_SECRET' is not set");
  setenv("OSTLER_TEST_SECRET", "", 1);
  CHECK(resolve(reference).failure().kind == FailureKind::refused);
  setenv("OSTLER_TEST_SECRET", "value-one", 1);
  CHECK(resolve(reference).value()->reveal() == "value-one");
  unsetenv("OSTLER_TEST_SECRET");
}

TEST_CASE("a secret comes from a file beside the environment file") {
  const Folder folder;
  folder.write("value-two\n", 0600);
  CHECK(resolve(file_reference(folder)).value()->reveal() == "value-two");
  folder.write("line one\nline two\n", 0600);
  CHECK(resolve(file_reference(folder)).value()->reveal() == "line one\nline two");
}

TEST_CASE("a file that others may write, or that is none, is refused without its content") {
  const Folder folder;
  folder.write("canary-value", 0620);
  const auto writable = resolve(file_reference(folder));
  REQUIRE_FALSE(writable.ok());
  CHECK(writable.failure().kind == FailureKind::refused);
  CHECK((writable.failure().message + writable.failure().hint).find("canary") == std::string::npos);
  SecretRef reference = file_reference(folder);
  reference.file = ".";
  CHECK_FALSE(resolve(reference).ok());
  reference.file = "none";
  CHECK_FALSE(resolve(reference).ok());
  folder.write(std::string(70000, 'x'), 0600);
  CHECK_FALSE(resolve(file_reference(folder)).ok());
  folder.write(std::string("a\0b", 3), 0600);
  CHECK_FALSE(resolve(file_reference(folder)).ok());
}

TEST_CASE("a secret is the first line that a command prints") {
  OneProcess processes;
  SecretRef reference;
  reference.source = SecretRef::Source::command;
  reference.command = {"pass", "show", "db"};
  processes.result = ProcessResult{0, "value-three\nmore\n", ""};
  CHECK(resolve_secret(reference, processes, nullptr).value()->reveal() == "value-three");
  CHECK(processes.request.arguments == reference.command);
  processes.result = ProcessResult{1, "canary-out", "canary-err"};
  const auto failed = resolve_secret(reference, processes, nullptr);
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.failure().message == "command 'pass' for a secret ended with exit code 1");
  CHECK((failed.failure().message + failed.failure().hint).find("canary") == std::string::npos);
}

TEST_CASE("a secret is a key of a Kubernetes Secret") {
  FakeKubernetes kubernetes;
  kubernetes.put({{"apiVersion", "v1"},
                  {"kind", "Secret"},
                  {"metadata", {{"namespace", "odoo"}, {"name", "db"}}},
                  {"data", {{"pass/word", to_base64("value-four")}, {"odd", "%%%"}}}});
  SecretRef reference;
  reference.source = SecretRef::Source::kubernetes_secret;
  reference.secret_namespace = "odoo";
  reference.secret_name = "db";
  reference.secret_key = "pass/word";
  CHECK(resolve(reference, &kubernetes).value()->reveal() == "value-four");
  CHECK_FALSE(resolve(reference, nullptr).ok());
  reference.secret_key = "none";
  CHECK(resolve(reference, &kubernetes).failure().message ==
        "key 'none' of Secret odoo/db: there is no such key");
  reference.secret_key = "odd";
  CHECK_FALSE(resolve(reference, &kubernetes).ok());
  reference.secret_name = "none";
  CHECK(resolve(reference, &kubernetes).failure().kind == FailureKind::refused);
}
