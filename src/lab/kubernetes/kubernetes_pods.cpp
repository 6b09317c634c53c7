// Subresources of Pods: log, proxy, eviction.
#include "lab/kubernetes/kubernetes_pods.hpp"

#include "lab/kubernetes/kubernetes_watch.hpp"
#include "lab/objects/api_status.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace ostler::lab {
namespace {

constexpr int shop_port = 8069;

std::int64_t number_in(const Target& target, std::string_view name, std::int64_t otherwise) {
  const std::string text = target.value(name);
  return text.empty() ? otherwise : std::strtoll(text.c_str(), nullptr, 10);
}

/// Why the container has printed nothing yet, or an empty text.
std::string waiting_reason(const Json& pod, const std::string& container) {
  const Json& statuses = value_at(pod, "/status/containerStatuses");
  if (statuses.is_array())
    for (const Json& status : statuses)
      if (text_at(status, "/name") == container) return text_at(status, "/state/waiting/reason");
  return text_at(pod, "/status/phase") == "Pending" ? "ContainerCreating" : "";
}

/// The part of the URL behind `/proxy`, with its slash and its query.
std::string path_behind_proxy(const ApiRequest& request) {
  const std::string& url = request.http->url;
  const std::size_t at = url.find("/proxy");
  std::string path = at == std::string::npos ? "" : url.substr(at + 6);
  if (path.empty() || path[0] != '/') path = "/" + path;
  return path;
}

Served refused(const std::string& address, int port) {
  const ApiAnswer answer = status_answer(
      503, "ServiceUnavailable",
      fmt::format("error trying to reach service: dial tcp {}:{}: connect: connection refused",
                  address, port));
  return answer_json(answer.status, answer.body);
}

}  // namespace

ApiAnswer log_refusal(const Objects& objects, const ApiRequest& request) {
  const auto pod = objects.find(request.ref);
  if (!pod) return not_found(request.ref);
  std::vector<std::string> names;
  for (const char* list : {"/spec/initContainers", "/spec/containers"})
    if (const Json& containers = value_at(*pod, list); containers.is_array())
      for (const Json& container : containers) names.push_back(text_at(container, "/name"));
  std::string container = request.target.value("container");
  if (container.empty()) {
    if (names.size() != 1)
      return bad_request(
          fmt::format("a container name must be specified for pod {}, choose one of: [{}]",
                      request.ref.name, join(names, " ")));
    container = names[0];
  }
  if (std::find(names.begin(), names.end(), container) == names.end())
    return bad_request(
        fmt::format("container {} is not valid for pod {}", container, request.ref.name));
  if (request.target.value("previous") == "true")
    return bad_request(fmt::format(R"(previous terminated container "{}" in pod "{}" not found)",
                                   container, request.ref.name));
  // What has crashed and waits for its next start has a log all the same.
  if (const std::string reason = waiting_reason(*pod, container);
      !reason.empty() && reason != "CrashLoopBackOff")
    return bad_request(fmt::format(R"(container "{}" in pod "{}" is waiting to start: {})",
                                   container, request.ref.name, reason));
  return {200, Json{}};
}

Served log_answer(const Pods& pods, const ApiRequest& request) {
  std::string log = tail_of(pods.log(request.ref.name_space, request.ref.name).value_or(""),
                            number_in(request.target, "tailLines", -1));
  const std::int64_t limit = number_in(request.target, "limitBytes", -1);
  if (limit >= 0) log.resize(std::min(log.size(), static_cast<std::size_t>(limit)));
  return answer_text(200, std::move(log));
}

Served proxy_answer(const Objects& objects, const Pods& pods, Programs& programs,
                    const KubernetesDoor::PodHttp& others, const ApiRequest& request) {
  std::vector<std::string> place = split(request.ref.name, ':');
  // "http:" may stand before the name.
  if (place.size() == 3) place.erase(place.begin());
  ObjectRef ref = request.ref;
  ref.name = place[0];
  const auto pod = objects.find(ref);
  if (!pod) {
    const ApiAnswer absent = not_found(ref);
    return answer_json(absent.status, absent.body);
  }
  const int port =
      place.size() > 1
          ? std::atoi(place[1].c_str())
          : static_cast<int>(number_at(*pod, "/spec/containers/0/ports/0/containerPort", 80));
  const std::string address = text_at(*pod, "/status/podIP");
  HttpRequest onward = *request.http;
  onward.bearer = nullptr;
  std::erase_if(onward.headers, [](const HttpHeader& header) {
    return header.first == "Authorization" || header.first == "authorization";
  });
  onward.url = fmt::format("http://{}:{}{}", address, port, path_behind_proxy(request));
  if (port == shop_port) {
    if (const RunningPod* running = pods.listening(ref.name_space, ref.name))
      return programs.serve(*running, onward);
  }
  if (others)
    if (std::optional<Served> served = others(ref.name_space, ref.name, port, onward))
      return *served;
  return refused(address, port);
}

ApiAnswer evict(Objects& objects, const ObjectRef& pod, const Json& eviction) {
  const auto stands = objects.find(pod);
  if (!stands) return not_found(pod);
  const std::string phase = text_at(*stands, "/status/phase");
  const bool counts =
      phase == "Running" && !value_at(*stands, "/metadata/deletionTimestamp").is_string();
  std::vector<Objects::Stored> budgets;
  for (auto& budget : objects.all({"policy/v1", "PodDisruptionBudget", pod.name_space, ""}))
    if (selected(value_at(*stands, "/metadata/labels"), value_at(*budget, "/spec/selector")))
      budgets.push_back(std::move(budget));
  if (counts && budgets.size() > 1)
    return status_answer(500, "InternalError",
                         "Internal error occurred: This pod has more than one PodDisruptionBudget, "
                         "which the eviction subresource does not support.");
  if (counts && budgets.size() == 1) {
    const Json& budget = *budgets[0];
    const std::int64_t allowed = number_at(budget, "/status/disruptionsAllowed");
    if (allowed < 1) {
      const Json cause{
          {"reason", "DisruptionBudget"},
          {"message",
           fmt::format("The disruption budget {} needs {} healthy pods and has {} currently",
                       text_at(budget, "/metadata/name"),
                       number_at(budget, "/status/desiredHealthy"),
                       number_at(budget, "/status/currentHealthy"))}};
      return status_answer(429, "TooManyRequests",
                           "Cannot evict pod as it would violate the pod's disruption budget.",
                           {{"causes", Json::array({cause})}});
    }
    objects.edit(ref_of(budget), {{"status", {{"disruptionsAllowed", allowed - 1}}}});
  }
  const ApiAnswer removed = objects.remove(pod, value_at(eviction, "/deleteOptions"));
  if (removed.status >= 400) return removed;
  ApiAnswer done = status_answer(201, "", "", Json::object());
  done.body.erase("message");
  return done;
}

}  // namespace ostler::lab
