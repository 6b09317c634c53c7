// What one step costs beyond its effect: the executor with steps that do nothing on a real journal,
// beside bare fdatasync of as many bytes in as many groups. Prints "ours_us bare_us steps" on one
// line.
#include "tests/fakes/toy_world.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/engine/executor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

using namespace ostler;
using namespace ostler::fakes;

namespace {

double microseconds(BootTime from, BootTime to) {
  return static_cast<double>((to - from).count()) / 1000;
}

Plan long_plan(int steps) {
  Plan plan;
  plan.digest = "sha256:bench";
  for (int at = 0; at < steps; ++at) {
    Node node;
    node.id = fmt::format("S{}", at + 1);
    node.kind = "toy.set";
    node.title = "set a value";
    node.target = fmt::format("value-{}", at);
    node.parameters = {{"value", "new"}};
    plan.nodes.push_back(node);
  }
  return plan;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : std::filesystem::temp_directory_path().string();
  const int steps = 500;
  const auto clock = make_system_clock();
  const std::string path = folder + "/bench-" + random_hex(8) + ".jsonl";
  const Plan plan = long_plan(steps);
  ToyWorld world;
  const ToyKinds kinds(world);
  NoSystems systems(*clock);
  EventStream events(*clock);
  BootTime ours_from{}, ours_to{};
  {
    auto journal = create_journal(path, "bench-1", "bench", *clock);
    if (!journal || !(*journal)->append({run_open(plan, "", "")})) return 1;
    Executor executor(plan, kinds, systems, **journal, events, *clock, Cancellation(), {});
    ours_from = clock->boot();
    if (executor.run().ending != Ending::done) return 1;
    ours_to = clock->boot();
  }
  const auto bytes = std::filesystem::file_size(path);
  std::filesystem::remove(path);
  std::filesystem::remove(path + ".lock");

  const int bare = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (bare < 0) return 1;
  const std::string group(bytes / (2 * steps), 'x');
  const BootTime bare_from = clock->boot();
  for (int at = 0; at < 2 * steps; ++at)
    if (write(bare, group.data(), group.size()) < 0 || fdatasync(bare) != 0) return 1;
  const BootTime bare_to = clock->boot();
  close(bare);
  std::filesystem::remove(path);
  fmt::print("{:.1f} {:.1f} {}\n", microseconds(ours_from, ours_to) / steps,
             microseconds(bare_from, bare_to) / steps, steps);
  return 0;
}
