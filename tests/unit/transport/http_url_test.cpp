#include "transport/http_url.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

TEST_CASE("a URL is taken apart and put together as it was", "[url]") {
  const Result<HttpUrl> url = parse_http_url("https://s3.example:7443/a/../b%2Fc?x=1&y=a%20b");
  REQUIRE(url.ok());
  CHECK(url->scheme == "https");
  CHECK(url->authority() == "s3.example:7443");
  CHECK(url->path == "/a/../b%2Fc");
  CHECK(url->query == "x=1&y=a%20b");
  CHECK(url->full() == "https://s3.example:7443/a/../b%2Fc?x=1&y=a%20b");
}

TEST_CASE("the text for messages has no query", "[url]") {
  CHECK(parse_http_url("https://host/path?token=very-secret")->text() == "https://host/path");
}

TEST_CASE("a default port stays away, an IPv6 address keeps its brackets", "[url]") {
  CHECK(parse_http_url("https://host:443/")->authority() == "host");
  CHECK(parse_http_url("http://[::1]:8080/x")->authority() == "[::1]:8080");
  CHECK(parse_http_url("http://host")->full() == "http://host/");
}

TEST_CASE("what is no plain http URL is refused without being repeated", "[url]") {
  for (const char* bad :
       {"", "host/path", "ftp://host/", "file:///etc/passwd", "https://user:hunter@host/",
        "https://host/a b", "https://host/\r\nX: y", "https://host:99999/"}) {
    const Result<HttpUrl> url = parse_http_url(bad);
    INFO(bad);
    REQUIRE_FALSE(url.ok());
    CHECK(url.failure().kind == FailureKind::permanent);
    CHECK(url.failure().message.find("hunter") == std::string::npos);
  }
}
