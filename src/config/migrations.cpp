// Reads the folder of SQL migrations: names, order, undo files, and nothing that does not belong
// there.
#include "migrations.hpp"

#include "characters.hpp"
#include "values.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"

#include <filesystem>
#include <map>

namespace ostler {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_migration = 16u << 20;
constexpr std::size_t most_files = 10000;

struct FileName {
  std::string version;  ///< "0142"; empty: not a migration's name
  std::string name;     ///< "0142_add_channel"
  bool undo = false;
};

FileName parse_name(std::string_view file) {
  FileName result;
  if (!ends_with(file, ".sql")) return result;
  std::string_view name = file.substr(0, file.size() - 4);
  result.undo = ends_with(name, ".down");
  if (result.undo) name = name.substr(0, name.size() - 5);
  const bool fits =
      name.size() > 5 && name.size() <= 100 && name[4] == '_' &&
      name.substr(0, 4).find_first_not_of("0123456789") == std::string_view::npos &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
  if (!fits) return result;
  result.name = name;
  result.version = name.substr(0, 4);
  return result;
}

class FolderReader {
 public:
  FolderReader(const Field& field, std::string folder, std::string shown, Report& report)
      : field_(field), folder_(std::move(folder)), shown_(std::move(shown)), report_(report) {}

  std::vector<MigrationFile> read() {
    for (const std::string& file : list()) take(file);
    check_pairs();
    std::vector<MigrationFile> all;
    for (auto& [name, file] : files_) all.push_back(std::move(file));
    return all;
  }

 private:
  std::string path(const std::string& file) const { return (fs::path(shown_) / file).string(); }
  void complain(const std::string& file, std::string message, std::vector<std::string> hints = {}) {
    report_.error_in(path(file), std::move(message), std::move(hints));
  }

  /// The names of the folder's files, sorted.
  std::vector<std::string> list() {
    std::vector<std::string> names;
    std::error_code trouble;
    root_ = fs::canonical(folder_, trouble);
    if (!trouble && !fs::is_directory(root_, trouble))
      trouble = std::make_error_code(std::errc::not_a_directory);
    if (!trouble) {
      for (fs::directory_iterator at(root_, trouble), end;
           !trouble && at != end && names.size() <= most_files; at.increment(trouble)) {
        names.push_back(at->path().filename().string());
      }
    }
    if (trouble) {
      report_.error(
          field_.span,
          fmt::format("cannot read the folder {}: {}", in_quotes(shown_), trouble.message()),
          {"The folder is looked for beside the release file."});
      return {};
    }
    if (names.size() > most_files) {
      report_.error(field_.span, fmt::format("the folder {} has more than {} files",
                                             in_quotes(shown_), most_files));
      return {};
    }
    std::sort(names.begin(), names.end());
    if (std::none_of(names.begin(), names.end(),
                     [](const std::string& name) { return ends_with(name, ".sql"); })) {
      report_.error(field_.span, fmt::format("the folder {} has no migration", in_quotes(shown_)),
                    {"Put NNNN_name.sql into it, or remove the key."});
    }
    return names;
  }

  /// The real path when the file is a regular one inside the folder.
  std::string regular_file(const std::string& file) {
    std::error_code trouble;
    const fs::path real = fs::canonical(root_ / file, trouble);
    if (trouble) {
      complain(file, "cannot be read: " + trouble.message());
      return "";
    }
    if (real.parent_path() != root_) {
      complain(file, "is a link that leaves the migrations folder",
               {"Put the file itself into the folder."});
      return "";
    }
    if (!fs::is_regular_file(real, trouble)) {
      complain(file, "is not a regular file", {"The migrations folder holds files only."});
      return "";
    }
    return real.string();
  }

  void take(const std::string& file) {
    if (starts_with(file, "README")) return;
    const FileName name = parse_name(file);
    if (name.version.empty()) {
      complain(file, "is not a migration's name",
               {"Name it NNNN_name.sql or NNNN_name.down.sql: four digits, then lower-case "
                "letters, digits and '_'. Only "
                "README files may stand beside."});
      return;
    }
    const std::string real = regular_file(file);
    if (real.empty()) return;
    std::optional<std::string> text = read_sql(file, real);
    MigrationFile& one = files_[name.name];
    one.version = name.version;
    one.name = name.name;
    if (name.undo) {
      undo_[name.name] = file;
      one.undo_text = std::move(text).value_or("");
      return;
    }
    forward_[name.name] = file;
    one.path = path(file);
    one.text = std::move(text).value_or("");
    one.checksum = sha256_hex(one.text);
  }

  std::optional<std::string> read_sql(const std::string& file, const std::string& real) {
    Result<std::string> text = read_file(real, largest_migration);
    if (!text) {
      complain(file, "cannot be read: " + text.failure().message);
      return std::nullopt;
    }
    if (trim(*text).empty()) {
      complain(file, "is empty", {"Write the statements, or remove the file."});
      return std::nullopt;
    }
    if (const std::string trouble = text_trouble(*text); !trouble.empty()) {
      complain(file, trouble,
               {"Save it as UTF-8 without a byte order mark and without invisible characters."});
      return std::nullopt;
    }
    return std::move(*text);
  }

  void check_pairs() {
    std::map<std::string, std::string> by_version;
    for (const auto& [name, file] : forward_) {
      const auto [first, fresh] = by_version.emplace(name.substr(0, 4), file);
      if (fresh) continue;
      complain(file,
               fmt::format("has the version {} of {}", name.substr(0, 4), in_quotes(first->second)),
               {"Give it a number of its own."});
    }
    for (const auto& [name, file] : undo_) {
      if (!forward_.contains(name))
        complain(file, fmt::format("there is no '{}.sql' that it could undo", name));
    }
  }

  const Field& field_;
  const std::string folder_, shown_;
  Report& report_;
  fs::path root_;
  std::map<std::string, MigrationFile> files_;
  std::map<std::string, std::string> forward_, undo_;  ///< name -> file
};

}  // namespace

std::vector<MigrationFile> read_migrations(const Field& field, const Reading& reading) {
  const std::string text = read_text(field, reading.report);
  if (text.empty()) return {};
  const std::string beside = fs::path(reading.report.source().file()).parent_path().string();
  const std::string shown = (fs::path(beside) / text).lexically_normal().string();
  return FolderReader(field, (fs::path(reading.folder) / text).string(), shown, reading.report)
      .read();
}

}  // namespace ostler
