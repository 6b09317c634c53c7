#include "systems/web_address.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

TEST_CASE("plain URLs are read, odd ones are not") {
  const auto read = read_web_address("https://Registry.Example:5000/v2/?a=b");
  REQUIRE(read);
  CHECK(read->authority() == "registry.example:5000");
  CHECK(read->path == "/v2/?a=b");
  CHECK(read_web_address("https://registry.example")->port == 443);
  CHECK(read_web_address("http://[::1]:5000/x")->host == "[::1]");
  CHECK(read_web_address("https://a.example:443/x")->text() == "https://a.example/x");
  for (const char* odd :
       {"", "ftp://a/", "https://", "https://user@a/", "https://a\\b/", "https://a b/",
        "https://a:0/", "https://a:99999/", "https://a:/", "https://a/#x", "https://[::1",
        "https://a_b/", "https://a%2eb/", "//a/b"}) {
    INFO(odd);
    CHECK_FALSE(read_web_address(odd));
  }
}

TEST_CASE("addresses inside a machine or network are known in every spelling") {
  const auto is_private = [](const char* url) {
    return is_private_literal(*read_web_address(url));
  };
  for (const char* url :
       {"https://127.0.0.1", "https://10.0.0.1", "https://172.16.0.1", "https://192.168.1.1",
        "https://169.254.169.254", "https://100.64.0.1", "https://0.0.0.0", "https://[::1]",
        "https://[fe80::1]", "https://[fd00::1]", "https://[::ffff:127.0.0.1]",
        "https://2130706433", "https://0x7f.1", "https://127.1", "https://0177.0.0.1",
        "https://localhost", "https://[64:ff9b::7f00:1]"}) {
    INFO(url);
    CHECK(is_private(url));
  }
  for (const char* url : {"https://8.8.8.8", "https://172.32.0.1", "https://registry.example",
                          "https://[2001:db8::1]"}) {
    INFO(url);
    CHECK_FALSE(is_private(url));
  }
}

TEST_CASE("locations are taken as given or relative to the request") {
  const WebAddress base = *read_web_address("https://registry.example/v2/a/blobs/uploads/");
  CHECK(resolve_location(base, "/v2/a/blobs/uploads/1?_state=x")->text() ==
        "https://registry.example/v2/a/blobs/uploads/1?_state=x");
  CHECK(resolve_location(base, "https://other.example/x")->text() == "https://other.example/x");
  CHECK(resolve_location(base, "1?x=https://evil/")->text() ==
        "https://registry.example/v2/a/blobs/uploads/1?x=https://evil/");
  CHECK_FALSE(resolve_location(base, ""));
  CHECK_FALSE(resolve_location(base, "//evil.test/x"));
  CHECK_FALSE(resolve_location(base, "ftp://evil.test/x"));
}
