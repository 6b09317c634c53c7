#include "ostler/survey/image_contents.hpp"

#include "tests/fakes/fake_registry.hpp"
#include "tests/fakes/tar_archive.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

const std::string odoo = "usr/lib/python3/dist-packages/odoo/";

std::string manifest(const std::string& more = "") {
  return "{'name': 'x', 'version': '1.0', 'depends': ['base'], " + more + "}";
}

struct Fixture {
  FakeRegistry registry;
  std::vector<TarEntry> base{
      {odoo + "release.py", "version_info = (18, 0, 0, FINAL, 0, '')", '0', ""},
      {odoo + "addons/base/__manifest__.py", "{'name': 'Base', 'version': '1.3'}", '0', ""},
      {odoo + "addons/base/models/x.py", "x = 1", '0', ""}};
  std::vector<TarEntry> addon{
      {"mnt/extra-addons/sale/__manifest__.py",
       manifest("'data': ['views/a.xml', 'odd/b.py'], 'assets': {'web': ['sale/js/*.js']}"), '0',
       ""},
      {"mnt/extra-addons/sale/models/order.py",
       "class A(models.Model):\n    x = fields.Char()\n    def f(self): return 1\n", '0', ""},
      {"mnt/extra-addons/sale/views/a.xml", "<a/>", '0', ""},
      {"mnt/extra-addons/sale/odd/b.py", "1", '0', ""}};

  Manifest image(const std::vector<std::vector<TarEntry>>& layers) {
    std::vector<std::string> archives;
    for (const auto& layer : layers) archives.push_back(tar_archive(layer));
    return registry.add_image(
        "odoo", "", archives,
        {{"config", {{"Labels", {{"org.opencontainers.image.version", "2"}}}}}});
  }
  Result<std::pair<ImageContents, ImageContents>> read(const Manifest& before,
                                                       const Manifest& after) {
    return read_images({&registry, "odoo", before}, {&registry, "odoo", after});
  }
  /// The kind of the one file that `more` on top changes.
  std::string kind(const TarEntry& change) {
    const auto contents = read(image({base, addon}), image({base, addon, {change}}));
    REQUIRE(contents.ok());
    REQUIRE(contents->second.changes.size() == 1);
    CHECK(contents->first.changes.size() == 1);
    return std::string(to_string(contents->second.changes[0].kind));
  }
};

}  // namespace

TEST_CASE("an image's series, version and addons are found") {
  Fixture f;
  const Manifest image = f.image({f.base, f.addon});
  const auto read = f.read(image, image);
  REQUIRE(read.ok());
  const ImageContents& found = read->first;
  CHECK(found.digest == image.descriptor.digest);
  CHECK(found.version == "2");
  CHECK(found.series == "18.0");
  REQUIRE(found.addons.size() == 2);
  CHECK(found.addons[0].name == "base");
  CHECK(found.addons[0].version == "18.0.1.3");
  CHECK(found.addons[1].name == "sale");
  CHECK(found.addons[1].depends == std::vector<std::string>{"base"});
  CHECK(found.addons[1].installable);
  CHECK(found.changed_files.empty());
}

TEST_CASE("every distinct layer is read once") {
  Fixture f;
  const Manifest before = f.image({f.base, f.addon}),
                 after = f.image({f.base, f.addon, {{"etc/x", "1", '0', ""}}});
  REQUIRE(f.read(before, after).ok());
  std::map<std::string, int> reads;
  for (const std::string& operation : f.registry.operations) ++reads[operation];
  for (const auto& layer : after.layers) CHECK(reads["blob odoo " + layer.digest] == 1);
}

TEST_CASE("a change outside the addons changes none of them") {
  Fixture f;
  const auto read =
      f.read(f.image({f.base, f.addon}),
             f.image({f.base,
                      f.addon,
                      {{"etc/odoo.conf", "1", '0', ""}, {odoo + "models.py", "x", '0', ""}}}));
  REQUIRE(read.ok());
  CHECK(read->second.changes.empty());
  CHECK(read->first.addons[1].hash == read->second.addons[1].hash);
}

TEST_CASE("what a changed file is decides the class") {
  Fixture f;
  const std::string sale = "mnt/extra-addons/sale/";
  const auto file = [&sale](const std::string& path, const std::string& bytes) {
    return TarEntry{sale + path, bytes, '0', ""};
  };
  CHECK(
      f.kind(file("models/order.py",
                  "class A(models.Model):\n    x = fields.Char()\n    def f(self): return 2\n")) ==
      "code");
  CHECK(f.kind(file("models/order.py", "class A(models.Model):\n    x = fields.Text()\n")) ==
        "fields");
  CHECK(f.kind(file("models/new.py", "y = 1")) == "code");
  CHECK(f.kind(file("models/new.py", "class B(models.Model):\n    _name = 'b'\n")) == "fields");
  CHECK(f.kind(file("views/a.xml", "<b/>")) == "data");
  CHECK(f.kind(file("odd/b.py", "2")) == "data");
  CHECK(f.kind(file("js/x.js", "1")) == "data");
  CHECK(f.kind(file("static/src/x.js", "1")) == "data");
  CHECK(f.kind(file("i18n/de.po", "1")) == "data");
  CHECK(f.kind(file("i18n/sale.pot", "1")) == "inert");
  CHECK(f.kind(file("tests/test_x.py", "1")) == "inert");
  CHECK(f.kind(file("README.md", "1")) == "inert");
  CHECK(f.kind(file("migrations/18.0.1.1/pre-x.py", "1")) == "migration");
  CHECK(f.kind(file("security/ir.model.access.csv", "1")) == "security");
  CHECK(f.kind(file("wizard/x.xml", "1")) == "other");
  CHECK(f.kind(file("__manifest__.py", manifest("'data': []"))) == "manifest");
  CHECK(f.kind(file("__manifest__.py", "# read otherwise\n" + f.addon[0].bytes)) == "inert");
}

TEST_CASE("removed files and addons are seen through whiteouts") {
  Fixture f;
  const Manifest full = f.image({f.base, f.addon});
  SECTION("a file") {
    const auto read = f.read(
        full, f.image({f.base, f.addon, {{"mnt/extra-addons/sale/views/.wh.a.xml", "", '0', ""}}}));
    REQUIRE(read.ok());
    CHECK(read->second.changed_files == std::vector<std::string>{"sale/views/a.xml"});
    CHECK(read->second.changes[0].how == AddonFileChange::How::removed);
    CHECK(read->first.changes[0].how == AddonFileChange::How::added);
  }
  SECTION("a folder") {
    const auto read =
        f.read(full, f.image({f.base, f.addon, {{"mnt/.wh.extra-addons", "", '0', ""}}}));
    REQUIRE(read.ok());
    CHECK(read->second.addons.size() == 1);
    CHECK(read->second.changes.size() == 4);
  }
  SECTION("what an opaque folder hides is gone, what its own layer brings is there") {
    const auto read =
        f.read(full, f.image({f.base,
                              f.addon,
                              {{"mnt/extra-addons/pos/__manifest__.py", manifest(), '0', ""},
                               {"mnt/extra-addons/.wh..wh..opq", "", '0', ""}}}));
    REQUIRE(read.ok());
    REQUIRE(read->second.addons.size() == 2);
    CHECK(read->second.addons[1].name == "pos");
  }
  SECTION("a link in the place of a folder hides it") {
    const auto read = f.read(
        full, f.image({f.base, f.addon, {{"mnt/extra-addons/sale", "", '2', "/elsewhere"}}}));
    REQUIRE(read.ok());
    CHECK(read->second.addons.size() == 1);
  }
}

TEST_CASE("the addon of the extra folder counts, and nothing within an addon is one") {
  Fixture f;
  const auto read = f.read(
      f.image({f.base, f.addon}),
      f.image(
          {f.base,
           f.addon,
           {{odoo + "addons/sale/__manifest__.py", "{'name': 'core', 'version': '9.9'}", '0', ""},
            {"mnt/extra-addons/sale/tests/inner/__manifest__.py", manifest(), '0', ""},
            {"opt/odoo-18/custom/pos/__manifest__.py", manifest("'installable': False"), '0',
             ""}}}));
  REQUIRE(read.ok());
  REQUIRE(read->second.addons.size() == 3);
  CHECK(read->second.addons[1].name == "pos");
  CHECK_FALSE(read->second.addons[1].installable);
  CHECK(read->second.addons[2].version == "18.0.1.0");
}

TEST_CASE("hard links are the file that they lead to") {
  Fixture f;
  const auto read =
      f.read(f.image({f.base, f.addon}), f.image({f.base,
                                                  f.addon,
                                                  {{"mnt/extra-addons/sale/views/c.xml", "", '1',
                                                    "mnt/extra-addons/sale/views/a.xml"}}}));
  REQUIRE(read.ok());
  CHECK(read->second.changed_files == std::vector<std::string>{"sale/views/c.xml"});
  CHECK_FALSE(f.read(f.image({f.base}), f.image({f.base, {{"mnt/x", "", '1', "etc/y"}}})).ok());
}

TEST_CASE("manifests that cannot be read fail, naming the file") {
  Fixture f;
  const auto failure = [&f](const std::string& text) {
    return f
        .read(f.image({f.base}),
              f.image({f.base, {{"mnt/extra-addons/sale/__manifest__.py", text, '0', ""}}}))
        .failure()
        .message;
  };
  CHECK(failure("{'name': name}")
            .find("/mnt/extra-addons/sale/__manifest__.py: line 1: 'name' is no literal") !=
        std::string::npos);
  CHECK(failure("[]").find("is no dict") != std::string::npos);
  CHECK(failure("{'version': 'x'}").find("version 'x' is not x.y") != std::string::npos);
  CHECK(failure(std::string(2'000'000, ' ')).find("is longer than 1.0 MiB") != std::string::npos);
}

TEST_CASE("of an index the image for linux/amd64 is read") {
  Fixture f;
  const Manifest arm = f.image({f.base}), amd = f.image({f.base, f.addon});
  const Manifest index = f.registry.add_index(
      "odoo", "", {{"unknown/unknown", arm}, {"linux/arm64", arm}, {"linux/amd64", amd}});
  const auto read = f.read(index, amd);
  REQUIRE(read.ok());
  CHECK(read->first.addons.size() == 2);
  CHECK(read->first.digest == index.descriptor.digest);
  CHECK_FALSE(f.read(f.registry.add_index("odoo", "", {{"windows/amd64", arm}}), amd).ok());
}
