// The lab's registries, through the client that talks to the real ones.
#include "ostler/lab/registry_door.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"
#include "ostler/lab/door_http.hpp"
#include "ostler/systems/registry.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::lab;
using namespace std::chrono_literals;

namespace {

const ShopImage& image(const std::string& tag) {
  for (const ShopImage& found : shop_images())
    if (found.tag == tag) return found;
  throw std::logic_error("no image " + tag);
}

RegistryDoorSettings production_settings() {
  RegistryDoorSettings settings;
  settings.authority = "127.0.0.1:5001";
  settings.login = RegistryDoorSettings::Login::token;
  settings.user = "ostler";
  settings.password = "right-word";
  return settings;
}

struct Stores {
  World world{1};
  RegistryDoor staging{world, {}};
  RegistryDoor production{world, production_settings()};
  DoorHttp http;
  std::unique_ptr<Registry> first = make_registry({"http://127.0.0.1:5000", "", "", nullptr}, http);
  std::unique_ptr<Registry> second = with_password("right-word");

  Stores() {
    for (const ShopImage& one : shop_images()) staging.hold("retail/odoo", one);
    http.serve("127.0.0.1:5000", staging);
    http.serve("127.0.0.1:5001", production);
  }
  std::unique_ptr<Registry> with_password(const std::string& word) {
    return make_registry(
        {"http://127.0.0.1:5001", "", "ostler", std::make_shared<Secret>(std::string(word))}, http);
  }
  HttpResponse ask(const std::string& method, const std::string& path, const std::string& body = "",
                   std::vector<HttpHeader> headers = {}) {
    HttpRequest request;
    request.method = method;
    request.url = starts_with(path, "http") ? path : "http://127.0.0.1:5000" + path;
    request.body = body;
    request.headers = std::move(headers);
    return http.send(request).value();
  }
};

std::string error_code(const HttpResponse& response) {
  return text_at(parse_json(response.body, "error").value(), "/errors/0/code");
}

const std::string nowhere = "sha256:" + std::string(64, '0');
const HttpHeader oci{"Accept", "application/vnd.oci.image.manifest.v1+json"};

}  // namespace

TEST_CASE("an image goes from the open registry to the one that wants tokens", "[lab]") {
  Stores stores;
  const ShopImage& two = image("2");
  CHECK(stores.first->head("retail/odoo", "2").value()->digest == two.digest);
  CHECK_FALSE(stores.second->head("retail/odoo", two.digest).value());
  const auto copied =
      stores.second->copy_from(*stores.first, "retail/odoo", two.digest, "retail/odoo", {});
  if (!copied.ok()) FAIL(copied.failure().message);
  CHECK(copied->blobs_total == 5);
  CHECK(copied->blobs_done == 5);
  CHECK(stores.second->manifest("retail/odoo", two.digest)->bytes == *two.manifest);
  const auto again =
      stores.second->copy_from(*stores.first, "retail/odoo", two.digest, "retail/odoo", {});
  CHECK(again->blobs_present == 5);
  const auto beside =
      stores.second->copy_from(*stores.second, "retail/odoo", two.digest, "retail/beside", {});
  if (!beside.ok()) FAIL(beside.failure().message);
  CHECK(beside->blobs_mounted == 5);
}

TEST_CASE("a tag moves only from where it was expected", "[lab]") {
  Stores stores;
  const auto manifest = [&](const char* tag) {
    return stores.first->manifest("retail/odoo", tag).value();
  };
  REQUIRE(stores.first->put_tag("retail/odoo", "stable", manifest("1")).ok());
  CHECK(stores.first->put_tag("retail/odoo", "stable", manifest("2")).failure().code == "diverged");
  REQUIRE(stores.first->put_tag("retail/odoo", "stable", manifest("2"), image("1").digest).ok());
  CHECK(stores.first->head("retail/odoo", "stable").value()->digest == image("2").digest);
  stores.staging.keep_tags(true);
  const auto refused =
      stores.first->put_tag("retail/odoo", "stable", manifest("1"), image("2").digest);
  CHECK(refused.failure().kind == FailureKind::refused);
  CHECK(refused.failure().code == "412");
}

TEST_CASE("everyone may pull with a token, one user may push", "[lab]") {
  Stores stores;
  stores.production.hold("retail/odoo", image("1"));
  const auto anonymous = make_registry({"http://127.0.0.1:5001", "", "", nullptr}, stores.http);
  REQUIRE(anonymous->head("retail/odoo", "1").value());
  const auto pushed =
      anonymous->copy_from(*stores.first, "retail/odoo", image("2").digest, "retail/odoo", {});
  CHECK(pushed.failure().kind == FailureKind::refused);
  const auto wrong = stores.with_password("canary-wrong-word")->head("retail/odoo", "1");
  CHECK(wrong.failure().kind == FailureKind::refused);
  const HttpResponse bare = stores.ask("GET", "http://127.0.0.1:5001/v2/retail/odoo/tags/list");
  CHECK(bare.status == 401);
  CHECK(bare.header("www-authenticate") ==
        "Bearer realm=\"http://127.0.0.1:5001/token\",service=\"production\","
        "scope=\"repository:retail/odoo:pull\"");
  CHECK(error_code(bare) == "UNAUTHORIZED");
}

TEST_CASE("a token ends, and the client fetches another", "[lab]") {
  Stores stores;
  stores.production.hold("retail/odoo", image("1"));
  REQUIRE(stores.second->head("retail/odoo", "1").value());
  stores.world.advance_to(10min);
  CHECK(stores.second->head("retail/odoo", "1").value());
}

TEST_CASE("a registry that wants a password takes the right one only", "[lab]") {
  Stores stores;
  RegistryDoorSettings settings = production_settings();
  settings.authority = "127.0.0.1:5003";
  settings.login = RegistryDoorSettings::Login::basic;
  RegistryDoor door(stores.world, settings);
  door.hold("retail/odoo", image("1"));
  stores.http.serve("127.0.0.1:5003", door);
  const auto with = [&](const char* word) {
    return make_registry(
        {"http://127.0.0.1:5003", "", "ostler", std::make_shared<Secret>(std::string(word))},
        stores.http);
  };
  CHECK(with("right-word")->head("retail/odoo", "1").value());
  CHECK(with("wrong-word")->head("retail/odoo", "1").failure().kind == FailureKind::refused);
  const HttpResponse over_the_network =
      stores.ask("GET", "http://127.0.0.1:5003/v2/", "",
                 {{"Authorization", "Basic " + to_base64("ostler:right-word")}});
  CHECK(over_the_network.status == 200);
}

TEST_CASE("manifests are sent only to who asks for their type", "[lab]") {
  Stores stores;
  const HttpResponse without = stores.ask("GET", "/v2/retail/odoo/manifests/1");
  CHECK(without.status == 404);
  CHECK(without.body.find("does not support OCI manifests") != std::string::npos);
  const HttpResponse with = stores.ask("HEAD", "/v2/retail/odoo/manifests/1", "", {oci});
  CHECK(with.status == 200);
  CHECK(with.body.empty());
  CHECK(with.header("content-length") == std::to_string(image("1").manifest->size()));
  CHECK(with.header("docker-content-digest") == image("1").digest);
  CHECK(error_code(stores.ask("GET", "/v2/retail/odoo/manifests/nope")) == "MANIFEST_UNKNOWN");
}

TEST_CASE("a manifest is taken when all it names is there", "[lab]") {
  Stores stores;
  const std::string& bytes = *image("1").manifest;
  const HttpHeader type{"Content-Type", "application/vnd.oci.image.manifest.v1+json"};
  const HttpResponse early = stores.ask("PUT", "/v2/other/manifests/1", bytes, {type});
  CHECK(early.status == 400);
  const Json errors = parse_json(early.body, "answer").value().at("errors");
  CHECK(errors.size() == 5);
  CHECK(errors[0].at("code") == "MANIFEST_BLOB_UNKNOWN");
  CHECK(error_code(stores.ask("PUT", "/v2/retail/odoo/manifests/" + nowhere, bytes, {type})) ==
        "DIGEST_INVALID");
  CHECK(error_code(stores.ask("PUT", "/v2/retail/odoo/manifests/x", "{nope", {type})) ==
        "MANIFEST_INVALID");
  CHECK(error_code(stores.ask("PUT", "/v2/retail/odoo/manifests/x", bytes)) == "MANIFEST_INVALID");
  CHECK(stores.ask("PUT", "/v2/retail/odoo/manifests/x", bytes, {type}).status == 201);
}

TEST_CASE("an upload in pieces ends with the digest of the whole", "[lab]") {
  Stores stores;
  const std::string digest = "sha256:" + sha256_hex("hello world");
  const std::string start{stores.ask("POST", "/v2/other/blobs/uploads/").header("location")};
  const HttpResponse part = stores.ask("PATCH", start, "hello ");
  CHECK(part.status == 202);
  CHECK(part.header("range") == "0-5");
  const std::string next{part.header("location")};
  const HttpResponse wrong = stores.ask("PUT", next + "&digest=" + nowhere);
  CHECK(error_code(wrong) == "DIGEST_INVALID");
  CHECK(stores.ask("PUT", next + "&digest=" + digest, "world").status == 201);
  CHECK(error_code(stores.ask("PUT", next + "&digest=" + digest)) == "BLOB_UPLOAD_UNKNOWN");
  CHECK(stores.ask("GET", "/v2/other/blobs/" + digest).body == "hello world");
  const HttpResponse range =
      stores.ask("GET", "/v2/other/blobs/" + digest, "", {{"Range", "bytes=6-"}});
  CHECK(range.status == 206);
  CHECK(range.body == "world");
  CHECK(range.header("content-range") == "bytes 6-10/11");
  CHECK(error_code(stores.ask("GET", "/v2/retail/odoo/blobs/" + digest)) == "BLOB_UNKNOWN");
  const std::string another{stores.ask("POST", "/v2/other/blobs/uploads/").header("location")};
  CHECK(stores.ask("DELETE", another).status == 204);
  CHECK(stores.ask("DELETE", another).status == 404);
}

TEST_CASE("tags and repositories are listed, page by page", "[lab]") {
  Stores stores;
  CHECK(stores.ask("GET", "/v2/_catalog").body == "{\"repositories\":[\"retail/odoo\"]}");
  const HttpResponse page = stores.ask("GET", "/v2/retail/odoo/tags/list?n=2");
  CHECK(page.body == "{\"name\":\"retail/odoo\",\"tags\":[\"1\",\"1-patch\"]}");
  CHECK(page.header("link") == "</v2/retail/odoo/tags/list?last=1-patch&n=2>; rel=\"next\"");
  CHECK(stores.ask("GET", "/v2/retail/odoo/tags/list?last=2-lying").body ==
        "{\"name\":\"retail/odoo\",\"tags\":[\"2-slow\",\"3\"]}");
  CHECK(error_code(stores.ask("GET", "/v2/nope/tags/list")) == "NAME_UNKNOWN");
  CHECK(stores.ask("GET", "/v2/retail/odoo/referrers/" + nowhere).status == 404);
}

TEST_CASE("a registry that has enough says when to come again", "[lab]") {
  Stores stores;
  stores.staging.throttle(2, 60s);
  CHECK(stores.ask("GET", "/v2/").status == 200);
  CHECK(stores.ask("GET", "/v2/").status == 200);
  stores.world.advance_to(20s);
  const HttpResponse refused = stores.ask("GET", "/v2/");
  CHECK(refused.status == 429);
  CHECK(refused.header("retry-after") == "40");
  CHECK(stores.first->head("retail/odoo", "1").failure().kind == FailureKind::transient);
  stores.world.advance_to(60s);
  CHECK(stores.ask("GET", "/v2/").status == 200);
}

TEST_CASE("Pods run what can be pulled at that moment", "[lab]") {
  Stores stores;
  RegistryImages images;
  images.add(stores.staging);
  images.add(stores.production);
  const std::string digest = image("2-slow").digest;
  const ShopCode* slow = images.code("127.0.0.1:5000/retail/odoo@" + digest);
  REQUIRE(slow != nullptr);
  CHECK(slow->version == "2-slow");
  CHECK(images.code("127.0.0.1:5000/retail/odoo:1")->version == "1");
  CHECK(images.code("127.0.0.1:5001/retail/odoo@" + digest) == nullptr);
  CHECK(images.code("nowhere/retail/odoo:1") == nullptr);
  CHECK(images.code("odoo") == nullptr);
  const std::string top = stores.staging.layers("retail/odoo", "2-slow").back();
  stores.staging.lose_blob(top);
  CHECK(images.code("127.0.0.1:5000/retail/odoo@" + digest) == nullptr);
  CHECK(error_code(stores.ask("GET", "/v2/retail/odoo/blobs/" + top)) == "BLOB_UNKNOWN");
}
