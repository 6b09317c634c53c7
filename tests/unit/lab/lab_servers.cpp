// Starts the real servers once for all tests of the lab.
#include "tests/unit/lab/lab_servers.hpp"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

namespace ostler::lab {
namespace {

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(socket);
  return ntohs(address.sin_port);
}

struct Shared {
  std::string folder;
  std::unique_ptr<LocalServers> servers;

  Shared() {
    if (!local_servers_installed().ok()) return;
    char name[] = "/tmp/ostler-lab-test-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    folder = name;
    LocalServersSettings settings;
    settings.folder = folder;
    settings.postgres.port = free_port();
    settings.replica.port = free_port();
    settings.redis.port = free_port();
    auto started = LocalServers::start(std::move(settings));
    if (!started.ok()) FAIL(started.failure().message << " " << started.failure().hint);
    servers = *std::move(started);
  }
  ~Shared() {
    servers.reset();
    std::error_code ignored;
    if (!folder.empty()) std::filesystem::remove_all(folder, ignored);
  }
};

}  // namespace

LocalServers* shared_servers() {
  static Shared shared;
  if (!shared.servers) WARN("PostgreSQL or Redis is not installed: skipped");
  return shared.servers.get();
}

}  // namespace ostler::lab
