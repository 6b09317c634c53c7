#pragma once

#include "ostler/base/result.hpp"

#include <string>
#include <vector>

namespace ostler {

/// find_environment with the folders it looks in given: the working folder and /etc/ostler in the
/// program.
Result<std::string> find_environment_below(const std::string& typed,
                                           const std::string& working_folder,
                                           const std::string& system_folder);

}  // namespace ostler
