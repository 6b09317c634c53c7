// No form of a known secret survives the redactor, and secrets cannot be printed.
#include "ostler/base/secret.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <type_traits>

using namespace ostler;

static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!fmt::is_formattable<Secret>::value, "printing a secret must not compile");

TEST_CASE("every encoding of a known secret is masked") {
  const std::string value = "c4nary/\"p4ss\"+word";
  const Secret secret{std::string(value)};
  for (const std::string& form : {value, to_base64(value), to_hex(value), url_encoded(value),
                                  std::string("c4nary/\\\"p4ss\\\"+word")}) {
    INFO(form);
    const std::string clean = redact("before " + form + " after");
    CHECK(clean.find("c4nary") == std::string::npos);
    CHECK(clean.find(form) == std::string::npos);
    CHECK(clean.find("[secret]") != std::string::npos);
  }
}

TEST_CASE("base64 of a secret inside a longer text is masked at every alignment") {
  const std::string value = "an0ther-canary-value";
  register_secret(value);
  for (const char* user : {"u:", "us:", "use:"}) {
    const std::string clean = redact(to_base64(user + value));
    CHECK(clean.find("[secret]") != std::string::npos);
  }
}

TEST_CASE("passwords in URLs and connection strings are masked even when nobody registered them") {
  CHECK(redact("postgresql://odoo:hunter2@db:5432/saas failed") ==
        "postgresql://odoo:[secret]@db:5432/saas failed");
  CHECK(redact("host=db password=hunter2 user=odoo") == "host=db password=[secret] user=odoo");
  CHECK(redact("host=db password='hunter 2' user=odoo") == "host=db password=[secret] user=odoo");
  CHECK(redact("redis://:hunter2@127.0.0.1/0") == "redis://:[secret]@127.0.0.1/0");
  CHECK(redact("https://registry.example/v2/ is fine") == "https://registry.example/v2/ is fine");
}

TEST_CASE("text without secrets stays as it is, and short values are never registered") {
  register_secret("ab");
  CHECK(redact("abc about") == "abc about");
}

TEST_CASE("a secret moves and wipes") {
  std::string source = "moved-canary-1";
  Secret first(std::move(source));
  CHECK(source.empty());
  Secret second(std::move(first));
  CHECK(first.empty());
  CHECK(second.reveal() == "moved-canary-1");
}
