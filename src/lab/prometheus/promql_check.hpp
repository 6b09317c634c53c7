#pragma once

#include "lab/prometheus/promql.hpp"

#include <string>

namespace ostler::lab {

/// What is wrong with an expression, and where: the first trouble ends the parsing.
struct PromTrouble {
  std::size_t position;
  std::string message;
};

/// Finds out the types of all nodes. Throws PromTrouble where they do not fit together.
void check_promql(PromNode& node);

}  // namespace ostler::lab
