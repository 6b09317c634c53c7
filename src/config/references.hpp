#pragma once

#include "fields.hpp"

#include "ostler/config/environment.hpp"

#include <string>

namespace ostler {

/// What reading a file needs besides the field at hand.
struct Reading {
  const YamlNode& root;
  Report& report;
  std::string folder;  ///< absolute, for relative paths
};

/// Hides from every diagnostic what looks like a secret: literal values of keys that name one, and
/// URLs with a user.
void hide_secrets(const Reading& reading);

/// A reference to a secret. A literal value is refused and never shown.
SecretRef read_secret(const Field& field, const Reading& reading);

/// A path as it stands in the file, made absolute.
std::string read_path(const Field& field, const Reading& reading);
/// `ca`: a path, or { env: NAME } given back as "env:NAME".
std::string read_ca(const Field& field, const Reading& reading);

enum class UrlPath { none, allowed };
/// https://HOST[:PORT], with http:// for loopback hosts only; without user, password, query and
/// trailing slash. A URL with a user or password in it is refused without being shown.
std::string read_url(const Field& field, UrlPath path, const Reading& reading);

}  // namespace ostler
