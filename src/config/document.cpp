// The way from a path to a parsed document, the same for both files.
#include "document.hpp"

#include "characters.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"

#include <filesystem>

namespace ostler {
namespace {

constexpr std::size_t largest_file = 1u << 20;

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

std::string absolute_folder(const std::string& folder) {
  std::error_code ignored;
  return std::filesystem::absolute(folder, ignored).lexically_normal().string();
}

Diagnostic unreadable(const std::string& path, std::string_view what, const Failure& failure) {
  Diagnostic one;
  one.place.file = path;
  if (failure.code == "too-large") {
    one.message = "the file is larger than 1 MiB";
    one.hints.push_back(fmt::format("The {} file needs a few KiB; is this the right one?", what));
    return one;
  }
  const std::string prefix = path + ": ";
  const bool named = starts_with(failure.message, prefix);
  one.message = fmt::format("the {} file cannot be read: {}", what,
                            named ? failure.message.substr(prefix.size()) : failure.message);
  if (!failure.hint.empty()) one.hints.push_back(failure.hint);
  return one;
}

}  // namespace

bool with_document(
    const std::string& path, std::string_view what, Diagnostics& diagnostics,
    const std::function<void(const FileIdentity&, const Field& root, const Reading&)>& read) {
  Result<std::string> bytes = read_file(path, largest_file);
  if (!bytes) {
    diagnostics.add(unreadable(path, what, bytes.failure()));
    return false;
  }
  const FileIdentity identity{path, folder_of(path), sha256_hex(*bytes)};
  const PreparedText prepared = prepare_text(std::move(*bytes));
  const Source source(path, prepared.text);
  Report report(source, diagnostics);
  report.distrust_text();
  if (!check_characters(prepared, report)) return false;
  const std::optional<YamlNode> root = parse_yaml(report);
  if (!root) return false;
  report.trust_text();
  const Reading reading{*root, report, absolute_folder(identity.folder)};
  hide_secrets(reading);
  const Field field{&*root, fmt::format("the {}", what),
                    root->is_map() ? Span{1, 1, 0} : root->span};
  read(identity, field, reading);
  return !report.has_errors();
}

}  // namespace ostler
