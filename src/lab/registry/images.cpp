// Builds the shop's images from the files that the program carries, as the stack's own tool does.
#include "ostler/lab/images.hpp"

#include "lab/embedded.hpp"
#include "lab/registry/tar.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/json.hpp"
#include "ostler/base/text.hpp"

#include <deque>

namespace ostler::lab {
namespace {

using Files = std::map<std::string, std::string_view>;

constexpr const char* created = "2026-11-01T00:00:00Z";
constexpr const char* odoo_series = "18.0";
constexpr const char* image_type = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* config_type = "application/vnd.oci.image.config.v1+json";
constexpr const char* layer_type = "application/vnd.oci.image.layer.v1.tar";

/// Stands where the stack has its program, which the lab plays itself.
constexpr std::string_view program =
    "#!/bin/sh\necho 'This image of the shop runs in the lab only.' >&2\nexit 1\n";

/// Which folders make the topmost layer of each image; below it all images have the same layers.
const std::vector<std::pair<std::string, std::vector<std::string>>> stacks{
    {"1", {"1"}},
    {"1-patch", {"1", "1-patch"}},
    {"2", {"2"}},
    {"2-contract", {"2", "2-contract"}},
    {"2-crash", {"2", "2-crash"}},
    {"2-errors", {"2", "2-errors"}},
    {"3", {"2", "3"}},
    {"2-halfway", {"2", "2-halfway"}},
    {"2-long", {"2", "2-long"}},
    {"2-lying", {"2", "2-lying"}},
    {"2-slow", {"2", "2-slow"}},
};

/// Of files with one name the last folder's wins.
Files overlay(const std::vector<std::string>& folders) {
  Files files;
  for (const std::string& folder : folders)
    for (const EmbeddedFile& file : embedded_images())
      if (starts_with(file.path, folder + "/"))
        files[std::string(file.path.substr(folder.size() + 1))] = file.bytes;
  return files;
}

struct Blob {
  SharedBytes bytes;
  std::string digest;

  explicit Blob(std::string text)
      : bytes(std::make_shared<const std::string>(std::move(text))),
        digest("sha256:" + sha256_hex(*bytes)) {}
  Json descriptor(const char* type) const {
    return {{"mediaType", type}, {"digest", digest}, {"size", bytes->size()}};
  }
};

/// The text behind `"version":` of a manifest, in full: Odoo puts its own series before a short
/// one.
std::string version_of(std::string_view manifest) {
  for (const std::string& line : split(manifest, '\n')) {
    const std::string trimmed = trim(line);
    if (!starts_with(trimmed, "\"version\"") && !starts_with(trimmed, "'version'")) continue;
    const std::string_view value = std::string_view(trimmed).substr(trimmed.find(':') + 1);
    const std::size_t first = value.find_first_of("\"'");
    if (first == std::string_view::npos) break;
    const std::size_t last = value.find(value[first], first + 1);
    const std::string version(value.substr(first + 1, last - first - 1));
    return starts_with(version, std::string(odoo_series) + ".")
               ? version
               : std::string(odoo_series) + "." + version;
  }
  return std::string(odoo_series) + ".1.0";
}

void read_modules(const Files& files, std::map<std::string, std::string>& modules) {
  constexpr std::string_view name = "/__manifest__.py";
  for (const auto& [path, bytes] : files) {
    if (!ends_with(path, name)) continue;
    const std::string folder = path.substr(0, path.size() - name.size());
    modules[folder.substr(folder.rfind('/') + 1)] = version_of(bytes);
  }
}

ShopCode code_of(const std::vector<Files>& layers) {
  ShopCode code;
  for (const Files& files : layers) read_modules(files, code.modules);
  const auto settings = parse_json(layers.back().at("etc/shop.json"), "shop.json");
  const Json& read = settings.value();
  code.version = text_at(read, "/version");
  code.fail_one_in = static_cast<int>(number_at(read, "/checkout/fail_one_in"));
  code.always_fails = flag_at(read, "/checkout/always_fails");
  code.checkout_delay = Milliseconds{number_at(read, "/checkout/delay_ms")};
  code.crash_at_start = flag_at(read, "/crash_at_start");
  return code;
}

Blob config_of(const Json& labels, const std::vector<Blob>& layers) {
  Json ids = Json::array(), history = Json::array();
  for (const Blob& layer : layers) ids.push_back(layer.digest);
  for (const char* copied :
       {"COPY odoo /usr/bin/odoo", "COPY odoo /usr/lib/python3/dist-packages/odoo",
        "COPY oca /mnt/extra-addons", "COPY addons /mnt/extra-addons"})
    history.push_back({{"created", created}, {"created_by", copied}});
  const Json run{{"User", "101:101"},
                 {"Entrypoint", {"/usr/bin/odoo"}},
                 {"Env",
                  {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                   "LANG=C.UTF-8", fmt::format("ODOO_VERSION={}", odoo_series)}},
                 {"ExposedPorts", {{"8069/tcp", Json::object()}}},
                 {"Labels", labels}};
  return Blob(to_bytes({{"created", created},
                        {"architecture", "amd64"},
                        {"os", "linux"},
                        {"config", run},
                        {"rootfs", {{"type", "layers"}, {"diff_ids", ids}}},
                        {"history", history}}));
}

ShopImage image_of(const std::string& tag, const std::vector<Blob>& layers, ShopCode code) {
  const Json labels{{"org.opencontainers.image.title", "retail/odoo"},
                    {"org.opencontainers.image.version", tag},
                    {"org.opencontainers.image.revision", sha1_hex("retail/odoo " + tag)},
                    {"org.opencontainers.image.source", "https://git.shop.example/retail/odoo"},
                    {"org.opencontainers.image.created", created}};
  const Blob config = config_of(labels, layers);
  Json descriptors = Json::array();
  for (const Blob& layer : layers) descriptors.push_back(layer.descriptor(layer_type));
  const Blob manifest(to_bytes({{"schemaVersion", 2},
                                {"mediaType", image_type},
                                {"config", config.descriptor(config_type)},
                                {"layers", descriptors},
                                {"annotations", labels}}));
  ShopImage image{tag, manifest.digest, manifest.bytes, {}, std::move(code)};
  image.blobs[config.digest] = config.bytes;
  for (const Blob& layer : layers) image.blobs[layer.digest] = layer.bytes;
  return image;
}

std::vector<Files> common_layers() {
  return {{{"usr/bin/odoo", program}}, overlay({"odoo"}), overlay({"oca"})};
}

/// The dotted version with its last number one higher.
std::string raised(const std::string& version) {
  const std::size_t dot = version.rfind('.');
  return version.substr(0, dot + 1) + std::to_string(std::atoi(version.c_str() + dot + 1) + 1);
}

/// Texts that layers point at.
using Texts = std::deque<std::string>;

/// Adds an addon that holds nothing but its manifest.
void add_plain(Files& layer, const std::string& module, Texts& texts) {
  texts.push_back(
      fmt::format("{{\n    \"name\": \"{}\",\n    \"version\": \"18.0.1.0\",\n    \"depends\": "
                  "[\"base\"],\n    \"installable\": True,\n}}\n",
                  module));
  layer[fmt::format("mnt/extra-addons/{}/__manifest__.py", module)] = texts.back();
}

/// Puts the module's manifest, with a higher version, into the topmost of the layers.
void raise_module(std::vector<Files>& layers, const std::string& module, Texts& texts) {
  const std::string ending = "/" + module + "/__manifest__.py";
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer)
    for (const auto& [path, text] : *layer) {
      if (!ends_with(path, ending)) continue;
      std::string short_version = version_of(text);
      if (text.find('"' + short_version + '"') == std::string_view::npos)
        short_version = short_version.substr(std::string(odoo_series).size() + 1);
      texts.push_back(replace_all(std::string(text), '"' + short_version + '"',
                                  '"' + raised(version_of(text)) + '"'));
      layers.back()[path] = texts.back();
      return;
    }
}

struct Built {
  std::vector<ShopImage> images;
  std::map<std::string, std::size_t> by_top_layer;

  Built() {
    const std::vector<Files> common = common_layers();
    std::vector<Blob> shared;
    for (const Files& files : common) shared.emplace_back(tar_of(files));
    for (const auto& [tag, folders] : stacks) {
      std::vector<Files> files = common;
      files.push_back(overlay(folders));
      std::vector<Blob> layers = shared;
      layers.emplace_back(tar_of(files.back()));
      by_top_layer[layers.back().digest] = images.size();
      images.push_back(image_of(tag, layers, code_of(files)));
    }
  }
};

const Built& built() {
  static const Built once;
  return once;
}

}  // namespace

const std::vector<ShopImage>& shop_images() {
  return built().images;
}

ImagePair made_images(const std::vector<std::string>& modules, const std::string& tag) {
  Texts texts;
  std::vector<Files> layers = common_layers();
  layers.push_back(overlay({"1"}));
  std::map<std::string, std::string> own;
  for (const Files& files : layers) read_modules(files, own);
  std::vector<std::string> plain;
  for (const std::string& module : modules)
    if (!own.contains(module)) {
      plain.push_back(module);
      add_plain(layers.back(), module, texts);
    }
  const auto image_of_layers = [&](const std::string& label) {
    std::vector<Blob> blobs;
    for (const Files& files : layers) blobs.emplace_back(tar_of(files));
    ShopCode code = code_of(layers);
    code.plain_modules = plain;
    return image_of(label, blobs, std::move(code));
  };
  ImagePair pair;
  pair.before = image_of_layers("1");
  for (const std::string& module : modules) raise_module(layers, module, texts);
  layers.back()["etc/shop.json"] = R"({"version": "1-new"})";
  pair.after = image_of_layers(tag);
  return pair;
}

const ShopCode* code_of_layer(const std::string& digest) {
  const auto found = built().by_top_layer.find(digest);
  return found == built().by_top_layer.end() ? nullptr : &built().images[found->second].code;
}

}  // namespace ostler::lab
