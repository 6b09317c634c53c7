// The release of examples/canary as plain structs: version 1 to 2 of a shop in one shared cell with
// two tenants.
#pragma once

#include "ostler/config/environment.hpp"
#include "ostler/config/release.hpp"
#include "ostler/model/survey.hpp"

#include <string>
#include <vector>

namespace ostler {

inline const std::string old_digest = "sha256:" + std::string(64, '1');
inline const std::string new_digest = "sha256:" + std::string(64, '2');

IndicatorConfig example_indicator(std::string name, ProxyIndicator what);

Environment example_environment();

Release example_release();

Addon example_addon(std::string name, std::string version, std::string hash,
                    std::vector<std::string> depends = {"base"});

TenantState example_tenant(std::string database);

Survey example_survey();

}  // namespace ostler
