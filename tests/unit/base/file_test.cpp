// Files are replaced as a whole or not at all, and bounded when read.
#include "ostler/base/file.hpp"

#include "ostler/base/hash.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

using namespace ostler;

namespace {
struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("ostler-file-" + random_hex(8));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string at(const char* name) const { return (path / name).string(); }
};
}  // namespace

TEST_CASE("a written file is there with its mode, and replaced without leftovers") {
  const Folder folder;
  REQUIRE(write_file_atomically(folder.at("a"), "one"));
  REQUIRE(write_file_atomically(folder.at("a"), "two"));
  CHECK(read_file(folder.at("a")).value() == "two");
  struct stat information {};
  REQUIRE(stat(folder.at("a").c_str(), &information) == 0);
  CHECK((information.st_mode & 0777) == 0600);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 1);
}

TEST_CASE("what is no ordinary file, absent or too large is refused with its name") {
  const Folder folder;
  CHECK(read_file(folder.at("none")).failure().code == "ENOENT");
  CHECK_FALSE(read_file(folder.path.string()));
  CHECK_FALSE(read_file("/dev/zero"));
  REQUIRE(write_file_atomically(folder.at("big"), std::string(100, 'x')));
  CHECK(read_file(folder.at("big"), 99).failure().code == "too-large");
  CHECK_FALSE(write_file_atomically(folder.at("none/a"), "x"));
}

TEST_CASE("folders are made private") {
  const Folder folder;
  REQUIRE(make_folders(folder.at("a/b/c")));
  REQUIRE(make_folders(folder.at("a/b/c")));
  struct stat information {};
  REQUIRE(stat(folder.at("a/b/c").c_str(), &information) == 0);
  CHECK((information.st_mode & 0777) == 0700);
  REQUIRE(write_file_atomically(folder.at("a/file"), "x"));
  CHECK_FALSE(make_folders(folder.at("a/file/d")));
}

TEST_CASE("digests and encodings fit the published values") {
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha1_hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  Sha256 pieces;
  pieces.update("a");
  pieces.update("bc");
  CHECK(pieces.hex() == sha256_hex("abc"));
  CHECK(to_base64("foobar") == "Zm9vYmFy");
  CHECK(from_base64("Zm9v\nYmE=") == "fooba");
  CHECK_FALSE(from_base64("Zm9"));
  CHECK(random_hex(7).size() == 7);
  CHECK(random_hex(16) != random_hex(16));
}
