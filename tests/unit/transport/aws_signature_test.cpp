// The vectors that AWS publishes for Signature Version 4 and S3.
#include "transport/aws_signature.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

std::string signature(const std::string& method, const std::string& path_and_query,
                      const std::vector<HttpHeader>& headers, const std::string& body) {
  AwsCredentials credentials;
  credentials.access_key = "AKIAIOSFODNN7EXAMPLE";
  credentials.secret_key =
      std::make_shared<const Secret>(std::string{"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"});
  Result<HttpUrl> url = parse_http_url("https://examplebucket.s3.amazonaws.com" + path_and_query);
  REQUIRE(url.ok());
  url->query = canonical_query(url->query);
  const std::vector<HttpHeader> added = aws_signature_headers(
      credentials, method, *url, headers, sha256_hex(body), *parse_utc("2013-05-24T00:00:00Z"));
  REQUIRE(added.at(0) == HttpHeader{"x-amz-date", "20130524T000000Z"});
  const std::string authorization = added.at(2).second;
  return authorization.substr(authorization.find("Signature=") + 10);
}

}  // namespace

TEST_CASE("requests are signed as in the published examples", "[aws]") {
  CHECK(signature("GET", "/test.txt", {{"Range", "bytes=0-9"}}, "") ==
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  CHECK(signature("PUT", "/test%24file.text",
                  {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                   {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                  "Welcome to Amazon S3.") ==
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  CHECK(signature("GET", "/?lifecycle", {}, "") ==
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  CHECK(signature("GET", "/?prefix=J&max-keys=2", {}, "") ==
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST_CASE("a query is sorted by name and every part has its equals sign", "[aws]") {
  CHECK(canonical_query("versioning") == "versioning=");
  CHECK(canonical_query("prefix=a%2Fb&list-type=2") == "list-type=2&prefix=a%2Fb");
  CHECK(canonical_query("a-b=1&a=2") == "a=2&a-b=1");
  CHECK(canonical_query("a=2&&a=1") == "a=1&a=2");
  CHECK(canonical_query("").empty());
}
