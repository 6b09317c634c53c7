// A secret that was written into a file by mistake appears in no message and no source line,
// whatever else is wrong.
#include "reading.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

constexpr const char* canary = "hunter2";

/// A valid file with a secret at `wrong`, in place of `right`.
std::string with(std::string text, const std::string& right, const std::string& wrong) {
  const std::size_t at = text.find(right);
  REQUIRE(at != std::string::npos);
  return text.replace(at, right.size(), wrong);
}

const std::vector<std::pair<std::string, std::string>>& places() {
  static const std::vector<std::pair<std::string, std::string>> all{
      {"dsn: { env: PG_MAIN }", "dsn: postgres://odoo:hunter2@db/x"},
      {"dsn: { env: PG_MAIN }", "dsn: \"host=db password='hunter2'\""},
      {"dsn: { env: PG_MAIN }",
       "dsn: |\n      host=db\n      password=hunter2\n      secret hunter2"},
      {"dsn: { env: PG_MAIN }", "dsn: [ hunter2, hunter2 ]"},
      {"dsn: { env: PG_MAIN }", "dsn: { value: hunter2 }"},
      {"dsn: { env: PG_MAIN }", "dsn: { hunter2: x }"},
      {"dsn: { env: PG_MAIN }", "dsn: { env: hunter2%x }"},
      {"dsn: { env: PG_MAIN }", "dsn: { command: [ pg, --password, hunter2, ~ ], typo: 1 }"},
      {"dsn: { env: PG_MAIN }", "dsn: { command: hunter2 }"},
      {"dsn: { env: PG_MAIN }", "dsn: { kubernetesSecret: { value: hunter2 } }"},
      {"dsn: { env: PG_MAIN }", "dsn: { env: PG_MAIN }\n    password: hunter2"},
      {"dsn: { env: PG_MAIN }", "dsn: { env: PG_MAIN } # password: hunter2"},
      {"dsn: { env: PG_MAIN }", "dsn:\n      hunter2"},
      {"dsn: { env: PG_MAIN }", "dsn:\n      - hunter2"},
      {"{ url: { env: REDIS } }", "{ url: redis://:hunter2@redis.example:6379/0, typo: 1 }"},
      {"{ url: { env: REDIS } }", "{ url: { env: REDIS }, password: hunter2 }"},
      {"accessKey: { env: S3_KEY }", "accessKey: hunter2"},
      {"secretKey: { env: S3_SECRET }", "secretKey: 'hunter2'"},
      {"secretKey: { env: S3_SECRET }", "secretKey: { env: S3_SECRET }, token: hunter2"},
      {"{ dockerConfig: true }", "{ user: hunter2, password: hunter2 }"},
      {"{ dockerConfig: true }", "hunter2"},
      {"{ dockerConfig: true }", "{ dockerConfig: true, auth: hunter2 }"},
      {"https://registry.prod.example", "https://u:hunter2@registry.prod.example"},
      {"https://registry.prod.example", "https://hunter2@registry.prod.example"},
      {"https://registry.prod.example", "\"https://registry.prod.example?token=hunter2\""},
      {"https://registry.prod.example", "https://registry.prod.example?token=hunter2"},
      {"https://s3.example", "https://key:hunter2@s3.example"},
      {"https://prometheus.example/prefix/\"",
       "https://u:hunter2@prometheus.example\", token: hunter2"},
      {"https://prometheus.example/prefix/\"",
       "https://prometheus.example\", bearerToken: hunter2, x: y"},
  };
  return all;
}

}  // namespace

TEST_CASE("a secret written into the file is never shown", "[config]") {
  ConfigFolder folder;
  const std::string valid = folder.text("environment.yaml");
  for (const auto& [right, wrong] : places()) {
    folder.write("environment.yaml", with(valid, right, wrong));
    INFO(wrong);
    const bool read = folder.environment().has_value();
    CHECK(read == (wrong.find(" # ") != std::string::npos));
    CHECK(folder.said.find(canary) == std::string::npos);
  }
}

TEST_CASE("a secret is not shown either when the file breaks anywhere else", "[config]") {
  ConfigFolder folder;
  const std::string valid = folder.text("environment.yaml");
  const std::string breaks = "[]{}:&*!|'\"@\t\n";
  for (const auto& [right, wrong] : places()) {
    const std::string text = with(valid, right, wrong);
    const std::size_t begin = text.find(wrong);
    const std::size_t secret = text.find(canary, begin);
    // Around the secret, but not inside: a secret cut in two is no canary any more. A quote or a
    // block before it is left out where it would make the rest of the file one text.
    for (std::size_t at = begin > 30 ? begin - 30 : 0; at < secret; ++at) {
      std::string broken = text;
      broken.insert(at, 1, breaks[at % breaks.size()]);
      folder.write("environment.yaml", broken);
      INFO(broken.substr(begin > 40 ? begin - 40 : 0, wrong.size() + 60));
      folder.environment();
      CHECK(folder.said.find(canary) == std::string::npos);
    }
  }
}

TEST_CASE("names that look like secrets do not hide ordinary values", "[config]") {
  ConfigFolder folder;
  folder.write("environment.yaml",
               with(folder.text("environment.yaml"), "errors: { proxies: error_ratio, limit: 2%",
                    "token_errors: { proxies: error_ratio, limit: 2"));
  CHECK_FALSE(folder.environment());
  CHECK(folder.said.find("found '2'") != std::string::npos);
  CHECK(folder.said.find("  token_errors: { proxies: error_ratio, limit: 2, worseBy: 1% }") !=
        std::string::npos);
}
