// Starts the real servers once for all tests of the lab.
#include "tests/unit/lab/lab_servers.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

namespace ostler::lab {
namespace {

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
    const auto chosen = choose_free_ports(settings);
    if (!chosen.ok()) FAIL(chosen.failure().message);
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
