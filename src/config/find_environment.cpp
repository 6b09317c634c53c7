// Finds the environment file for what a user typed, and sees to it that a name means what the file
// says it is.
#include "find_environment.hpp"

#include "document.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/text.hpp"
#include "ostler/config/environment.hpp"

#include <filesystem>

namespace ostler {
namespace {

namespace fs = std::filesystem;

/// A path has a slash or ends like a file; everything else is a name.
bool is_name(std::string_view typed) {
  return typed.find('/') == std::string_view::npos && typed != "." && typed != ".." &&
         !ends_with(typed, ".yaml") && !ends_with(typed, ".yml");
}

/// What the file says in `environment:`, when it can be read at all.
std::optional<std::string> name_in(const std::string& path) {
  std::optional<std::string> name;
  Diagnostics ignored;
  with_document(path, "environment", ignored,
                [&](const FileIdentity&, const Field& root, const Reading&) {
                  for (std::size_t index = 0; index < root.node->keys.size(); ++index) {
                    if (root.node->keys[index].text == "environment")
                      name = root.node->items[index].text;
                  }
                });
  return name;
}

Failure not_found(std::string message, std::string hint) {
  return {FailureKind::refused, std::move(message), std::move(hint), "ENOENT"};
}

Result<std::string> find_by_path(const std::string& typed) {
  std::error_code ignored;
  const std::string path =
      fs::is_directory(typed, ignored) ? (fs::path(typed) / "environment.yaml").string() : typed;
  if (file_exists(path)) return path;
  return not_found(fmt::format("there is no environment file {}", in_quotes(path)),
                   "Give the path of an environment.yaml, its folder, or an environment's name.");
}

}  // namespace

Result<std::string> find_environment_below(const std::string& typed,
                                           const std::string& working_folder,
                                           const std::string& system_folder) {
  if (typed.empty())
    return not_found("no environment was given", "Name one, or give the path of its file.");
  if (!is_name(typed)) return find_by_path(typed);
  const fs::path here(working_folder);
  const std::vector<std::string> places{
      (here / ".ostler/env" / typed / "environment.yaml").lexically_normal().string(),
      (fs::path(system_folder) / "env" / typed / "environment.yaml").string()};
  for (const std::string& path : places) {
    if (file_exists(path)) return path;
  }
  const std::string beside = (here / "environment.yaml").lexically_normal().string();
  std::string looked = fmt::format("Looked for {}, {} and {}.", places[0], places[1], beside);
  if (!file_exists(beside)) {
    return not_found(fmt::format("there is no environment {}", in_quotes(typed)),
                     std::move(looked));
  }
  // A file that cannot be read is found all the same: its reader says what is wrong with it.
  const std::optional<std::string> name = name_in(beside);
  if (!name || *name == typed) return beside;
  return not_found(fmt::format("there is no environment {}; {} is the one of {}", in_quotes(typed),
                               beside, in_quotes(*name)),
                   std::move(looked));
}

Result<std::string> find_environment(const std::string& typed) {
  return find_environment_below(typed, "", "/etc/ostler");
}

Result<void> check_environment_name(const Environment& environment, const std::string& typed) {
  if (!is_name(typed) || environment.name == typed) return {};
  return Failure{FailureKind::refused,
                 fmt::format("{}:{}:{}: the file is for the environment '{}', not {}",
                             environment.path, environment.name_place.line,
                             environment.name_place.column, environment.name, in_quotes(typed)),
                 "Correct the folder's name or the file's 'environment:'; they must agree.", ""};
}

}  // namespace ostler
