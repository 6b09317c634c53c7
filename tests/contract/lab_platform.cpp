// Puts the lab together for the contract tests.
#include "tests/contract/lab_platform.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/text.hpp"
#include "ostler/config/yaml_json.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace ostler {
namespace {

lab::ModelledPostgresSettings with_tenants(std::vector<std::string> tenants) {
  lab::ModelledPostgresSettings settings;
  settings.tenants = std::move(tenants);
  return settings;
}

/// A file with that content for as long as it is read.
struct PassingFile {
  explicit PassingFile(const std::string& text) : path("/tmp/ostler-contract-XXXXXX") {
    const int descriptor = mkstemp(path.data());
    REQUIRE(descriptor >= 0);
    ::close(descriptor);
    std::ofstream(path) << text;
  }
  ~PassingFile() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
  std::string path;
};

}  // namespace

void LabClock::sleep_until(BootTime until, const Cancellation&) {
  world_.advance_to(std::chrono::ceil<lab::Instant>(until));
}

Result<HttpResponse> LabHttp::exchange(lab::Door& door, const HttpRequest& request) {
  lab::Served served = door.answer(request);
  world_.advance_to(world_.now() + served.took);
  return std::move(served.response);
}

LabPlatform::LabPlatform(std::vector<std::string> tenants)
    : postgres(world, with_tenants(std::move(tenants))), platform(world, {}, postgres.databases()) {
  open_doors();
}

LabPlatform::LabPlatform(const MakeDatabases& make)
    : postgres(world, with_tenants({})), databases(make(world)), platform(world, {}, *databases) {
  open_doors();
}

void LabPlatform::open_doors() {
  for (const auto& [address, door] : platform.doors()) http.serve(address, *door);
}

void LabPlatform::come_up() {
  const auto up = platform.come_up();
  if (!up.ok()) FAIL(up.failure().message);
}

void LabPlatform::add_fake_nodes() {
  const auto text =
      read_file(std::string(OSTLER_SOURCE_DIR) + "/tests/stack/manifests/fake-nodes.yaml");
  REQUIRE(text.ok());
  std::size_t nodes = 0;
  std::size_t at = text->find("\n---\n");
  while (at != std::string::npos) {
    const std::size_t next = text->find("\n---\n", at + 1);
    auto node = yaml_to_json(std::string_view(*text).substr(at + 5, next - at - 5), "fake nodes");
    if (!node.ok()) FAIL(node.failure().message);
    platform.objects().put(*std::move(node));
    ++nodes;
    at = next;
  }
  REQUIRE(nodes == 3);
}

std::unique_ptr<Kubernetes> LabPlatform::kubernetes() {
  const PassingFile kubeconfig(lab::lab_kubeconfig(platform.addresses().kubernetes, ""));
  auto made = make_kubernetes({kubeconfig.path, ""}, http, *processes_);
  if (!made.ok()) FAIL(made.failure().message);
  return *std::move(made);
}

}  // namespace ostler
