// Reads the URLs that servers hand out, and says which of them lead to places no server should send
// us to.
#include "systems/web_address.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <vector>

namespace ostler {

namespace {

constexpr std::size_t url_limit = 8192;

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Four decimal parts of at most 255 without leading zeros; nothing for anything else.
std::optional<std::vector<int>> read_ipv4(std::string_view host) {
  std::vector<int> parts;
  for (const std::string& part : split(host, '.')) {
    if (!all_digits(part) || part.size() > 3 || (part.size() > 1 && part[0] == '0'))
      return std::nullopt;
    parts.push_back(std::stoi(part));
    if (parts.back() > 255) return std::nullopt;
  }
  if (parts.size() != 4) return std::nullopt;
  return parts;
}

/// "127.1", "0x7f.1", "2130706433": some resolvers read addresses in these.
bool looks_like_number(std::string_view host) {
  const auto dot = host.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? host : host.substr(dot + 1);
  return all_digits(last) || starts_with(last, "0x");
}

}  // namespace

std::string WebAddress::authority() const {
  const bool usual = port == (scheme == "https" ? 443 : 80);
  return usual ? host : host + ":" + std::to_string(port);
}

std::string WebAddress::text() const {
  return scheme + "://" + authority() + path;
}

std::optional<WebAddress> read_web_address(std::string_view url) {
  if (url.size() > url_limit) return std::nullopt;
  for (const char c : url) {
    if (c <= ' ' || c == '\x7f' || c == '\\' || c == '#') return std::nullopt;
  }
  WebAddress address;
  for (const char* scheme : {"https", "http"}) {
    const std::string prefix = std::string(scheme) + "://";
    if (!starts_with(url, prefix)) continue;
    address.scheme = scheme;
    url.remove_prefix(prefix.size());
    break;
  }
  if (address.scheme.empty()) return std::nullopt;
  const auto end = url.find_first_of("/?");
  std::string_view authority = url.substr(0, end);
  address.path = end == std::string_view::npos ? "" : std::string(url.substr(end));
  if (starts_with(address.path, "?")) address.path.insert(0, "/");

  std::size_t host_end = authority.find(':');
  if (starts_with(authority, "[")) {
    const auto bracket = authority.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    if (authority.substr(1, bracket - 1).find_first_not_of("0123456789abcdefABCDEF:.") !=
        std::string_view::npos) {
      return std::nullopt;
    }
    host_end = bracket + 1;
  }
  for (const char c : authority.substr(0, host_end)) {
    address.host += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (address.host.empty()) return std::nullopt;
  if (address.host[0] != '[') {
    for (const char c : address.host) {
      if (!is_host_character(c)) return std::nullopt;
    }
  }
  address.port = address.scheme == "https" ? 443 : 80;
  if (host_end < authority.size()) {
    const std::string_view port = authority.substr(host_end + 1);
    if (authority[host_end] != ':' || !all_digits(port) || port.size() > 5) return std::nullopt;
    std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (address.port < 1 || address.port > 65535) return std::nullopt;
  }
  return address;
}

bool is_loopback(const WebAddress& address) {
  if (address.host == "localhost" || address.host == "[::1]") return true;
  const auto parts = read_ipv4(address.host);
  return parts && (*parts)[0] == 127;
}

bool is_private_literal(const WebAddress& address) {
  if (address.host == "localhost") return true;
  if (address.host[0] == '[') {
    // Global unicast addresses begin with 2 or 3; everything else is local in some way or holds an
    // IPv4 address.
    const bool global = address.host.size() > 5 &&
                        (address.host[1] == '2' || address.host[1] == '3') &&
                        address.host.find('.') == std::string::npos && address.host[5] == ':';
    return !global;
  }
  const auto parts = read_ipv4(address.host);
  if (!parts) return looks_like_number(address.host);
  const int first = (*parts)[0];
  const int second = (*parts)[1];
  return first == 0 || first == 10 || first == 127 || first >= 224 ||
         (first == 169 && second == 254) || (first == 172 && second >= 16 && second < 32) ||
         (first == 192 && second == 168) || (first == 100 && second >= 64 && second < 128);
}

std::optional<WebAddress> resolve_location(const WebAddress& base, std::string_view location) {
  if (location.empty() || starts_with(location, "//")) return std::nullopt;
  if (location.find("://") < location.find_first_of("/?")) return read_web_address(location);
  std::string path(location);
  if (path[0] != '/') {
    const std::string_view folder = std::string_view(base.path).substr(0, base.path.find('?'));
    const auto slash = folder.rfind('/');
    path = std::string(folder.substr(0, slash == std::string_view::npos ? 0 : slash)) + "/" + path;
  }
  WebAddress here = base;
  here.path.clear();
  return read_web_address(here.text() + path);
}

}  // namespace ostler
