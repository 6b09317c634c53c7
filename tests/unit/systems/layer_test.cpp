#include "ostler/systems/layer.hpp"

#include "tests/fakes/fake_registry.hpp"
#include "tests/fakes/tar_archive.hpp"

#include "ostler/base/hash.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

struct Collector final : LayerVisitor {
  Wants entry(const LayerEntry& entry) override {
    entries.push_back(entry);
    return entry.path == unwanted ? Wants::nothing : Wants::bytes;
  }
  void bytes(std::string_view piece) override { content += piece; }
  void end_of_file() override { files.push_back(std::exchange(content, {})); }
  std::vector<LayerEntry> entries;
  std::vector<std::string> files;
  std::string content, unwanted;
};

struct Fixture {
  FakeRegistry registry;
  Collector seen;
  Result<void> read(const std::string& bytes) {
    const Manifest image = registry.add_image("odoo", "1", {bytes});
    return read_layer(registry, "odoo", image.layers[0], seen);
  }
};

// printf hello > f; tar --format=ustar --mtime=@0 --owner=0 --group=0 -c f | gzip -n (and zstd),
// base64
const std::string gzipped =
    "H4sIAAAAAAAAA+3PSwqDQAwA0DlKjzAD1vu4ULoQBvzc39BVcaG4aIvw3iYhCSQZ0vfl0DbNO4Z9DM+PPOqllDanR/"
    "7BbWmdl26K9VOty9HcWX//3E28+nGs/z4CAAAAAAAAAACAyzbAT7WyACgAAA==";
const std::string zstandard =
    "KLUv/"
    "WQAJ40CAAQDZgAwMDAwNjQ0MDAwMDAwNQAAMDExMTYwACAwAHVzdGFyADAwcm9vdAAAaGVsbG8ADAD3BfBFAvTwEUBTwFA"
    "4AMIPQHIgAhg0wLFymZ8AFiZPdxU=";

}  // namespace

TEST_CASE("a layer's entries are seen in their order, with the bytes that are wanted") {
  Fixture f;
  f.seen.unwanted = "b";
  const std::string large(3'000'000, 'x');
  REQUIRE(f.read(tar_archive({{"./a/", "", '5', ""},
                              {"./a/one", "1", '0', ""},
                              {"b", "2", '0', ""},
                              {"/c", large, '0', ""},
                              {"l", "", '2', "../c"},
                              {"h", "", '1', "./a/one"}}))
              .ok());
  REQUIRE(f.seen.entries.size() == 6);
  CHECK(f.seen.entries[0].path == "a");
  CHECK(f.seen.entries[0].kind == LayerEntry::Kind::folder);
  CHECK(f.seen.entries[1].path == "a/one");
  CHECK(f.seen.entries[3].path == "c");
  CHECK(f.seen.entries[4].kind == LayerEntry::Kind::symbolic_link);
  CHECK(f.seen.entries[4].target == "../c");
  CHECK(f.seen.entries[5].kind == LayerEntry::Kind::hard_link);
  CHECK(f.seen.files == std::vector<std::string>{"1", large});
}

TEST_CASE("compressed layers are unpacked") {
  for (const std::string& text : {gzipped, zstandard}) {
    Fixture f;
    REQUIRE(f.read(*from_base64(text)).ok());
    CHECK(f.seen.files == std::vector<std::string>{"hello"});
  }
}

TEST_CASE("an empty layer is one") {
  Fixture f;
  CHECK(f.read(std::string(1024, '\0')).ok());
  CHECK(f.seen.entries.empty());
}

TEST_CASE(
    "paths that lead out, damaged archives and wrong digests are failures that name the layer") {
  Fixture f;
  const auto out = f.read(tar_archive({{"a/../../etc/passwd", "x", '0', ""}}));
  REQUIRE_FALSE(out.ok());
  CHECK(out.failure().message.find("layer sha256:") != std::string::npos);
  std::string cut = *from_base64(gzipped);
  cut.resize(cut.size() / 2);
  CHECK_FALSE(f.read(cut).ok());
  CHECK_FALSE(f.read(std::string(100'000, 'x')).ok());
}

TEST_CASE("a download that breaks says so, and not that the archive is damaged") {
  Fixture f;
  f.registry.faults.fail_before("blob odoo",
                                {FailureKind::transient, "registry: no answer", "", ""});
  const auto broken = f.read(tar_archive({{"a", "x", '0', ""}}));
  REQUIRE_FALSE(broken.ok());
  CHECK(broken.failure().message == "registry: no answer");
}

TEST_CASE("a large archive that is left early does not hang") {
  Fixture f;
  std::vector<TarEntry> entries{{"../out", "x", '0', ""}};
  for (int count = 0; count < 20; ++count)
    entries.push_back({"f" + std::to_string(count), std::string(1'000'000, 'x'), '0', ""});
  CHECK_FALSE(f.read(tar_archive(entries)).ok());
}
