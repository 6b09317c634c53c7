// ostler rehearse as a user types it: what is wrong with the files, flags, and the proof's file.
#include "tests/unit/cli/command_process.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/text.hpp"
#include "ostler/lab/local_servers.hpp"
#include "ostler/model/proof.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <filesystem>

using namespace ostler;

namespace {

const std::string lab_folder = std::string(OSTLER_SOURCE_DIR) + "/examples/lab";

Ran ostler_says(std::vector<std::string> arguments, const OwnFolder& state, Poke poke = {}) {
  return run_ostler(std::move(arguments), {{"OSTLER_STATE_DIR", state.path}}, std::move(poke));
}

bool has_proof(const std::string& state) {
  std::error_code ignored;
  const std::filesystem::directory_iterator all(state + "/proofs", ignored), end;
  return !ignored && all != end;
}

}  // namespace

TEST_CASE("rehearse names every mistake in both files with its place", "[rehearsal]") {
  const OwnFolder folder;
  const Result<std::string> text = read_file(lab_folder + "/environment.yaml");
  REQUIRE(text.ok());
  REQUIRE(write_file_atomically(folder.path + "/environment.yaml",
                                replace_all(*text, "protection: ask", "protecton: ask"))
              .ok());
  REQUIRE(write_file_atomically(folder.path + "/release.yaml",
                                "apiVersion: ostler/v1\nrelease: 1\nimge: { from: a, to: b }\n")
              .ok());
  const Ran done = ostler_says(
      {"rehearse", folder.path + "/environment.yaml", folder.path + "/release.yaml"}, folder);
  CHECK(done.code == 3);
  INFO(done.said);
  CHECK(done.said.find("environment.yaml:5:1: error: unknown key 'protecton'") !=
        std::string::npos);
  CHECK(done.said.find("release.yaml:3:1: error: unknown key 'imge'") != std::string::npos);
  CHECK_FALSE(has_proof(folder.path));
}

TEST_CASE("rehearse knows one place only, and says so", "[rehearsal]") {
  const OwnFolder folder;
  const Ran done =
      ostler_says({"rehearse", lab_folder + "/environment.yaml", "--in", "clone"}, folder);
  CHECK(done.code == 2);
  CHECK(done.said.find("rehearses in the lab only") != std::string::npos);
}

TEST_CASE("an interrupted rehearsal leaves no proof", "[rehearsal]") {
  if (!lab::local_servers_installed().ok()) return;
  const OwnFolder folder;
  const Ran done = ostler_says(
      {"rehearse", lab_folder + "/environment.yaml", lab_folder + "/release-3/release.yaml"},
      folder, {"Setting up", SIGINT});
  INFO(done.said);
  CHECK(done.code == 130);
  CHECK_FALSE(has_proof(folder.path));
}

// Half a minute of migrations on a real server: run it with the tag [slow].
TEST_CASE("the lab's releases are proved on a real PostgreSQL", "[.][slow]") {
  if (!lab::local_servers_installed().ok()) return;
  for (const char* release : {"release-2", "release-3"}) {
    const OwnFolder folder;
    const std::string out = folder.path + "/next.proof.json";
    const Ran done = ostler_says({"rehearse", lab_folder + "/environment.yaml",
                                  lab_folder + "/" + release + "/release.yaml", "--out", out},
                                 folder);
    INFO(done.said);
    REQUIRE(done.code == 0);
    const Result<std::string> text = read_file(out);
    REQUIRE(text.ok());
    const Result<Proof> proof = parse_proof(*text);
    REQUIRE(proof.ok());
    CHECK(proof->holds());
    CHECK(proof->environment == "lab");
    CHECK(proof->where == "lab");
    CHECK_FALSE(proof->not_covered.empty());
    CHECK(done.said.find("Not proved by this") != std::string::npos);
  }
}
