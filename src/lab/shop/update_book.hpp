#pragma once

#include "lab/odoo/module_update.hpp"

namespace ostler::lab {

/// The updates that run, by the Pods they run in.
class UpdateBook {
 public:
  std::vector<JobPart> begin(World& world, const RunningPod& pod, const UpdateOptions& options,
                             const ShopCode& code, ModuleUpdate::Open open,
                             const std::vector<ModuleRow>& known) {
    for (auto one = updates_.begin(); one != updates_.end();)
      one = one->second.update.expired() ? updates_.erase(one) : std::next(one);
    const auto update = std::make_shared<ModuleUpdate>(world, options, code, std::move(open));
    updates_[pod.uid] = {options.database, update};
    return update->parts(known);
  }

  void kill(const RunningPod& pod) {
    const auto found = updates_.find(pod.uid);
    if (found == updates_.end()) return;
    if (const auto update = found->second.update.lock()) update->kill();
    updates_.erase(found);
  }

  /// Whether an update of that database has a session open.
  bool at_work(const std::string& database) const {
    return std::any_of(updates_.begin(), updates_.end(), [&database](const auto& one) {
      const auto update = one.second.update.lock();
      return one.second.database == database && update && update->at_work();
    });
  }

 private:
  struct Running {
    std::string database;
    std::weak_ptr<ModuleUpdate> update;
  };
  std::map<std::string, Running> updates_;  ///< by the Pod's uid
};

}  // namespace ostler::lab
