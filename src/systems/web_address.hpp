#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ostler {

/// An http(s) URL in its parts. Only plain ones are read: no user, no odd characters in the host,
/// so that no two parsers can disagree about where it leads.
struct WebAddress {
  std::string scheme;  ///< "https" or "http"
  std::string host;    ///< lower case; an IPv6 address with its brackets
  int port = 0;        ///< never 0 when read
  std::string path;    ///< from the first "/" on, with the query

  /// "registry.example:5000"; the port only when it is not the scheme's.
  std::string authority() const;
  std::string text() const;
};

std::optional<WebAddress> read_web_address(std::string_view url);

/// "localhost" or a loopback address.
bool is_loopback(const WebAddress& address);

/// A literal address that leads into a machine or a private network, or a number that some
/// resolvers take for one.
bool is_private_literal(const WebAddress& address);

/// Where `location` (of a redirect or an upload) leads, seen from `base`.
std::optional<WebAddress> resolve_location(const WebAddress& base, std::string_view location);

}  // namespace ostler
