// AWS Signature Version 4. Not libcurl's own: in 7.88 it sends no x-amz-content-sha256 and signs
// the query as written, later versions do otherwise, and neither can be tested against the
// published vectors without a server.
#include "transport/aws_signature.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <map>

namespace ostler {
namespace {

std::string bytes_of_hex(const std::string& hex) {
  const auto digit = [](char letter) { return letter <= '9' ? letter - '0' : letter - 'a' + 10; };
  std::string bytes(hex.size() / 2, '\0');
  for (std::size_t at = 0; at < bytes.size(); ++at)
    bytes[at] = static_cast<char>(digit(hex[2 * at]) * 16 + digit(hex[2 * at + 1]));
  return bytes;
}

/// HMAC-SHA256 (RFC 2104) as bytes.
std::string hmac(std::string_view key, std::string_view text) {
  constexpr std::size_t block = 64;
  std::string padded{key};
  if (padded.size() > block) padded = bytes_of_hex(sha256_hex(padded));
  padded.resize(block, '\0');
  std::string inner = padded, outer = padded;
  for (char& letter : inner) letter = static_cast<char>(letter ^ 0x36);
  for (char& letter : outer) letter = static_cast<char>(letter ^ 0x5c);
  Sha256 first, second;
  first.update(inner);
  first.update(text);
  second.update(outer);
  second.update(bytes_of_hex(first.hex()));
  wipe(padded);
  wipe(inner);
  wipe(outer);
  return bytes_of_hex(second.hex());
}

std::string lower(std::string text) {
  for (char& letter : text)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return text;
}

/// The next key of the chain; the one before is wiped.
std::string derived(std::string key, std::string_view text) {
  std::string next = hmac(key, text);
  wipe(key);
  return next;
}

}  // namespace

std::string canonical_query(const std::string& query) {
  if (query.empty()) return "";
  std::vector<std::string> parts = split(query, '&');
  parts.erase(std::remove(parts.begin(), parts.end(), ""), parts.end());
  for (std::string& part : parts)
    if (part.find('=') == std::string::npos) part += '=';
  // By name, then by value: comparing the whole texts would sort "a-b=" before "a=".
  std::sort(parts.begin(), parts.end(), [](const std::string& left, const std::string& right) {
    const auto in_two = [](const std::string& part) {
      const auto equal = part.find('=');
      return std::pair{part.substr(0, equal), part.substr(equal + 1)};
    };
    return in_two(left) < in_two(right);
  });
  return join(parts, "&");
}

std::vector<HttpHeader> aws_signature_headers(const AwsCredentials& credentials,
                                              const std::string& method, const HttpUrl& url,
                                              const std::vector<HttpHeader>& headers,
                                              const std::string& payload_hash, WallTime now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const std::string time = fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(seconds));
  const std::string day = time.substr(0, 8);
  std::map<std::string, std::string> to_sign{
      {"host", url.authority()}, {"x-amz-content-sha256", payload_hash}, {"x-amz-date", time}};
  for (const auto& [name, value] : headers) to_sign[lower(name)] = trim(value);
  std::string canonical = fmt::format("{}\n{}\n{}\n", method, url.path, url.query);
  std::string names;
  for (const auto& [name, value] : to_sign) {
    canonical += name + ":" + value + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  canonical += "\n" + names + "\n" + payload_hash;
  const std::string scope = fmt::format("{}/{}/s3/aws4_request", day, credentials.region);
  const std::string text =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", time, scope, sha256_hex(canonical));
  std::string key = "AWS4";
  key.reserve(256);  // no copy of the secret left behind by growing
  if (credentials.secret_key) key += credentials.secret_key->reveal();
  for (const std::string& part :
       {day, credentials.region, std::string{"s3"}, std::string{"aws4_request"}})
    key = derived(std::move(key), part);
  const std::string signature = to_hex(hmac(key, text));
  wipe(key);
  return {{"x-amz-date", time},
          {"x-amz-content-sha256", payload_hash},
          {"Authorization",
           fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                       credentials.access_key, scope, names, signature)}};
}

}  // namespace ostler
