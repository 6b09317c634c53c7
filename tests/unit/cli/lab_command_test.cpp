// ostler lab as a user starts and ends it: signals, the command run inside, what is left behind.
#include "tests/unit/cli/command_process.hpp"

#include "ostler/base/file_handle.hpp"
#include "ostler/lab/local_servers.hpp"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>

using namespace ostler;

namespace {

/// A network that no other test and no lab of a user listens in.
constexpr const char* network = "127.93.7";

Ran lab_says(std::vector<std::string> arguments, const OwnFolder& temporary, Poke poke = {}) {
  std::vector<std::string> all{"lab", "--listen", network, "--shoppers", "0"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run_ostler(std::move(all), {{"TMPDIR", temporary.path}}, std::move(poke));
}

FileHandle listen_at(const std::string& host, int port) {
  FileHandle socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  REQUIRE(bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(socket.get(), 1) == 0);
  return socket;
}

}  // namespace

TEST_CASE("a lab whose address is taken says which and starts nothing", "[lab]") {
  if (!lab::local_servers_installed().ok()) return;
  const OwnFolder temporary;
  const FileHandle other = listen_at("127.93.7.1", 9090);
  const Ran ran = lab_says({}, temporary);
  INFO(ran.said);
  CHECK(ran.code == 10);
  CHECK(ran.said.find("127.93.7.1:9090, where Prometheus is to listen: Address already in use") !=
        std::string::npos);
  CHECK(ran.said.find("--listen") != std::string::npos);
  CHECK(ran.said.find("starting") == std::string::npos);
  CHECK(temporary.empty());
}

TEST_CASE("a lab interrupted while it starts takes all away again", "[lab]") {
  if (!lab::local_servers_installed().ok()) return;
  const OwnFolder temporary;
  const Ran ran = lab_says({}, temporary, {"starting PostgreSQL", SIGINT});
  INFO(ran.said);
  CHECK(ran.code == 130);
  CHECK(ran.said.find("starting the simulated platform") == std::string::npos);
  CHECK(temporary.empty());
}

TEST_CASE("a running lab ends at a signal and leaves nothing", "[lab]") {
  if (!lab::local_servers_installed().ok()) return;
  const OwnFolder temporary;
  const Ran ran = lab_says({}, temporary, {"Ctrl-C ends the lab", SIGTERM});
  INFO(ran.said);
  CHECK(ran.code == 0);
  CHECK(ran.said.find("Shoppers made 0 requests") != std::string::npos);
  CHECK(temporary.empty());
}

TEST_CASE("a command in the lab has the interrupts to itself and is told to stop", "[lab]") {
  if (!lab::local_servers_installed().ok()) return;
  const OwnFolder temporary;
  const std::string command =
      "kill -INT $PPID\n"
      // A broken pipe ends a program without a word.
      "sh -c 'kill -PIPE $$'\n"
      "[ $? = 141 ] || exit 1\n"
      "trap 'kill $!; exit 5' TERM\n"
      "kill -TERM $PPID\n"
      "while :; do sleep 60 & wait; done";
  const Ran ran = lab_says({"--", "sh", "-c", command}, temporary);
  INFO(ran.said);
  CHECK(ran.code == 5);
  CHECK(ran.said.find("Shoppers made 0 requests") != std::string::npos);
  CHECK(temporary.empty());
}
