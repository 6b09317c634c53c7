// What an environment and a release become in the lab, and what had to be made up for it.
#include "rehearsal_ground.hpp"

#include "ostler/base/text.hpp"

#include <set>

namespace ostler {
namespace {

/// More tenants of a cell than this repeat the same steps.
constexpr std::size_t most_tenants = 3;
constexpr std::size_t made_up_tenants = 2;

/// A database's name in the lab: the first label of a host, and no other cell's.
std::string made_up_name(const CellConfig& cell, std::size_t number) {
  std::string name = "tenant";
  for (const char letter : cell.name)
    name += std::isalnum(static_cast<unsigned char>(letter)) != 0
                ? static_cast<char>(std::tolower(static_cast<unsigned char>(letter)))
                : '-';
  return fmt::format("{}-{}", name, number + 1);
}

void set_tenants(RehearsalSetting& setting) {
  std::set<std::string> taken{"postgres", "saas", "shop_template", "template0", "template1"};
  for (CellConfig& cell : setting.environment.cells) {
    TenantsConfig& tenants = cell.tenants;
    std::vector<std::string> names = tenants.names;
    if (!tenants.query.empty()) {
      names.clear();
      for (std::size_t at = 0; at < made_up_tenants; ++at) names.push_back(made_up_name(cell, at));
      setting.stand_ins.push_back(
          fmt::format("the tenants of cell {} come from a query, which was not run: made up {}",
                      cell.name, join(names, " and ")));
      tenants.query.clear();
    } else if (names.size() > most_tenants) {
      setting.stand_ins.push_back(
          fmt::format("of the {} tenants of cell {} the first {} stand for all", names.size(),
                      cell.name, most_tenants));
      names.resize(most_tenants);
    }
    for (std::string& name : names) {
      const std::string asked = name;
      for (int number = 2; !taken.insert(name).second; ++number)
        name = fmt::format("{}-{}", asked, number);
      if (name != asked)
        setting.stand_ins.push_back(
            fmt::format("tenant {} of cell {} is called {}: the lab has one PostgreSQL server",
                        asked, cell.name, name));
      setting.tenants.tenants.emplace_back(tenants.server, name);
    }
    tenants.names = std::move(names);
  }
}

/// Modules whose version differs between the shop's version 1 and `image`.
std::set<std::string> raised_in(const lab::ShopImage& first, const lab::ShopImage& image) {
  std::set<std::string> raised;
  for (const auto& [name, version] : image.code.modules) {
    const auto before = first.code.modules.find(name);
    if (before != first.code.modules.end() && before->second != version) raised.insert(name);
  }
  return raised;
}

/// The shop's own image of that name, when its modules are those that the release updates.
const lab::ShopImage* shop_image(const ImageName& name, const Release& release) {
  const lab::ShopImage* first = nullptr;
  for (const lab::ShopImage& image : lab::shop_images())
    if (image.tag == "1") first = &image;
  const std::set<std::string> listed(release.modules.begin(), release.modules.end());
  for (const lab::ShopImage& image : lab::shop_images())
    if (name.repository == "retail/odoo" && name.tag == image.tag && image.tag != "1" &&
        !image.code.crash_at_start && raised_in(*first, image) == listed)
      return &image;
  return nullptr;
}

lab::ImagePair images_for(RehearsalSetting& setting, const ImageName& from) {
  const Release& release = setting.release;
  if (const lab::ShopImage* image = shop_image(from, release)) {
    for (const lab::ShopImage& first : lab::shop_images())
      if (first.tag == "1") return {first, *image};
  }
  const std::string tag = from.tag.empty() ? "rehearsed" : from.tag;
  lab::ImagePair pair = lab::made_images(release.modules, tag);
  setting.tenants.plain_modules = pair.after.code.plain_modules;
  setting.stand_ins.push_back(fmt::format(
      "the image {} was not fetched: the lab's shop stands for it{}", from.text(),
      release.modules.empty()
          ? ""
          : ", with a higher version of " + join(release.modules, ", ") + " and nothing else new"));
  return pair;
}

}  // namespace

Result<RehearsalSetting> rehearsal_setting(const Environment& environment, const Release& release) {
  RehearsalSetting setting;
  setting.environment = environment;
  setting.release = release;
  OSTLER_TRY(const ImageName from, parse_image_name(release.image_from));
  OSTLER_TRY(const ImageName to, parse_image_name(release.image_to));
  set_tenants(setting);
  setting.tenants.migrations = release.migrations;
  lab::StandInSettings& platform = setting.platform;
  platform.images = images_for(setting, from);
  platform.environment = setting.environment;
  platform.running = platform.wanted = to;
  platform.running.digest = platform.wanted.digest = "";
  platform.running.tag = platform.images.before.tag;
  platform.wanted.registry = from.registry;
  platform.wanted.repository = from.repository;
  platform.wanted.tag = platform.images.after.tag;
  setting.release.image_from = platform.wanted.text();
  return setting;
}

}  // namespace ostler
