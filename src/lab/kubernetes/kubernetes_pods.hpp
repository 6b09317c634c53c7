#pragma once

#include "lab/kubernetes/kubernetes_request.hpp"

#include "ostler/lab/kubernetes_door.hpp"

#include <string>

namespace ostler::lab {

/// What must be known before a Pod's log is read: the refusal, or 200.
ApiAnswer log_refusal(const Objects& objects, const ApiRequest& request);
Served log_answer(const Pods& pods, const ApiRequest& request);

/// A request that goes through the API server to a port of a Pod.
Served proxy_answer(const Objects& objects, const Pods& pods, Programs& programs,
                    const KubernetesDoor::PodHttp& others, const ApiRequest& request);

/// Evicts a Pod unless a disruption budget forbids it.
ApiAnswer evict(Objects& objects, const ObjectRef& pod, const Json& eviction);

}  // namespace ostler::lab
