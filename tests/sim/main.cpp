// ostler-sim: the engine in a world where everything goes wrong, seed by seed.
#include "sim/jobs.hpp"
#include "sim/options.hpp"
#include "sim/stage.hpp"

#include "ostler/base/secret.hpp"
#include "ostler/base/side_by_side.hpp"
#include "ostler/base/text.hpp"
#include "ostler/view/plain.hpp"

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace ostler::sim {
namespace {

constexpr const char* usage =
    R"(usage: ostler-sim [--seeds FROM..TO] [--world NAME] [--plant BUG|all] [--shrink] [--jobs N]
       ostler-sim --replay SEED [--plant BUG] [--shrink]
       ostler-sim --plants

Runs one release per seed in a simulated world and checks what must be true of it. With --plant a
bug is planted in the engine, and finding it is success. --replay tells the whole story of a seed.
)";

constexpr std::uint64_t most_told = 20;

void print(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
}

void print_faults(std::uint64_t seed, const SeedOptions& options) {
  const SeedResult shortest = shrink(seed, options);
  print(fmt::format("  {} {} needed:", shortest.faults.size(),
                    shortest.faults.size() == 1 ? "fault is" : "faults are"));
  for (const FaultEvent& fault : shortest.faults)
    print(fmt::format("    {:>10.6f} s  #{} {}", static_cast<double>(fault.when.count()) / 1e6,
                      fault.number, fault.what));
}

int replay(const Options& asked, SeedOptions options) {
  if (asked.shrink) {
    const SeedResult shortest = shrink(asked.from, options);
    options.only.emplace();
    for (const FaultEvent& fault : shortest.faults) options.only->insert(fault.number);
  }
  options.tell = [](const std::string& line) { print("  | " + sanitize(line)); };
  const Sink out = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); };
  Plain lines(out, out, Milliseconds{0}, Detail::verbose);
  options.observer = &lines;
  const SeedResult result = simulate(asked.from, options);
  print(
      fmt::format("seed {}: {}, hash {:016x}", asked.from, to_string(result.outcome), result.hash));
  if (!result.violation) return 0;
  print(fmt::format("violated {}: {}", result.violation->invariant, result.violation->what));
  return 1;
}

int run(const Options& asked, const SeedOptions& options) {
  const auto started = std::chrono::steady_clock::now();
  const unsigned jobs =
      asked.jobs > 0 ? asked.jobs : std::max(1u, std::thread::hardware_concurrency());
  const std::uint64_t enough = asked.plant.empty() ? most_told : 1;
  const Tally tally =
      run_seeds(asked.from, asked.to, jobs, options, enough,
                [&](std::uint64_t seed, const std::string& what) {
                  print(fmt::format("seed {} violates {}", seed, what));
                  print(fmt::format("  see it: ostler-sim --replay {}{}", seed,
                                    asked.plant.empty() ? "" : " --plant " + asked.plant));
                  if (asked.shrink && seed > 0) print_faults(seed, options);
                });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  print(fmt::format(
      "seeds={} violations={} committed={} rolled_back={} undone={} parked={} unchanged={} "
      "per_second={:.0f}",
      tally.seeds, tally.violations, tally.committed, tally.rolled_back, tally.undone, tally.parked,
      tally.unchanged, static_cast<double>(tally.seeds) / took.count()));
  // A planted bug must be found; without one there is none to find.
  return (tally.violations > 0) == asked.plant.empty() ? 1 : 0;
}

/// Every bug in turn: each must be found, and the first that is not fails.
int run_every_plant(Options asked, const SeedOptions& options) {
  int missed = 0;
  for (const std::string& bug : plants()) {
    asked.plant = bug;
    plant(bug);
    print("plant " + bug);
    missed += run(asked, options);
  }
  print(fmt::format("plants={} missed={}", plants().size(), missed));
  return missed == 0 ? 0 : 1;
}

int start(const Options& asked) {
  if (asked.help || !asked.trouble.empty()) {
    if (!asked.trouble.empty()) std::fputs(("ostler-sim: " + asked.trouble + "\n").c_str(), stderr);
    std::fputs(usage, asked.help ? stdout : stderr);
    return asked.help ? 0 : 2;
  }
  if (asked.list_plants) {
    for (const std::string& bug : plants()) print(bug);
    return 0;
  }
  const bool every = asked.plant == "all";
  if (!every && !plant(asked.plant)) {
    std::fputs(("ostler-sim: there is no bug '" + asked.plant + "'\n").c_str(), stderr);
    return 2;
  }
  const WorldKind* world = find_world(asked.world);
  if (world == nullptr) {
    std::fputs(("ostler-sim: there is no world '" + asked.world + "'\n").c_str(), stderr);
    return 2;
  }
  forbid_threads();
  // Before the workers are made, so that it is worked out once.
  world->prepare();
  const Secret canary{std::string(NothingLeaks::canary)};
  SeedOptions options;
  options.world = asked.world;
  if (every) return run_every_plant(asked, options);
  return asked.replay ? replay(asked, options) : run(asked, options);
}

}  // namespace
}  // namespace ostler::sim

int main(int count, char** values) try {
  return ostler::sim::start(
      ostler::sim::parse_options(std::vector<std::string>(values + 1, values + count)));
} catch (const std::runtime_error& error) {
  std::fprintf(stderr, "ostler-sim: %s\n", error.what());
  return 2;
}
