#pragma once

#include "ostler/base/json.hpp"

#include <string>
#include <vector>

namespace ostler::lab {

/// The namespace of the lab's one cell, and what runs in it.
inline constexpr const char* shop_space = "odoo-pool-a";

/// The shop's objects as its platform team would apply them: Secrets, the workloads `odoo-web` (3),
/// `odoo-cron` and `odoo-queue`, Service, disruption budget, autoscaler and the way from the
/// proxies to it. `image` is what the workloads run.
std::vector<Json> shop_manifests(const std::string& image);

}  // namespace ostler::lab
