// Compares the Odoo addons of two images.
#include "ostler/model/addons.hpp"

namespace ostler {

bool AddonChanges::is_changed(const std::string& addon) const {
  const auto named = [&](const AddonChange& change) { return change.name == addon; };
  return std::any_of(new_versions.begin(), new_versions.end(), named) ||
         std::find(unversioned.begin(), unversioned.end(), addon) != unversioned.end();
}

const Addon* find_addon(const ImageContents& image, std::string_view name) {
  for (const Addon& addon : image.addons)
    if (addon.name == name) return &addon;
  return nullptr;
}

std::set<std::string> with_dependents(const ImageContents& image,
                                      const std::vector<std::string>& modules) {
  std::set<std::string> reached(modules.begin(), modules.end());
  for (bool grew = true; grew;) {
    grew = false;
    for (const Addon& addon : image.addons) {
      if (reached.contains(addon.name)) continue;
      const bool depends =
          std::any_of(addon.depends.begin(), addon.depends.end(),
                      [&](const std::string& name) { return reached.contains(name); });
      if (depends) grew = reached.insert(addon.name).second || grew;
    }
  }
  return reached;
}

AddonChanges compare_addons(const ImageContents& before, const ImageContents& after,
                            const std::vector<std::string>& modules) {
  AddonChanges changes;
  for (const Addon& now : after.addons) {
    const Addon* was = find_addon(before, now.name);
    if (!was)
      changes.added.push_back(now.name);
    else if (was->version != now.version)
      changes.new_versions.push_back({now.name, was->version, now.version});
    else if (was->hash != now.hash)
      changes.unversioned.push_back(now.name);
  }
  for (const Addon& was : before.addons)
    if (!find_addon(after, was.name)) changes.removed.push_back(was.name);
  changes.updated = with_dependents(after, modules);
  return changes;
}

std::vector<std::string> modules_to_update(const Release& release, const Survey& survey,
                                           const TenantState& tenant) {
  std::vector<std::string> installed;
  bool needed = false;
  for (const std::string& module : release.modules) {
    const std::string version = installed_version(tenant, module);
    const Addon* after = find_addon(survey.after, module);
    if (version.empty() || !after) continue;
    const Addon* before = find_addon(survey.before, module);
    installed.push_back(module);
    // A database at the new version that the old image does not have was updated by a run before.
    const bool rewritten =
        before != nullptr && before->version == after->version && before->hash != after->hash;
    needed = needed || version != after->version || rewritten;
  }
  return needed ? installed : std::vector<std::string>{};
}

std::string installed_version(const TenantState& tenant, std::string_view module) {
  for (const auto& [name, version] : tenant.modules)
    if (name == module) return version;
  return "";
}

}  // namespace ostler
