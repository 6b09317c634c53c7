#pragma once

#include "ostler/base/result.hpp"

#include <string>
#include <string_view>

namespace ostler {

/// An http or https URL in parts, as libcurl itself reads it: two parsers of one URL disagree
/// sooner or later.
struct HttpUrl {
  std::string scheme;  ///< "http" or "https"
  std::string host;    ///< an IPv6 address keeps its brackets
  std::string port;    ///< always there
  bool default_port = true;
  std::string path;   ///< starts with '/', as given
  std::string query;  ///< as given, without the '?'

  /// "host" or "host:port", as the Host header has it.
  std::string authority() const;
  /// Without the query, for messages: "https://host:6443/path".
  std::string text() const;
  /// With the query, to be sent.
  std::string full() const;
};

/// Fails as `permanent` for what is no http or https URL, holds a user name or password, or holds
/// control characters or spaces.
Result<HttpUrl> parse_http_url(const std::string& url);

}  // namespace ostler
