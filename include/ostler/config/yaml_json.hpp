#pragma once

#include "ostler/base/json.hpp"
#include "ostler/base/result.hpp"

#include <string_view>

namespace ostler {

/// One document of foreign YAML (a kubeconfig, a manifest) as JSON: plain scalars by the YAML 1.2
/// core schema, quoted ones as text. Bounded: 1 MiB, depth 64, 100 000 nodes. Refuses aliases, tags
/// of its own, duplicate keys, keys that are no texts, and a second document. `what` names the
/// source in the message. Our own files are not read with this: they are read strictly, with
/// places.
Result<Json> yaml_to_json(std::string_view text, std::string_view what);

}  // namespace ostler
