#include "systems/registry_auth.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

TEST_CASE("challenges are read by their own grammar") {
  const auto bearer = parse_challenges(
      R"(Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push")");
  REQUIRE(bearer.size() == 1);
  CHECK(bearer[0].scheme == "bearer");
  CHECK(bearer[0].parameters.at("realm") == "https://auth.example/token");
  CHECK(bearer[0].parameters.at("scope") == "repository:a/b:pull,push");

  const auto two = parse_challenges(R"(BASIC realm="a \"quoted\" one", bearer Realm=plain)");
  REQUIRE(two.size() == 2);
  CHECK(two[0].parameters.at("realm") == "a \"quoted\" one");
  CHECK(two[1].parameters.at("realm") == "plain");
}

TEST_CASE("the first of two parameters of one name counts") {
  const auto read = parse_challenges(R"(Bearer realm="https://a/",realm="https://b/")");
  REQUIRE(read.size() == 1);
  CHECK(read[0].parameters.at("realm") == "https://a/");
}

TEST_CASE("damaged challenges are none") {
  for (const char* header : {"realm=\"x\"", "Bearer realm=\"x",
                             "Bearer realm=", "Bearer realm=\"a\nb\"", "Bearer realm=\"x\\"}) {
    CHECK(parse_challenges(header).empty());
  }
  CHECK(parse_challenges("Bearer realm=\"" + std::string(9000, 'x') + "\"").empty());
}

TEST_CASE("a realm may be the registry's own host or a sibling's, over https") {
  const auto allowed = [](const char* registry, const char* realm) {
    return realm_is_allowed(*read_web_address(registry), *read_web_address(realm));
  };
  CHECK(allowed("https://registry.example.com", "https://registry.example.com/token"));
  CHECK(allowed("https://registry-1.docker.io", "https://auth.docker.io/token"));
  CHECK(allowed("https://registry.gitlab.com", "https://gitlab.com/jwt/auth"));
  CHECK(allowed("http://127.0.0.1:5001", "http://127.0.0.1:5002/token"));
  CHECK(allowed("https://127.0.0.1:5001", "https://localhost:5002/token"));
  CHECK(allowed("https://10.1.2.3", "https://10.1.2.3:8443/token"));

  CHECK_FALSE(allowed("https://registry.example.com", "http://registry.example.com/token"));
  CHECK_FALSE(allowed("https://registry.example.com", "https://evil.test/token"));
  CHECK_FALSE(allowed("https://registry.example.com", "https://169.254.169.254/token"));
  CHECK_FALSE(allowed("https://registry.example.com", "https://127.0.0.1/token"));
  CHECK_FALSE(allowed("https://registry.example.com", "https://notexample.com/token"));
  CHECK_FALSE(allowed("https://registry.test", "https://other.test/token"));
  CHECK_FALSE(allowed("https://shop.co.uk", "https://evil.co.uk/token"));
  CHECK_FALSE(allowed("https://10.1.2.3", "https://10.1.2.4/token"));
  CHECK_FALSE(allowed("http://127.0.0.1:5000", "https://auth.example/token"));
  CHECK_FALSE(allowed("https://127.0.0.1:5001", "http://127.0.0.1:5002/token"));
}
