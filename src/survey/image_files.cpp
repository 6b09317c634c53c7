// Puts an image's layers together to the files that matter, keeping hashes instead of bytes.
#include "survey/image_files.hpp"

#include "survey/python_text.hpp"

#include "ostler/base/text.hpp"

namespace ostler {

namespace {

constexpr std::size_t manifest_limit = 1u << 20;
constexpr std::size_t source_limit = 4u << 20;

std::string_view name_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view folder_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

bool is_release_file(std::string_view path) {
  return ends_with(path, "odoo/release.py") &&
         (starts_with(path, "usr/") || starts_with(path, "opt/"));
}

bool is_kept_as_text(std::string_view path) {
  return name_of(path) == "__manifest__.py" || is_release_file(path);
}

/// Everything below `folder`, and it itself.
void erase_tree(ImageFiles& files, const std::string& folder) {
  files.erase(folder);
  const std::string prefix = folder + "/";
  auto file = files.lower_bound(prefix);
  while (file != files.end() && starts_with(file->first, prefix)) file = files.erase(file);
}

}  // namespace

bool is_watched_path(std::string_view path) {
  if (starts_with(path, "mnt/") || is_release_file(path)) return true;
  if (starts_with(path, "opt/odoo")) return true;
  return starts_with(path, "usr/") && path.find("/odoo/addons/") != std::string_view::npos;
}

LayerVisitor::Wants LayerFiles::entry(const LayerEntry& entry) {
  const std::string_view name = name_of(entry.path);
  const std::string folder(folder_of(entry.path));
  if (name == ".wh..wh..opq") {
    emptied_.insert(folder);
    return Wants::nothing;
  }
  if (starts_with(name, ".wh.")) {
    // Other names with this beginning belong to the storage that made the layer.
    if (!starts_with(name, ".wh..wh.")) {
      removed_.insert((folder.empty() ? "" : folder + "/") + std::string(name.substr(4)));
    }
    return Wants::nothing;
  }
  // Whatever is no folder takes the place of a folder of that name and of what was in it.
  if (entry.kind != LayerEntry::Kind::folder) removed_.insert(entry.path);
  if (!is_watched_path(entry.path)) return Wants::nothing;
  switch (entry.kind) {
    case LayerEntry::Kind::file:
      path_ = entry.path;
      hash_ = Sha256();
      kept_.clear();
      keep_limit_ = is_kept_as_text(path_)    ? manifest_limit
                    : ends_with(path_, ".py") ? source_limit
                                              : 0;
      return Wants::bytes;
    case LayerEntry::Kind::hard_link: {
      std::string target = entry.target;
      while (starts_with(target, "./") || starts_with(target, "/"))
        target.erase(0, target.find('/') + 1);
      hard_links_[entry.path] = target;
      return Wants::nothing;
    }
    case LayerEntry::Kind::symbolic_link:
      files_[entry.path] = {sha256_hex("link to " + entry.target), "", ""};
      return Wants::nothing;
    case LayerEntry::Kind::folder:
    case LayerEntry::Kind::other:
      return Wants::nothing;
  }
  return Wants::nothing;
}

void LayerFiles::bytes(std::string_view piece) {
  hash_.update(piece);
  if (keep_limit_ == 0) return;
  // One byte more than allowed tells that there was more.
  kept_ += piece.substr(
      0, std::min(piece.size(), keep_limit_ + 1 - std::min(kept_.size(), keep_limit_ + 1)));
}

void LayerFiles::end_of_file() {
  ImageFile file;
  file.hash = hash_.hex();
  if (is_kept_as_text(path_)) {
    if (kept_.size() > keep_limit_) trouble_ = path_;
    file.text = kept_;
  } else if (keep_limit_ > 0) {
    // A source too large to be read declares all that it says.
    const std::string declared =
        kept_.size() > keep_limit_ ? file.hash : python_declarations(kept_);
    if (!declared.empty()) file.declarations = sha256_hex(declared);
  }
  files_[path_] = std::move(file);
  kept_.clear();
}

Result<void> LayerFiles::finish() {
  if (trouble_.empty()) return {};
  return Failure{
      FailureKind::permanent,
      fmt::format("/{} is longer than {}", sanitize(trouble_), format_bytes(manifest_limit)), "",
      ""};
}

Result<void> LayerFiles::apply_to(ImageFiles& below) const {
  for (const std::string& folder : emptied_) {
    if (folder.empty())
      below.clear();
    else
      erase_tree(below, folder);
  }
  for (const std::string& path : removed_) erase_tree(below, path);
  for (const auto& [path, file] : files_) below[path] = file;
  for (const auto& [path, target] : hard_links_) {
    const auto found = below.find(target);
    if (found == below.end()) {
      return Failure{
          FailureKind::permanent,
          fmt::format("/{} is a hard link to /{}, which is not among the files that are read",
                      sanitize(path), sanitize(target)),
          "", ""};
    }
    const ImageFile copy = found->second;
    below[path] = copy;
  }
  return {};
}

}  // namespace ostler
