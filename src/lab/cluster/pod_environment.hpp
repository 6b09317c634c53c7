// What a container finds in its environment, from ConfigMaps and Secrets too.
#pragma once

#include "lab/cluster/container_run.hpp"

#include "ostler/base/result.hpp"

namespace ostler::lab {

/// Why a Pod cannot have its volumes yet, in the kubelet's words, or an empty text.
std::string missing_volume(const Objects& objects, const Json& pod);

/// The variables of the container, or the kubelet's words for the ConfigMap or Secret (or the key
/// in it) that is not there.
Result<std::map<std::string, std::string>> environment_of(const Objects& objects, const Json& pod,
                                                          const Json& container);

}  // namespace ostler::lab
