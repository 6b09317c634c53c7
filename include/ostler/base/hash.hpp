#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ostler {

/// SHA-256 of data that arrives in pieces (FIPS 180-4, by OpenSSL).
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view bytes);
  /// Lower-case hex of everything so far. Call once.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Lower-case hex SHA-256 of `bytes`.
std::string sha256_hex(std::string_view bytes);
/// Lower-case hex SHA-1 of `bytes`, where a foreign format demands it (click-odoo's addon hashes).
std::string sha1_hex(std::string_view bytes);
std::string to_hex(std::string_view bytes);
/// Standard base64 with padding (RFC 4648 section 4).
std::string to_base64(std::string_view bytes);
/// The decoded bytes, or nothing when `text` is not base64. White space is skipped.
std::optional<std::string> from_base64(std::string_view text);
/// `count` hex digits from the operating system's random source.
std::string random_hex(std::size_t count);

}  // namespace ostler
