#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace ostler {

/// A value that must never be shown. It has no formatter and no conversion, so printing one does
/// not compile; its memory is wiped when it goes. Every value that becomes a Secret is known to the
/// redactor from then on.
class Secret {
 public:
  Secret() = default;
  /// Takes over the characters and wipes `value`.
  explicit Secret(std::string&& value);
  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  bool empty() const { return value_.empty(); }
  /// A second owner of the same value, where two clients need it.
  Secret duplicate() const;
  /// The value itself, for the one call that hands it to a server. Do not keep the view or build
  /// messages from it.
  std::string_view reveal() const { return value_; }

 private:
  std::string value_;
};

/// Makes `value` known to the redactor without owning it, for secrets that live inside other
/// libraries. Values shorter than 4 bytes are ignored: replacing them would garble every text.
void register_secret(std::string_view value);

/// `text` with every registered secret (raw, base64, URL-, JSON- and hex-encoded) replaced by
/// `[secret]`, and with the passwords of URLs and libpq strings removed whether registered or not.
/// The last stage of every sink.
std::string redact(std::string_view text);

/// Overwrites the characters in a way that the compiler keeps.
void wipe(std::string& value);

}  // namespace ostler
