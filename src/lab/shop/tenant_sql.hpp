#pragma once

#include <string_view>

namespace ostler::lab {

/// The file src/lab/shop/tenant.sql, which the build puts into the program: statements with a blank
/// line between them.
extern const std::string_view tenant_sql;

}  // namespace ostler::lab
