// The way from a path to a parsed document, the same for both files.
#include "document.hpp"

#include "characters.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/hash.hpp"

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

}  // namespace

bool with_document(
    const std::string& path, std::string_view what, Diagnostics& diagnostics,
    const std::function<void(const FileIdentity&, const Field& root, const Reading&)>& read) {
  Result<std::string> bytes = read_file(path, largest_file);
  if (!bytes) {
    Diagnostic one;
    one.message = fmt::format("cannot read the {} file: {}", what, bytes.failure().message);
    if (!bytes.failure().hint.empty()) one.hints.push_back(bytes.failure().hint);
    diagnostics.add(std::move(one));
    return false;
  }
  const FileIdentity identity{path, folder_of(path), sha256_hex(*bytes)};
  const PreparedText prepared = prepare_text(std::move(*bytes));
  const Source source(path, prepared.text);
  Report report(source, diagnostics);
  if (!check_characters(prepared, report)) return false;
  const std::optional<YamlDocument> document = parse_yaml(report);
  if (!document) return false;
  const Reading reading{*document, report, absolute_folder(identity.folder)};
  hide_secrets(reading);
  const YamlNode& root = document->root;
  const Field field{&root, fmt::format("the {}", what), root.is_map() ? Span{1, 1, 1} : root.span};
  read(identity, field, reading);
  return !report.has_errors();
}

}  // namespace ostler
