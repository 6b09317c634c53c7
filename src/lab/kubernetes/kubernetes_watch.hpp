#pragma once

#include "lab/kubernetes/kubernetes_request.hpp"

#include "ostler/lab/kubernetes_door.hpp"

#include <memory>

namespace ostler::lab {

/// The stream of changes that such a request asks for, or what is wrong with it.
Result<std::unique_ptr<Watch>> watch_objects(World& world, Objects& objects,
                                             const ApiRequest& request);
/// A Pod's log as it grows, until the Pod has ended or is gone.
std::unique_ptr<Watch> follow_log(Objects& objects, Pods& pods, const ObjectRef& pod,
                                  std::int64_t tail_lines);

/// The last lines of a log; all of it for a negative number.
std::string tail_of(std::string log, std::int64_t lines);

}  // namespace ostler::lab
