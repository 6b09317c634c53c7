// The shop's images: what is in them, and that they can be unpacked.
#include "ostler/lab/images.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/json.hpp"
#include "ostler/lab/door_http.hpp"
#include "ostler/lab/registry_door.hpp"
#include "ostler/systems/layer.hpp"
#include "ostler/systems/registry.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace ostler;
using namespace ostler::lab;
using namespace std::chrono_literals;

namespace {

struct Names final : LayerVisitor {
  Wants entry(const LayerEntry& entry) override {
    if (entry.kind == LayerEntry::Kind::file) paths.push_back(entry.path);
    return entry.path == "etc/shop.json" ? Wants::bytes : Wants::nothing;
  }
  void bytes(std::string_view piece) override { text += piece; }
  void end_of_file() override {}
  std::vector<std::string> paths;
  std::string text;
};

}  // namespace

TEST_CASE("every version of the shop has an image with its own code", "[lab]") {
  std::map<std::string, const ShopCode*> codes;
  for (const ShopImage& image : shop_images()) {
    CHECK(image.code.version == image.tag);
    codes[image.tag] = &image.code;
  }
  REQUIRE(codes.size() == 11);
  const std::map<std::string, std::string> first{{"base", "18.0.1.3"},
                                                 {"web", "18.0.1.0"},
                                                 {"queue_job", "18.0.1.4.0"},
                                                 {"sale_omni", "18.0.1.0"},
                                                 {"pos_retail", "18.0.1.0"}};
  CHECK(codes.at("1")->modules == first);
  CHECK(codes.at("1-patch")->modules == first);
  CHECK(codes.at("2")->modules.at("sale_omni") == "18.0.2.0");
  CHECK(codes.at("2-halfway")->modules.at("pos_retail") == "18.0.2.0");
  CHECK(codes.at("2-errors")->fail_one_in == 5);
  CHECK(codes.at("2-slow")->checkout_delay == 1500ms);
  CHECK(codes.at("2-crash")->crash_at_start);
  CHECK(codes.at("2-lying")->always_fails);
}

TEST_CASE("what differs between the images is their topmost layer", "[lab]") {
  std::set<std::string> blobs;
  for (const ShopImage& image : shop_images()) {
    CHECK(image.digest == "sha256:" + sha256_hex(*image.manifest));
    for (const auto& [digest, bytes] : image.blobs) {
      CHECK(digest == "sha256:" + sha256_hex(*bytes));
      blobs.insert(digest);
    }
    const Json manifest = parse_json(*image.manifest, "manifest").value();
    CHECK(code_of_layer(text_at(manifest, "/layers/3/digest")) == &image.code);
    CHECK(code_of_layer(text_at(manifest, "/layers/1/digest")) == nullptr);
  }
  CHECK(blobs.size() == 3 + 2 * shop_images().size());
}

TEST_CASE("the layers are archives that the survey can read", "[lab]") {
  World world(1);
  RegistryDoor door(world, {});
  for (const ShopImage& image : shop_images()) door.hold("retail/odoo", image);
  DoorHttp http;
  http.serve("127.0.0.1:5000", door);
  const auto registry = make_registry({"http://127.0.0.1:5000", "", "", nullptr}, http);
  const Manifest image = registry->manifest("retail/odoo", "2-errors").value();
  REQUIRE(image.layers.size() == 4);
  std::vector<Names> seen(4);
  for (std::size_t at = 0; at < 4; ++at) {
    const auto read = read_layer(*registry, "retail/odoo", image.layers[at], seen[at]);
    if (!read.ok()) FAIL(read.failure().message);
  }
  CHECK(seen[0].paths == std::vector<std::string>{"usr/bin/odoo"});
  const auto has = [](const Names& names, const std::string& path) {
    return std::find(names.paths.begin(), names.paths.end(), path) != names.paths.end();
  };
  CHECK(has(seen[1], "usr/lib/python3/dist-packages/odoo/__init__.py"));
  CHECK(
      has(seen[1], "usr/lib/python3/dist-packages/odoo/addons/base/models/ir_config_parameter.py"));
  CHECK(has(seen[2], "mnt/extra-addons/queue_job/__manifest__.py"));
  CHECK(has(seen[3], "mnt/extra-addons/pos_retail/migrations/18.0.2.0/pre-receipts.py"));
  CHECK(seen[3].text.find("\"fail_one_in\": 5") != std::string::npos);
}
