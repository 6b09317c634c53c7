// What all servers of the lab share: reading a request's target, and plain answers.
#include "ostler/lab/door.hpp"

#include "ostler/base/text.hpp"

#include <algorithm>
#include <cctype>

namespace ostler::lab {
namespace {

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text, bool plus_is_space) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size() && hex_value(text[at + 1]) >= 0 &&
        hex_value(text[at + 2]) >= 0) {
      result += static_cast<char>(hex_value(text[at + 1]) * 16 + hex_value(text[at + 2]));
      at += 2;
    } else if (text[at] == '+' && plus_is_space) {
      result += ' ';
    } else {
      result += text[at];
    }
  }
  return result;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

}  // namespace

std::string Target::value(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return "";
}

bool Target::has(std::string_view name) const {
  return std::any_of(query.begin(), query.end(),
                     [name](const auto& pair) { return pair.first == name; });
}

std::vector<std::string> Target::parts() const {
  std::vector<std::string> result;
  for (std::string& part : split(path, '/'))
    if (!part.empty()) result.push_back(std::move(part));
  return result;
}

Target target_of(std::string_view url) {
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos) {
    const std::size_t slash = url.find_first_of("/?", scheme + 3);
    url = slash == std::string_view::npos ? "/" : url.substr(slash);
  }
  Target target;
  const std::size_t question = url.find('?');
  target.path = decoded(url.substr(0, question), false);
  if (question == std::string_view::npos) return target;
  for (const std::string& pair : split(std::string(url.substr(question + 1)), '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    target.query.emplace_back(decoded(std::string_view(pair).substr(0, equals), true),
                              equals == std::string::npos
                                  ? ""
                                  : decoded(std::string_view(pair).substr(equals + 1), true));
  }
  return target;
}

std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers)
    if (same_name(key, name)) return value;
  return "";
}

Served answer_text(int status, std::string body, const std::string& content_type) {
  Served served;
  served.response.status = status;
  served.response.headers = {{"content-type", content_type}};
  served.response.body = std::move(body);
  return served;
}

Served answer_json(int status, const Json& body) {
  return answer_text(status, to_bytes(body), "application/json");
}

void finish_transfer(const HttpRequest& request, Served& served, Instant latency,
                     std::int64_t bytes_per_microsecond) {
  HttpResponse& response = served.response;
  if (request.method == "HEAD" && !response.body.empty()) {
    response.headers.emplace_back("content-length", std::to_string(response.body.size()));
    response.body.clear();
  }
  const auto moved = static_cast<std::int64_t>(request.body.size() + response.body.size());
  served.took = latency + Instant{moved / bytes_per_microsecond};
}

}  // namespace ostler::lab
