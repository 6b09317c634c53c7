// What a valid release.yaml and its migrations folder become, and which folders are refused.
#include "ostler/config/release.hpp"

#include "reading.hpp"

#include "ostler/base/hash.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

TEST_CASE("a release holds what its file says", "[config]") {
  ConfigFolder folder;
  const auto release = folder.release();
  REQUIRE(release);
  CHECK(release->name == "2026.11.3");
  CHECK(release->image_from == "staging/retail/odoo:2");
  CHECK(release->image_to == "production/retail/odoo");
  CHECK(release->image_from_place.line == 4);
  CHECK(release->image_from_place.column == 9);
  CHECK(release->modules == std::vector<std::string>{"sale_omni", "pos_retail"});
  CHECK(release->traffic.weights == std::vector<int>{5, 25, 50, 100});
  CHECK(release->traffic.hold == Milliseconds(300000));
  CHECK(release->traffic.budget == Milliseconds(600000));
  CHECK(release->traffic.interval == Milliseconds(1000));
  CHECK(release->traffic.gates == std::vector<std::string>{"errors", "latency"});
  CHECK(release->on_failure == OnFailure::rollback);
  REQUIRE(release->migrations.size() == 1);
  const MigrationFile& migration = release->migrations[0];
  CHECK(migration.version == "0001");
  CHECK(migration.name == "0001_channel");
  CHECK(migration.path == folder.path("migrations/0001_channel.sql"));
  CHECK(migration.text == folder.text("migrations/0001_channel.sql"));
  CHECK(migration.checksum == sha256_hex(migration.text));
  CHECK(migration.undo_text == folder.text("migrations/0001_channel.down.sql"));
}

TEST_CASE("a release can be read without an environment", "[config]") {
  ConfigFolder folder;
  Diagnostics diagnostics;
  CHECK(read_release(folder.path("release.yaml"), nullptr, diagnostics).has_value());
  CHECK(diagnostics.empty());
}

TEST_CASE("a release's digest covers its file and every migration, whatever the folder is called",
          "[config]") {
  ConfigFolder folder, same;
  const std::string digest = folder.release()->digest;
  CHECK(digest.size() == 64);
  CHECK(same.release()->digest == digest);

  same.write("migrations/0001_channel.sql", same.text("migrations/0001_channel.sql") + "-- more\n");
  CHECK(same.release()->digest != digest);
  ConfigFolder undo;
  undo.write("migrations/0001_channel.down.sql", "select 1;\n");
  CHECK(undo.release()->digest != digest);
  ConfigFolder more;
  more.write("migrations/0002_more.sql", "select 1;\n");
  CHECK(more.release()->digest != digest);
  ConfigFolder comment;
  comment.write("release.yaml", comment.text("release.yaml") + "# comment\n");
  CHECK(comment.release()->digest != digest);
}

TEST_CASE("migrations come in the order of their versions", "[config]") {
  ConfigFolder folder;
  folder.write("migrations/0010_b.sql", "select 10;\n");
  folder.write("migrations/0002_c.sql", "select 2;\n");
  folder.write("migrations/README.md", "what is here\n");
  const auto release = folder.release();
  REQUIRE(release);
  std::vector<std::string> names;
  for (const MigrationFile& one : release->migrations) names.push_back(one.name);
  CHECK(names == std::vector<std::string>{"0001_channel", "0002_c", "0010_b"});
}

TEST_CASE("what does not belong into a migrations folder is refused by name", "[config]") {
  ConfigFolder folder;
  const auto said = [&] {
    CHECK_FALSE(folder.release());
    return folder.said;
  };
  SECTION("another file") {
    folder.write("migrations/notes.txt", "x");
    CHECK(said() ==
          "migrations/notes.txt: error: is not a migration's name\n"
          "hint: Name it NNNN_name.sql or NNNN_name.down.sql: four digits, then lower-case "
          "letters, digits and '_'. Only "
          "README files may stand beside.\n");
  }
  SECTION("a version of three digits") {
    folder.write("migrations/002_x.sql", "select 1;\n");
    CHECK(said().find("migrations/002_x.sql: error: is not a migration's name\n") == 0);
  }
  SECTION("two files of one version") {
    folder.write("migrations/0001_zebra.sql", "select 1;\n");
    CHECK(said() ==
          "migrations/0001_zebra.sql: error: has the version 0001 of '0001_channel.sql'\n"
          "hint: Give it a number of its own.\n");
  }
  SECTION("an undo without its migration") {
    folder.write("migrations/0002_x.down.sql", "select 1;\n");
    CHECK(said() ==
          "migrations/0002_x.down.sql: error: there is no '0002_x.sql' that it could undo\n");
  }
  SECTION("an empty file") {
    folder.write("migrations/0002_x.sql", " \n\n");
    CHECK(said() ==
          "migrations/0002_x.sql: error: is empty\nhint: Write the statements, or remove the "
          "file.\n");
  }
  SECTION("bytes that are no text") {
    folder.write("migrations/0002_x.sql", "select 1;\nselect '\xff';\n");
    CHECK(said().find(
              "migrations/0002_x.sql: error: has bytes in line 2 that are not valid UTF-8\n") == 0);
  }
  SECTION("a byte order mark") {
    folder.write("migrations/0002_x.sql", "\xEF\xBB\xBFselect 1;\n");
    CHECK(said().find("migrations/0002_x.sql: error: begins with a byte order mark\n") == 0);
  }
  SECTION("a folder") {
    std::filesystem::create_directory(folder.path("migrations/0002_x.sql"));
    CHECK(said().find("migrations/0002_x.sql: error: is not a regular file\n") == 0);
  }
  SECTION("a link that leaves the folder") {
    std::filesystem::create_symlink("/etc/hostname", folder.path("migrations/0002_x.sql"));
    CHECK(said().find(
              "migrations/0002_x.sql: error: is a link that leaves the migrations folder\n") == 0);
  }
  SECTION("a link to a file beside the folder") {
    std::filesystem::create_symlink("../release.yaml", folder.path("migrations/0002_x.sql"));
    CHECK(said().find(
              "migrations/0002_x.sql: error: is a link that leaves the migrations folder\n") == 0);
  }
  SECTION("a link to nowhere") {
    std::filesystem::create_symlink("nowhere.sql", folder.path("migrations/0002_x.sql"));
    CHECK(said().find(
              "migrations/0002_x.sql: error: cannot be read: No such file or directory\n") == 0);
  }
  SECTION("no migration at all") {
    std::filesystem::remove(folder.path("migrations/0001_channel.sql"));
    std::filesystem::remove(folder.path("migrations/0001_channel.down.sql"));
    CHECK(said().find("error: the folder 'migrations' has no migration\n") != std::string::npos);
  }
}
