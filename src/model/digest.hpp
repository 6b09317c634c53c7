// What plans and proofs are known by.
#pragma once

#include "ostler/base/hash.hpp"
#include "ostler/base/json.hpp"

namespace ostler {

/// "sha256:" and the SHA-256, in hexadecimal, of the value's bytes with its keys in order.
inline std::string digest_of(const Json& value) {
  return "sha256:" + sha256_hex(to_bytes(value));
}

}  // namespace ostler
