// Amounts of processor and memory as Kubernetes writes them.
#pragma once

#include "ostler/base/json.hpp"

#include <cstdint>
#include <string>

namespace ostler::lab {

/// "500m", "2", "64Mi", "1.5Gi", "1e3" in thousandths; what cannot be read is 0.
std::int64_t thousandths_of(const Json& quantity);
/// The same in whole units, rounded up.
std::int64_t units_of(const Json& quantity);

/// "500m" or "2"; "64Mi" or "1000".
std::string processor_text(std::int64_t thousandths);
std::string memory_text(std::int64_t bytes);

/// A number, or a percentage of `whole`: rounded up or down to whole ones.
enum class Rounding { down, up };
std::int64_t share_of(const Json& number_or_percent, std::int64_t whole, Rounding rounding);

/// What a Pod takes of a node or a quota.
struct Resources {
  std::int64_t processor = 0;  ///< in thousandths
  std::int64_t memory = 0;     ///< in bytes
};
/// What all containers of a Pod's specification together ask for; `list` is "requests" or "limits".
/// As the API server defaults it, a request that is not given is the limit.
Resources resources_of(const Json& pod_spec, const char* list);

}  // namespace ostler::lab
