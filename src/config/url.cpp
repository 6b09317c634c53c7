// Reads URLs of servers: the scheme, the host, and nothing that carries a secret.
#include "references.hpp"
#include "values.hpp"

#include "ostler/base/text.hpp"

#include <charconv>

namespace ostler {
namespace {

struct Url {
  std::string scheme, host, port, path;
};

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<int> number_up_to(std::string_view text, int largest) {
  int value = 0;
  if (!is_digits(text) || text.size() > 5) return std::nullopt;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value <= largest ? std::optional(value) : std::nullopt;
}

/// Four decimal numbers; other spellings that some resolvers accept (127.1, 0x7f.1) are no
/// addresses here.
bool is_ipv4(std::string_view host) {
  const std::vector<std::string> parts = split(host, '.');
  return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
           return number_up_to(part, 255) && (part.size() == 1 || part[0] != '0');
         });
}

bool is_ipv6(std::string_view host) {
  return host.size() > 4 && host.front() == '[' && host.back() == ']' &&
         host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") ==
             std::string_view::npos;
}

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  const std::vector<std::string> labels = split(host, '.');
  // A name that ends in a number is an address in disguise.
  if (is_digits(labels.back())) return false;
  return std::all_of(labels.begin(), labels.end(), [](const std::string& label) {
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::all_of(label.begin(), label.end(), [](char c) {
             return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-';
           });
  });
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || (is_ipv4(host) && starts_with(host, "127."));
}

std::optional<Url> parse(std::string_view text) {
  Url url;
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  url.scheme = text.substr(0, scheme);
  std::string_view rest = text.substr(scheme + 3);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  url.path = rest.substr(slash);
  rest = rest.substr(0, slash);
  const std::size_t colon = rest.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos;
  url.host = rest.substr(0, has_port ? colon : rest.size());
  if (has_port) url.port = rest.substr(colon + 1);
  const std::optional<int> port = number_up_to(url.port, 65535);
  if (has_port && (!port || *port == 0)) return std::nullopt;
  if (!is_ipv4(url.host) && !is_ipv6(url.host) && !is_host_name(url.host)) return std::nullopt;
  if (url.path.find_first_not_of(
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/%") !=
      std::string::npos) {
    return std::nullopt;
  }
  while (ends_with(url.path, "/")) url.path.pop_back();
  return url;
}

}  // namespace

std::string read_url(const Field& field, UrlPath path, const Reading& reading) {
  if (!field) return "";
  Report& report = reading.report;
  const bool suspicious =
      field.node->is_scalar() && field.node->text.find_first_of("@?#") != std::string::npos;
  if (suspicious) {
    hide_value(*field.node, reading.report);
    const bool user = field.node->text.find('@') != std::string::npos;
    report.error(field.span,
                 user ? fmt::format("{} must be a URL without a user or password", field.name)
                      : fmt::format("{} must be a URL without '?' and '#'", field.name),
                 {"Write https://HOST:PORT here and give credentials as references to secrets."});
    return "";
  }
  const std::string text = read_text(field, report);
  if (text.empty()) return "";
  const std::optional<Url> url = parse(text);
  if (!url || (url->scheme != "https" && url->scheme != "http")) {
    report.error(field.span,
                 fmt::format("{} must be a URL, found {}", field.name, found(*field.node, report)),
                 {"Write https://HOST or https://HOST:PORT."});
    return "";
  }
  if (url->scheme == "http" && !is_loopback(url->host)) {
    report.error(field.span,
                 fmt::format("{} must begin with https://, found {}", field.name,
                             found(*field.node, report)),
                 {"Plain http:// is for 127.0.0.0/8, [::1] and localhost only."});
    return "";
  }
  if (path == UrlPath::none && !url->path.empty()) {
    report.error(
        field.span,
        fmt::format("{} must have no path, found {}", field.name, found(*field.node, report)),
        {"Write https://HOST or https://HOST:PORT."});
    return "";
  }
  return url->scheme + "://" + url->host + (url->port.empty() ? "" : ":" + url->port) + url->path;
}

}  // namespace ostler
