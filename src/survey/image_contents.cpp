// Finds out which Odoo addons two images hold and what differs between them.
#include "ostler/survey/image_contents.hpp"

#include "survey/image_files.hpp"
#include "survey/python_text.hpp"

#include "ostler/base/text.hpp"

#include <fnmatch.h>

#include <atomic>
#include <thread>

namespace ostler {

namespace {

constexpr const char* manifest_name = "__manifest__.py";
constexpr std::size_t reader_count = 2;

using LayersByDigest = std::map<std::string, LayerFiles>;

/// An addon with the files that it is made of, by their path within it.
struct FoundAddon {
  Addon addon;
  Json manifest;
  std::map<std::string, const ImageFile*> files;
};

struct FoundImage {
  ImageContents contents;
  ImageFiles files;
  std::map<std::string, FoundAddon> addons;
};

Result<Manifest> image_of(const ImageSource& source) {
  if (source.manifest.config) return source.manifest;
  const Descriptor* chosen = nullptr;
  for (const Descriptor& candidate : source.manifest.manifests) {
    if (!starts_with(candidate.platform, "linux/")) continue;
    if (chosen == nullptr || starts_with(candidate.platform, "linux/amd64")) chosen = &candidate;
    if (starts_with(chosen->platform, "linux/amd64")) break;
  }
  if (chosen == nullptr) {
    return Failure{FailureKind::permanent,
                   fmt::format("{}/{}@{} holds no image for Linux", source.registry->host(),
                               source.repository, source.manifest.descriptor.digest),
                   "", ""};
  }
  return source.registry->manifest(source.repository, chosen->digest);
}

/// A layer to read, from the first image that has it.
struct LayerTask {
  const ImageSource* source;
  const Descriptor* layer;
  LayerFiles* files;
};

Result<void> read_all(const std::vector<LayerTask>& tasks) {
  std::atomic<std::size_t> next{0};
  std::vector<Result<void>> results(tasks.size());
  const auto work = [&] {
    for (std::size_t index = next++; index < tasks.size(); index = next++) {
      const LayerTask& task = tasks[index];
      results[index] =
          read_layer(*task.source->registry, task.source->repository, *task.layer, *task.files);
      if (results[index].ok()) results[index] = task.files->finish();
      if (!results[index].ok()) next = tasks.size();
    }
  };
  std::vector<std::thread> readers;
  for (std::size_t reader = 1; reader < std::min(reader_count, tasks.size()); ++reader)
    readers.emplace_back(work);
  work();
  for (std::thread& reader : readers) reader.join();
  for (const Result<void>& result : results) {
    if (!result.ok()) return result.failure();
  }
  return {};
}

/// Of two addons with one name Odoo takes that of the earlier folder of its addons path, and its
/// own come last.
int precedence(std::string_view folder) {
  if (starts_with(folder, "mnt/")) return 0;
  return starts_with(folder, "opt/") ? 1 : 2;
}

/// Folders with a manifest, none within another one.
std::vector<std::string> addon_folders(const ImageFiles& files) {
  std::vector<std::string> folders;
  for (const auto& [path, file] : files) {
    if (!ends_with(path, std::string("/") + manifest_name)) continue;
    folders.push_back(path.substr(0, path.rfind('/')));
  }
  std::sort(folders.begin(), folders.end());
  const std::set<std::string> all(folders.begin(), folders.end());
  const auto lies_within = [&all](const std::string& folder) {
    for (auto slash = folder.find('/'); slash != std::string::npos;
         slash = folder.find('/', slash + 1)) {
      if (all.contains(folder.substr(0, slash))) return true;
    }
    return false;
  };
  folders.erase(std::remove_if(folders.begin(), folders.end(), lies_within), folders.end());
  std::stable_sort(folders.begin(), folders.end(), [](const std::string& a, const std::string& b) {
    return precedence(a) < precedence(b);
  });
  return folders;
}

std::string hash_of(const std::map<std::string, const ImageFile*>& files) {
  Sha256 hash;
  for (const auto& [path, file] : files) {
    hash.update(path);
    hash.update(std::string_view("\0", 1));
    hash.update(file->hash);
  }
  return hash.hex();
}

std::vector<std::string> texts_of(const Json& list) {
  std::vector<std::string> texts;
  if (!list.is_array()) return texts;
  for (const Json& entry : list) {
    if (entry.is_string()) texts.push_back(entry.get<std::string>());
  }
  return texts;
}

Result<FoundAddon> read_addon(const ImageFiles& files, const std::string& folder,
                              const std::string& series) {
  FoundAddon found;
  const std::string prefix = folder + "/";
  for (auto file = files.lower_bound(prefix);
       file != files.end() && starts_with(file->first, prefix); ++file) {
    found.files[file->first.substr(prefix.size())] = &file->second;
  }
  const std::string where = "/" + sanitize(prefix) + manifest_name;
  auto manifest = parse_python_literal(found.files.at(manifest_name)->text);
  if (!manifest.ok()) return with_context(manifest.failure(), where);
  if (!manifest->is_object()) return Failure{FailureKind::permanent, where + " is no dict", "", ""};
  found.manifest = std::move(*manifest);

  Addon& addon = found.addon;
  addon.name = sanitize(folder.substr(folder.rfind('/') + 1));
  addon.installable = flag_at(found.manifest, "/installable", true);
  addon.depends = texts_of(value_at(found.manifest, "/depends"));
  addon.hash = hash_of(found.files);
  const std::string version = text_at(found.manifest, "/version", "1.0");
  auto adapted = adapt_version(version, series);
  // Odoo reads on behind the version of an addon that cannot be installed anyway.
  if (!adapted.ok() && addon.installable) return with_context(adapted.failure(), where);
  addon.version =
      adapted.ok() ? sanitize(*adapted, Lines::escape, 128) : sanitize(version, Lines::escape, 128);
  return found;
}

std::string series_of(const ImageFiles& files) {
  for (const auto& [path, file] : files) {
    if (!ends_with(path, "odoo/release.py")) continue;
    if (const auto series = odoo_series(file.text)) return *series;
  }
  return "";
}

Result<FoundImage> find_addons(const ImageSource& source, const Manifest& image,
                               const LayersByDigest& layers) {
  FoundImage found;
  found.contents.digest = source.manifest.descriptor.digest;
  const std::string what = fmt::format("image {}/{}@{}", source.registry->host(), source.repository,
                                       found.contents.digest);
  OSTLER_TRY(const std::string bytes, source.registry->blob(source.repository, *image.config));
  OSTLER_TRY(const Json config, parse_json(bytes, "the configuration of " + what));
  found.contents.version = sanitize(
      text_at(config, "/config/Labels/org.opencontainers.image.version"), Lines::escape, 128);
  for (const Descriptor& layer : image.layers) {
    if (auto applied = layers.at(layer.digest).apply_to(found.files); !applied.ok()) {
      return with_context(applied.failure(), what);
    }
  }
  found.contents.series = series_of(found.files);
  for (const std::string& folder : addon_folders(found.files)) {
    auto addon = read_addon(found.files, folder, found.contents.series);
    if (!addon.ok()) return with_context(addon.failure(), what);
    // The first folder of a name is the one that counts.
    found.addons.emplace(addon->addon.name, std::move(*addon));
  }
  for (const auto& [name, addon] : found.addons) found.contents.addons.push_back(addon.addon);
  return found;
}

bool has_folder(std::string_view path, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(), [path](const char* name) {
    return starts_with(path, std::string(name) + "/");
  });
}

bool ends_with_any(std::string_view path, std::initializer_list<const char*> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [path](const char* ending) { return ends_with(path, ending); });
}

/// Whether the manifest's assets name the file, which stand there as "addon/path" with wildcards,
/// or in operations on them.
bool named_by_assets(const Json& value, const std::string& path, int depth = 0) {
  if (depth > 4) return false;
  if (value.is_string()) {
    std::string pattern = value.get<std::string>();
    if (starts_with(pattern, "/")) pattern.erase(0, 1);
    return fnmatch(replace_all(pattern, "**", "*").c_str(), path.c_str(), 0) == 0;
  }
  if (!value.is_array() && !value.is_object()) return false;
  return std::any_of(value.begin(), value.end(),
                     [&](const Json& entry) { return named_by_assets(entry, path, depth + 1); });
}

bool named_by_manifest(const FoundAddon* addon, const std::string& path) {
  if (addon == nullptr || !addon->manifest.is_object()) return false;
  for (const char* list : {"/data", "/demo", "/demo_xml", "/init_xml", "/update_xml", "/qweb"}) {
    const std::vector<std::string> files = texts_of(value_at(addon->manifest, list));
    if (std::find(files.begin(), files.end(), path) != files.end()) return true;
  }
  return named_by_assets(value_at(addon->manifest, "/assets"), addon->addon.name + "/" + path);
}

/// What one file is, seen from the addon before and after; null where it is not there.
class FileJudge {
 public:
  FileJudge(const FoundAddon* before, const FoundAddon* after) : before_(before), after_(after) {}

  AddonFileKind kind(const std::string& path) const {
    if (path == manifest_name) {
      const bool same =
          before_ != nullptr && after_ != nullptr && before_->manifest == after_->manifest;
      return same ? AddonFileKind::inert : AddonFileKind::manifest;
    }
    if (has_folder(path, {"migrations", "upgrades"})) return AddonFileKind::migration;
    if (has_folder(path, {"security"})) return AddonFileKind::security;
    if (named_by_manifest(before_, path) || named_by_manifest(after_, path))
      return AddonFileKind::data;
    if (has_folder(path, {"tests", "doc", "docs", "readme"}) ||
        ends_with_any(path, {".pot", ".md", ".rst", ".pyc", ".pyo"})) {
      return AddonFileKind::inert;
    }
    if (has_folder(path, {"static", "i18n", "i18n_extra"})) return AddonFileKind::data;
    if (!ends_with(path, ".py")) return AddonFileKind::other;
    return declarations(before_, path) == declarations(after_, path) ? AddonFileKind::code
                                                                     : AddonFileKind::fields;
  }

 private:
  static std::string declarations(const FoundAddon* addon, const std::string& path) {
    if (addon == nullptr) return "";
    const auto found = addon->files.find(path);
    return found == addon->files.end() ? "" : found->second->declarations;
  }

  const FoundAddon* before_;
  const FoundAddon* after_;
};

const FoundAddon* addon_of(const FoundImage& image, const std::string& name) {
  const auto found = image.addons.find(name);
  return found == image.addons.end() ? nullptr : &found->second;
}

void compare_addon(const std::string& name, const FoundAddon* before, const FoundAddon* after,
                   std::vector<AddonFileChange>& changes) {
  const FileJudge judge(before, after);
  std::set<std::string> paths;
  for (const FoundAddon* addon : {before, after}) {
    if (addon == nullptr) continue;
    for (const auto& [path, file] : addon->files) paths.insert(path);
  }
  for (const std::string& path : paths) {
    const bool was = before != nullptr && before->files.contains(path);
    const bool is = after != nullptr && after->files.contains(path);
    if (was && is && before->files.at(path)->hash == after->files.at(path)->hash) continue;
    const auto how = !was  ? AddonFileChange::How::added
                     : !is ? AddonFileChange::How::removed
                           : AddonFileChange::How::changed;
    changes.push_back({name, sanitize(path, Lines::escape, 512), how, judge.kind(path)});
  }
}

std::vector<AddonFileChange> compare(const FoundImage& before, const FoundImage& after) {
  std::set<std::string> names;
  for (const FoundImage* image : {&before, &after}) {
    for (const auto& [name, addon] : image->addons) names.insert(name);
  }
  std::vector<AddonFileChange> changes;
  for (const std::string& name : names) {
    const FoundAddon* was = addon_of(before, name);
    const FoundAddon* is = addon_of(after, name);
    if (was != nullptr && is != nullptr && was->addon.hash == is->addon.hash) continue;
    compare_addon(name, was, is, changes);
  }
  return changes;
}

/// The same changes seen from the other image.
std::vector<AddonFileChange> reversed(std::vector<AddonFileChange> changes) {
  for (AddonFileChange& change : changes) {
    if (change.how == AddonFileChange::How::added)
      change.how = AddonFileChange::How::removed;
    else if (change.how == AddonFileChange::How::removed)
      change.how = AddonFileChange::How::added;
  }
  return changes;
}

void note_changes(ImageContents& contents, std::vector<AddonFileChange> changes) {
  for (const AddonFileChange& change : changes)
    contents.changed_files.push_back(change.addon + "/" + change.path);
  contents.changes = std::move(changes);
}

}  // namespace

std::string_view to_string(AddonFileKind kind) {
  switch (kind) {
    case AddonFileKind::code:
      return "code";
    case AddonFileKind::fields:
      return "fields";
    case AddonFileKind::manifest:
      return "manifest";
    case AddonFileKind::migration:
      return "migration";
    case AddonFileKind::security:
      return "security";
    case AddonFileKind::data:
      return "data";
    case AddonFileKind::inert:
      return "inert";
    case AddonFileKind::other:
      return "other";
  }
  return "other";
}

Result<std::pair<ImageContents, ImageContents>> read_images(const ImageSource& before,
                                                            const ImageSource& after) {
  OSTLER_TRY(const Manifest old_image, image_of(before));
  OSTLER_TRY(const Manifest new_image, image_of(after));
  LayersByDigest layers;
  std::vector<LayerTask> tasks;
  for (const auto& [source, image] :
       {std::pair(&before, &old_image), std::pair(&after, &new_image)}) {
    for (const Descriptor& layer : image->layers) {
      const auto [place, is_new] = layers.try_emplace(layer.digest);
      if (is_new) tasks.push_back({source, &layer, &place->second});
    }
  }
  OSTLER_CHECK(read_all(tasks));
  OSTLER_TRY(FoundImage old_found, find_addons(before, old_image, layers));
  OSTLER_TRY(FoundImage new_found, find_addons(after, new_image, layers));
  const std::vector<AddonFileChange> changes = compare(old_found, new_found);
  note_changes(old_found.contents, reversed(changes));
  note_changes(new_found.contents, changes);
  return std::pair(std::move(old_found.contents), std::move(new_found.contents));
}

}  // namespace ostler
