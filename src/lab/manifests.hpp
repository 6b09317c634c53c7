#pragma once

#include "ostler/base/json.hpp"

#include <string>
#include <vector>

namespace ostler::lab {

/// The namespace of the lab's one cell, and what runs in it.
inline constexpr const char* shop_space = "odoo-pool-a";

/// What the objects of one cell are called.
struct CellNames {
  std::string name_space = shop_space;
  std::string web = "odoo-web", cron = "odoo-cron",
              queue = "odoo-queue";     ///< cron, queue: or empty
  std::string service = "odoo-web";     ///< of the web workload
  int port = 8069;                      ///< of that Service
  std::string autoscaler = "odoo-web";  ///< empty: none
  std::string route = "odoo-web";       ///< the TraefikService, and the IngressRoute to it
  std::string rule = "HostRegexp(`^[a-z0-9-]+\\.shop\\.example$`)";  ///< of the IngressRoute
};

/// A cell's objects as its platform team would apply them: Secrets, the workloads (three Pods of
/// the web one), Service, disruption budget, autoscaler and the way from the proxies to it. `image`
/// is what the workloads run.
std::vector<Json> cell_manifests(const CellNames& cell, const std::string& image);

/// Those of the lab's one cell.
std::vector<Json> shop_manifests(const std::string& image);

}  // namespace ostler::lab
