#pragma once

#include <map>
#include <string>
#include <string_view>

namespace ostler::lab {

/// A tar archive (POSIX ustar) of these files and the folders that they lie in, in the order of
/// their names, with no time and no owner. What lies in usr/bin may be run.
std::string tar_of(const std::map<std::string, std::string_view>& files);

}  // namespace ostler::lab
