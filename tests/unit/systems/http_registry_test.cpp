#include "tests/fakes/fake_registry.hpp"
#include "tests/fakes/registry_server.hpp"

#include "ostler/systems/registry.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

struct Fixture {
  FakeHttp http;
  RegistryServer server{"https://registry.example"};
  RegistryServer staging{"https://staging.example"};
  std::unique_ptr<Registry> registry, source;

  Fixture() {
    serve_registries(http, {&server, &staging});
    registry = make_registry({server.url, "", "", nullptr}, http);
    source = make_registry({staging.url, "", "", nullptr}, http);
  }
  void with_login(const std::string& password) {
    server.wants_token = true;
    registry = make_registry(
        {server.url, "", "user", std::make_shared<Secret>(std::string(password))}, http);
  }
  Result<CopyProgress> copy(const std::string& digest) {
    return registry->copy_from(*source, "retail/odoo", digest, "prod/odoo", {});
  }
};

}  // namespace

TEST_CASE("a manifest is found by tag and digest, and what is absent is absent") {
  Fixture f;
  const std::string digest = f.server.add_image("retail/odoo", "2", {"layer"});
  const auto by_tag = f.registry->head("retail/odoo", "2");
  REQUIRE(by_tag.ok());
  REQUIRE(by_tag->has_value());
  CHECK((*by_tag)->digest == digest);
  CHECK((*by_tag)->size > 0);
  const auto read = f.registry->manifest("retail/odoo", digest);
  REQUIRE(read.ok());
  CHECK(read->descriptor.digest == digest);
  CHECK(read->layers.size() == 1);
  REQUIRE(f.registry->head("retail/odoo", "3").ok());
  CHECK_FALSE(f.registry->head("retail/odoo", "3")->has_value());
  CHECK(f.registry->manifest("retail/odoo", "3").failure().code == "404");
}

TEST_CASE("401 and 403 are never absent") {
  Fixture f;
  f.http.serve([](const HttpRequest&) -> Result<HttpResponse> { return http_answer(403); });
  const auto head = f.registry->head("retail/odoo", "2");
  REQUIRE_FALSE(head.ok());
  CHECK(head.failure().kind == FailureKind::refused);
  CHECK(head.failure().code == "403");
}

TEST_CASE("bytes with another digest than asked for are refused") {
  Fixture f;
  const std::string digest = f.server.add_image("retail/odoo", "2", {"layer"});
  f.server.manifests["retail/odoo"][digest] += " ";
  const auto read = f.registry->manifest("retail/odoo", digest);
  REQUIRE_FALSE(read.ok());
  CHECK(read.failure().kind == FailureKind::permanent);
}

TEST_CASE("a blob with other bytes or another size fails at its end") {
  Fixture f;
  f.server.add_image("retail/odoo", "2", {"a layer of some length"});
  Descriptor layer = f.registry->manifest("retail/odoo", "2")->layers[0];
  CHECK(f.registry->blob("retail/odoo", layer).value() == "a layer of some length");
  f.server.corrupts_blobs = true;
  CHECK_FALSE(f.registry->blob("retail/odoo", layer).ok());
  f.server.corrupts_blobs = false;
  layer.size -= 1;
  CHECK_FALSE(f.registry->blob("retail/odoo", layer).ok());
  layer.size += 2;
  CHECK_FALSE(f.registry->blob("retail/odoo", layer).ok());
}

TEST_CASE("a token is fetched once, used for all, and renewed once when it is refused") {
  Fixture f;
  f.server.add_image("retail/odoo", "2", {"layer"});
  f.with_login("right-password");
  REQUIRE(f.registry->head("retail/odoo", "2").ok());
  REQUIRE(f.registry->manifest("retail/odoo", "2").ok());
  CHECK(f.server.count("/token") == 1);
  CHECK(f.server.count("scope=repository%3Aretail%2Fodoo%3Apull") == 1);
  f.server.token_now = "another-token-now";
  REQUIRE(f.registry->manifest("retail/odoo", "2").ok());
  CHECK(f.server.count("/token") == 2);
}

TEST_CASE("a wrong password is refused and shows in no message") {
  Fixture f;
  f.with_login("canary-wrong-password");
  const auto head = f.registry->head("retail/odoo", "2");
  REQUIRE_FALSE(head.ok());
  CHECK(head.failure().kind == FailureKind::refused);
  CHECK((head.failure().message + head.failure().hint).find("canary") == std::string::npos);
}

TEST_CASE("no credentials go to a foreign realm") {
  Fixture f;
  f.with_login("right-password");
  f.server.realm = "https://evil.test/token";
  const auto head = f.registry->head("retail/odoo", "2");
  REQUIRE_FALSE(head.ok());
  CHECK(head.failure().kind == FailureKind::refused);
  for (const HttpRequest& request : f.http.requests)
    CHECK(request.url.find("evil") == std::string::npos);
}

TEST_CASE("http is for loopback registries only") {
  FakeHttp http;
  const auto registry = make_registry({"http://registry.example", "", "", nullptr}, http);
  CHECK(registry->head("retail/odoo", "2").failure().kind == FailureKind::refused);
  CHECK(http.requests.empty());
}

TEST_CASE("copying brings an index with everything below it, children first") {
  Fixture f;
  const std::string one =
      f.staging.add_image("retail/odoo", "", {"base layer", "addons for amd64"});
  const std::string two =
      f.staging.add_image("retail/odoo", "", {"base layer", "addons for arm64"});
  Json index{{"schemaVersion", 2},
             {"mediaType", "application/vnd.oci.image.index.v1+json"},
             {"manifests", Json::array()}};
  for (const std::string& digest : {one, two}) {
    index["manifests"].push_back(
        {{"mediaType", "application/vnd.oci.image.manifest.v1+json"},
         {"digest", digest},
         {"size", f.staging.manifests["retail/odoo"][digest].size()},
         {"platform", {{"os", "linux"}, {"architecture", digest == one ? "amd64" : "arm64"}}}});
  }
  const std::string digest = f.staging.add_manifest("retail/odoo", "2", index);
  std::vector<CopyProgress> told;
  const auto copied =
      f.registry->copy_from(*f.source, "retail/odoo", digest, "prod/odoo",
                            [&told](const CopyProgress& now) { told.push_back(now); });
  REQUIRE(copied.ok());
  CHECK(copied->blobs_total == 4);
  CHECK(copied->blobs_done == 4);
  CHECK(copied->bytes_done == copied->bytes_total);
  CHECK_FALSE(told.empty());
  CHECK(f.server.manifests["prod/odoo"].at(digest) ==
        f.staging.manifests["retail/odoo"].at(digest));
  CHECK(f.server.blobs["prod/odoo"] == f.staging.blobs["retail/odoo"]);
  CHECK(f.server.manifests["prod/odoo"].size() == 3);

  SECTION("again, nothing travels") {
    const auto again = f.copy(digest);
    REQUIRE(again.ok());
    CHECK(again->blobs_present == 4);
    CHECK(f.server.count("PUT /v2/prod/odoo/manifests/") == 3);
  }
}

TEST_CASE("blobs that are there are left alone") {
  Fixture f;
  const std::string digest = f.staging.add_image("retail/odoo", "2", {"one", "two"});
  f.server.add_blob("prod/odoo", "one", "x");
  const auto copied = f.copy(digest);
  REQUIRE(copied.ok());
  CHECK(copied->blobs_present == 1);
  CHECK(f.server.count("POST ") == 2);
}

TEST_CASE("within a registry blobs are mounted, or sent where that is refused") {
  Fixture f;
  const std::string digest = f.server.add_image("retail/odoo", "2", {"one", "two"});
  f.server.mounts = GENERATE(true, false);
  const auto copied = f.registry->copy_from(*f.registry, "retail/odoo", digest, "prod/odoo", {});
  REQUIRE(copied.ok());
  CHECK(copied->blobs_mounted == (f.server.mounts ? 3 : 0));
  CHECK(f.server.blobs["prod/odoo"].size() == 3);
  CHECK(f.server.count("GET /v2/retail/odoo/blobs/") ==
        (f.server.mounts ? 0 : f.server.count("GET /v2/retail/odoo/blobs/")));
}

TEST_CASE("a blob whose bytes are wrong never completes at the target") {
  Fixture f;
  const std::string digest = f.staging.add_image("retail/odoo", "2", {"one"});
  f.staging.corrupts_blobs = true;
  const auto copied = f.copy(digest);
  REQUIRE_FALSE(copied.ok());
  CHECK(copied.failure().kind == FailureKind::permanent);
  CHECK(f.server.blobs["prod/odoo"].empty());
  CHECK(f.server.manifests["prod/odoo"].empty());
}

TEST_CASE("a registry that lies about its blobs is healed once") {
  Fixture f;
  const std::string digest = f.staging.add_image("retail/odoo", "2", {"one"});
  f.server.lies_about_blobs = true;
  REQUIRE(f.copy(digest).ok());
  CHECK(f.server.blobs["prod/odoo"].size() == 2);
}

TEST_CASE("a redirected blob is fetched without credentials") {
  Fixture f;
  const std::string digest = f.staging.add_image("retail/odoo", "2", {"one"});
  f.staging.redirects_blobs_to = "https://storage.test";
  f.staging.wants_token = true;
  f.staging.realm = f.staging.url + "/token";
  auto servers = [&f](const HttpRequest& request) -> Result<HttpResponse> {
    if (starts_with(request.url, "https://storage.test/")) {
      CHECK(request.bearer == nullptr);
      CHECK(request.basic_password == nullptr);
      const std::string wanted = request.url.substr(21, 71);
      return http_answer(200, f.staging.blobs["retail/odoo"].at(wanted));
    }
    if (starts_with(request.url, f.staging.url)) return f.staging.answer(request);
    return f.server.answer(request);
  };
  f.http.serve(servers);
  f.source = make_registry(
      {f.staging.url, "", "user", std::make_shared<Secret>(std::string("right-password"))}, f.http);
  REQUIRE(f.copy(digest).ok());
  CHECK(f.server.blobs["prod/odoo"].size() == 2);

  SECTION("but not from an address inside a network") {
    f.staging.redirects_blobs_to =
        GENERATE("https://169.254.169.254", "http://storage.test", "https://10.0.0.1");
    const auto layer = f.source->manifest("retail/odoo", "2")->layers[0];
    CHECK(f.source->blob("retail/odoo", layer).failure().kind == FailureKind::refused);
  }
}

TEST_CASE("a source that is no HTTP registry passes through memory") {
  Fixture f;
  FakeRegistry memory("memory");
  const Manifest image = memory.add_image("retail/odoo", "2", {"one", "two"});
  REQUIRE(
      f.registry->copy_from(memory, "retail/odoo", image.descriptor.digest, "prod/odoo", {}).ok());
  CHECK(f.server.blobs["prod/odoo"].size() == 3);
}

TEST_CASE("a tag is set once, and never over a foreign one") {
  Fixture f;
  const std::string one = f.server.add_image("retail/odoo", "", {"one"});
  const std::string two = f.server.add_image("retail/odoo", "", {"two"});
  const Manifest first = f.registry->manifest("retail/odoo", one).value();
  const Manifest second = f.registry->manifest("retail/odoo", two).value();
  REQUIRE(f.registry->put_tag("retail/odoo", "prod", first).ok());
  REQUIRE(f.registry->put_tag("retail/odoo", "prod", first).ok());
  CHECK(f.server.count("PUT /v2/retail/odoo/manifests/prod") == 1);
  CHECK(f.registry->put_tag("retail/odoo", "prod", second).failure().code == "diverged");
  REQUIRE(f.registry->put_tag("retail/odoo", "prod", second, one).ok());
  CHECK(f.registry->head("retail/odoo", "prod").value()->digest == two);
  CHECK(f.registry->put_tag("retail/odoo", "prod", first, one).failure().code == "diverged");
}

TEST_CASE("what an answer means for the outcome") {
  const auto kind_of = [](int status) {
    Fixture f;
    const std::string digest = f.server.add_image("retail/odoo", "", {"one"});
    const Manifest manifest = f.registry->manifest("retail/odoo", digest).value();
    f.http.serve([&f, status](const HttpRequest& request) -> Result<HttpResponse> {
      return request.method == "PUT" ? http_answer(status) : f.server.answer(request);
    });
    return f.registry->put_tag("retail/odoo", "prod", manifest).failure().kind;
  };
  CHECK(kind_of(400) == FailureKind::refused);
  CHECK(kind_of(403) == FailureKind::refused);
  CHECK(kind_of(429) == FailureKind::transient);
  CHECK(kind_of(503) == FailureKind::transient);
  CHECK(kind_of(500) == FailureKind::unknown);
  CHECK(kind_of(502) == FailureKind::unknown);
}
