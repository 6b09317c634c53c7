#pragma once

#include "ostler/model/survey.hpp"

#include <set>
#include <string>
#include <vector>

namespace ostler {

struct AddonChange {
  std::string name;
  std::string before, after;  ///< versions
};

/// How the addons of two images differ.
struct AddonChanges {
  std::vector<AddonChange> new_versions;  ///< in both images, with different versions
  std::vector<std::string> unversioned;   ///< in both images, the same version, other files
  std::vector<std::string> added, removed;
  std::set<std::string>
      updated;  ///< what an update of the release's modules reaches, dependents included
  bool any() const {
    return !new_versions.empty() || !unversioned.empty() || !added.empty() || !removed.empty();
  }
  bool is_changed(const std::string& addon) const;
};

/// Compares the addons of two images; `modules` is what the release updates.
AddonChanges compare_addons(const ImageContents& before, const ImageContents& after,
                            const std::vector<std::string>& modules);

const Addon* find_addon(const ImageContents& image, std::string_view name);

/// `modules` and every addon of `image` that depends on one of them, directly or not: what `odoo -u
/// modules` updates.
std::set<std::string> with_dependents(const ImageContents& image,
                                      const std::vector<std::string>& modules);

/// The release's modules that `odoo -u` has to reach in this tenant: those that are installed
/// there, when any of them is not yet at the new image's version, or changes with the image under
/// the version that it has (nobody can see whether that was done); otherwise none. After a broken
/// attempt it is again the whole list, because an old version in the database does not say that a
/// module is not migrated.
std::vector<std::string> modules_to_update(const Release& release, const Survey& survey,
                                           const TenantState& tenant);

/// The version that a tenant has installed, or an empty text.
std::string installed_version(const TenantState& tenant, std::string_view module);

}  // namespace ostler
