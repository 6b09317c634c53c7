// Takes URLs apart with libcurl's own parser.
#include "transport/http_url.hpp"

#include "ostler/base/text.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>

namespace ostler {
namespace {

Failure bad_url(std::string_view why) {
  return {FailureKind::permanent, fmt::format("the URL {}", why),
          "Write it as https://host[:port]/path.", ""};
}

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK || text == nullptr) return "";
  std::string result{text};
  curl_free(text);
  return result;
}

}  // namespace

std::string HttpUrl::authority() const {
  return default_port ? host : host + ":" + port;
}

std::string HttpUrl::text() const {
  return sanitize(scheme + "://" + authority() + path);
}

std::string HttpUrl::full() const {
  return scheme + "://" + authority() + path + (query.empty() ? "" : "?" + query);
}

Result<HttpUrl> parse_http_url(const std::string& url) {
  for (const char letter : url) {
    const auto code = static_cast<unsigned char>(letter);
    if (code <= 0x20 || code >= 0x7f)
      return bad_url("holds a space, a control character or a character outside ASCII");
  }
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed{curl_url(), &curl_url_cleanup};
  if (!parsed) return bad_url("could not be read for lack of memory");
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(),
                                      CURLU_PATH_AS_IS | CURLU_DISALLOW_USER);
  if (code == CURLUE_USER_NOT_ALLOWED) return bad_url("must not hold a user name or password");
  if (code != CURLUE_OK) return bad_url("is not one");
  HttpUrl result;
  result.scheme = part(parsed.get(), CURLUPART_SCHEME);
  if (result.scheme != "http" && result.scheme != "https")
    return bad_url(fmt::format("has the scheme '{}', not http or https", sanitize(result.scheme)));
  result.host = part(parsed.get(), CURLUPART_HOST);
  if (result.host.empty()) return bad_url("names no host");
  result.port = part(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  result.default_port = result.port == (result.scheme == "https" ? "443" : "80");
  result.path = part(parsed.get(), CURLUPART_PATH);
  if (result.path.empty()) result.path = "/";
  result.query = part(parsed.get(), CURLUPART_QUERY);
  return result;
}

}  // namespace ostler
