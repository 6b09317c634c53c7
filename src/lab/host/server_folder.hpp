#pragma once

#include "lab/host/server_process.hpp"

#include "ostler/base/result.hpp"

#include <cstdint>
#include <string>

namespace ostler::lab {

/// What a server's log says of its end: the lines that name an error, or else its last ones.
std::string last_words(const std::string& log);

/// Fails as `refused` with code "space" when fewer bytes are free there for an ordinary user.
Result<void> require_space(const std::string& folder, std::uint64_t bytes);

/// Fails when `account` cannot get through every folder above `path`.
Result<void> require_reachable(const std::string& path, const Account& account);

}  // namespace ostler::lab
