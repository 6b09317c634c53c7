// The worlds of the simulation by their names.
#include "sim/platform/ground.hpp"
#include "sim/stage.hpp"

namespace ostler::sim {

const WorldKind* find_world(std::string_view name) {
  static constexpr std::array<WorldKind, 2> worlds{{
      {"toy", 1, [] {}, make_toy_stage},
      {"platform", 5, [] { platform_release(); }, make_platform_stage},
  }};
  for (const WorldKind& world : worlds)
    if (world.name == name) return &world;
  return nullptr;
}

}  // namespace ostler::sim
