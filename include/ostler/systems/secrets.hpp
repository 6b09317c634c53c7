#pragma once

#include "ostler/base/result.hpp"
#include "ostler/base/secret.hpp"
#include "ostler/config/environment.hpp"
#include "ostler/systems/kubernetes.hpp"
#include "ostler/transport/process.hpp"

#include <memory>
#include <string>

namespace ostler {

/// Fetches the value that a reference of the environment file points at: environment variable, file
/// (refused when group or others may write it), command (first line of its output, no shell), key
/// of a Kubernetes Secret. `kubernetes` may be null where none is needed. Failures are `refused`
/// with a message that names the reference, never a value.
Result<std::shared_ptr<const Secret>> resolve_secret(const SecretRef& reference,
                                                     ProcessRunner& processes,
                                                     const KubernetesLook* kubernetes);

}  // namespace ostler
