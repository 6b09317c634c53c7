// One suite for every pair of registries: fake ones, and the lab's and the real two, of which one
// wants tokens.
#include "ostler/systems/registry.hpp"

#include "tests/contract/lab_platform.hpp"
#include "tests/contract/stack.hpp"
#include "tests/fakes/fake_registry.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/hash.hpp"
#include "ostler/base/json.hpp"
#include "ostler/survey/image_contents.hpp"

using namespace ostler;

namespace {

/// An index of two images that share a layer, in a registry in memory.
struct Example {
  FakeRegistry memory{"memory"};
  Manifest one, two, index;
  Example() {
    const std::string mark = random_hex(16), large(3u << 20, 'x');
    one = memory.add_image("made", "", {large + mark, "small one " + mark});
    two = memory.add_image("made", "", {large + mark, "small two " + mark});
    index = memory.add_index("made", "", {{"linux/amd64", one}, {"linux/arm64", two}});
  }
};

void keeps_its_contract(Registry& first, Registry& second) {
  Example example;
  const std::string repository = "contract/" + random_hex(12),
                    digest = example.index.descriptor.digest;
  CHECK_FALSE(first.head(repository, "1")->has_value());
  CHECK_FALSE(first.head(repository, digest)->has_value());
  CHECK(first.manifest(repository, "1").failure().code == "404");
  CHECK_FALSE(first.has_blob(repository, example.one.layers[0].digest).value());

  const auto pushed = first.copy_from(example.memory, "made", digest, repository, {});
  if (!pushed.ok()) FAIL(pushed.failure().message);
  int told = 0;
  const auto copied = second.copy_from(first, repository, digest, repository,
                                       [&told](const CopyProgress&) { ++told; });
  if (!copied.ok()) FAIL(copied.failure().message);
  CHECK(told > 0);
  CHECK(copied->blobs_total == 4);
  CHECK(copied->blobs_done == 4);
  CHECK(copied->bytes_done == copied->bytes_total);

  CHECK(second.manifest(repository, digest)->bytes == example.index.bytes);
  CHECK(second.manifest(repository, digest)->manifests[1].platform == "linux/arm64");
  CHECK(second.blob(repository, example.two.layers[1]).value().find("small two") == 0);
  CHECK(second.has_blob(repository, example.two.layers[0].digest).value());
  Sha256 hash;
  REQUIRE(second
              .stream_blob(repository, example.one.layers[0],
                           [&hash](std::string_view part) {
                             hash.update(part);
                             return true;
                           })
              .ok());
  CHECK("sha256:" + hash.hex() == example.one.layers[0].digest);
  CHECK(
      second.stream_blob(repository, example.one.layers[0], [](std::string_view) { return false; })
          .failure()
          .kind == FailureKind::cancelled);

  const auto again = second.copy_from(first, repository, digest, repository, {});
  REQUIRE(again.ok());
  CHECK(again->blobs_present == 4);

  REQUIRE(second.put_tag(repository, "stable", example.one).ok());
  REQUIRE(second.put_tag(repository, "stable", example.one).ok());
  CHECK(second.head(repository, "stable").value()->digest == example.one.descriptor.digest);
  CHECK(second.put_tag(repository, "stable", example.two).failure().code == "diverged");
  REQUIRE(second.put_tag(repository, "stable", example.two, example.one.descriptor.digest).ok());
  CHECK(second.head(repository, "stable").value()->digest == example.two.descriptor.digest);

  const auto beside = second.copy_from(second, repository, digest, repository + "/beside", {});
  if (!beside.ok()) FAIL(beside.failure().message);
  CHECK(second.manifest(repository + "/beside", digest).ok());
}

/// Staging, which is open, and production, to which a user pushes with tokens.
struct Registries {
  HttpClient& http;
  RegistrySettings staging, production;

  RegistrySettings production_with(const std::string& password) const {
    RegistrySettings settings = production;
    settings.password = std::make_shared<Secret>(std::string(password));
    return settings;
  }
};

RegistrySettings real_production() {
  return {"https://127.0.0.1:5001", read_file(stack_variable("OSTLER_STACK_CA")).value(),
          stack_variable("OSTLER_REGISTRY_USER"),
          std::make_shared<Secret>(stack_variable("OSTLER_REGISTRY_PASSWORD"))};
}

/// Runs `suite(Registries)` over the lab's pair, and over the real one where there is one.
template <typename Suite>
void over_servers(Suite suite) {
  SECTION("lab") {
    LabPlatform lab;
    const lab::Addresses& at = lab.platform.addresses();
    suite(Registries{lab.http,
                     {"http://" + at.staging, "", "", nullptr},
                     {"http://" + at.production, "", "ostler",
                      std::make_shared<Secret>(std::string("registry"))}});
  }
  SECTION("real") {
    if (!on_stack()) return;
    const auto http = make_http_client(Cancellation());
    suite(Registries{*http, {"http://127.0.0.1:5000", "", "", nullptr}, real_production()});
  }
}

}  // namespace

TEST_CASE("fake registries keep the contract", "[registry]") {
  FakeRegistry first("first.example"), second("second.example");
  keeps_its_contract(first, second);
}

TEST_CASE("both registries keep the contract", "[registry][RegistryDoor]") {
  over_servers([](const Registries& registries) {
    const auto first = make_registry(registries.staging, registries.http);
    const auto second = make_registry(registries.production, registries.http);
    keeps_its_contract(*first, *second);
    keeps_its_contract(*second, *first);
  });
}

TEST_CASE("within a registry nothing travels", "[registry][RegistryDoor]") {
  over_servers([](const Registries& registries) {
    Example example;
    const auto registry = make_registry(registries.production, registries.http);
    const std::string repository = "contract/" + random_hex(12),
                      digest = example.index.descriptor.digest;
    REQUIRE(registry->copy_from(example.memory, "made", digest, repository, {}).ok());
    const auto mounted =
        registry->copy_from(*registry, repository, digest, repository + "/beside", {});
    REQUIRE(mounted.ok());
    CHECK(mounted->blobs_mounted == 4);
  });
}

TEST_CASE("a registry refuses a wrong password, without showing it", "[registry][RegistryDoor]") {
  over_servers([](const Registries& registries) {
    Example example;
    const auto registry =
        make_registry(registries.production_with("canary-wrong-word"), registries.http);
    const auto pushed = registry->copy_from(example.memory, "made", example.index.descriptor.digest,
                                            "contract/refused", {});
    REQUIRE_FALSE(pushed.ok());
    CHECK(pushed.failure().kind == FailureKind::refused);
    CHECK((pushed.failure().message + pushed.failure().hint).find("canary") == std::string::npos);
  });
}

TEST_CASE("a registry whose certificate nobody vouches for is not spoken to", "[registry]") {
  // The lab has no certificates.
  if (!on_stack()) return;
  const auto http = make_http_client(Cancellation());
  RegistrySettings untrusting = real_production();
  untrusting.password = std::make_shared<Secret>(std::string("x"));
  untrusting.ca_pem.clear();
  CHECK(make_registry(untrusting, *http)->head("retail/odoo", "1").failure().kind ==
        FailureKind::permanent);
}

TEST_CASE("the shop's images are read as Odoo would", "[registry][RegistryDoor][images]") {
  over_servers([](const Registries& registries) {
    const auto registry = make_registry(registries.staging, registries.http);
    const auto source = [&registry](const char* tag) {
      auto manifest = registry->manifest("retail/odoo", tag);
      if (!manifest.ok()) FAIL(manifest.failure().message);
      return ImageSource{registry.get(), "retail/odoo", std::move(*manifest)};
    };
    const auto read = read_images(source("1"), source("2"));
    if (!read.ok()) FAIL(read.failure().message);
    const auto version = [](const ImageContents& image, std::string_view name) {
      for (const Addon& addon : image.addons) {
        if (addon.name == name) return addon.version;
      }
      return std::string("absent");
    };
    CHECK(read->first.series == "18.0");
    CHECK(version(read->first, "sale_omni") == "18.0.1.0");
    CHECK(version(read->second, "sale_omni") == "18.0.2.0");
    CHECK(version(read->second, "pos_retail") == "18.0.2.0");
    CHECK(version(read->second, "base") == version(read->first, "base"));
    bool migrates = false, fields = false;
    for (const AddonFileChange& change : read->second.changes) {
      migrates = migrates || change.kind == AddonFileKind::migration;
      fields = fields || change.kind == AddonFileKind::fields;
    }
    CHECK(migrates);
    CHECK(fields);
  });
}
