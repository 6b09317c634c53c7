// What ostler-sim is asked for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ostler::sim {

struct Options {
  std::uint64_t from = 1, to = 1000;  ///< seeds, both included
  std::string world = "toy", plant;
  unsigned jobs = 0;  ///< 0: one per core
  bool shrink = false, replay = false, list_plants = false, help = false;
  std::string trouble;  ///< why the arguments make no sense; empty when they do
};

Options parse_options(const std::vector<std::string>& arguments);

}  // namespace ostler::sim
