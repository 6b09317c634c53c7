// The API server's conventions without the wire: paths, plural names, and what its refusals mean.
#include "systems/kubernetes_api.hpp"

#include "ostler/base/text.hpp"

#include <array>

namespace ostler {
namespace {

struct Known {
  const char *group, *kind, *plural;
  bool namespaced;
};

constexpr std::array known_kinds{
    Known{"", "ConfigMap", "configmaps", true},
    Known{"", "Event", "events", true},
    Known{"", "Namespace", "namespaces", false},
    Known{"", "Node", "nodes", false},
    Known{"", "Pod", "pods", true},
    Known{"", "ResourceQuota", "resourcequotas", true},
    Known{"", "Secret", "secrets", true},
    Known{"", "Service", "services", true},
    Known{"", "ServiceAccount", "serviceaccounts", true},
    Known{"apps", "Deployment", "deployments", true},
    Known{"apps", "ReplicaSet", "replicasets", true},
    Known{"apps", "StatefulSet", "statefulsets", true},
    Known{"autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true},
    Known{"batch", "CronJob", "cronjobs", true},
    Known{"batch", "Job", "jobs", true},
    Known{"coordination.k8s.io", "Lease", "leases", true},
    Known{"discovery.k8s.io", "EndpointSlice", "endpointslices", true},
    Known{"policy", "PodDisruptionBudget", "poddisruptionbudgets", true},
    Known{"traefik.io", "IngressRoute", "ingressroutes", true},
    Known{"traefik.io", "TraefikService", "traefikservices", true},
};

/// What the server says about it, shortened: message, and the fields it complains of.
std::string words_of(const Json& status, const HttpResponse& answer) {
  std::string words = text_at(status, "/message");
  if (words.empty()) words = trim(answer.body);
  words = sanitize(words, Lines::escape, 600);
  const Json& causes = value_at(status, "/details/causes");
  if (!causes.is_array()) return words;
  int named = 0;
  for (const Json& cause : causes) {
    const std::string field = sanitize(text_at(cause, "/field"), Lines::escape, 200);
    // Most messages list the fields already.
    if (field.empty() || words.find(field) != std::string::npos || ++named > 5) continue;
    words +=
        fmt::format("; {}: {}", field, sanitize(text_at(cause, "/message"), Lines::escape, 200));
  }
  return words;
}

std::string when_again(const Json& status, const HttpResponse& answer) {
  std::int64_t seconds = number_at(status, "/details/retryAfterSeconds");
  if (const std::string header{answer.header("retry-after")};
      seconds == 0 && !header.empty() && header.size() < 6 &&
      header.find_first_not_of("0123456789") == std::string::npos)
    seconds = std::stol(header);
  return seconds > 0 ? fmt::format("Try again in {} s, as the server asks.", seconds)
                     : "Try again in a moment.";
}

FailureKind kind_of(int status, Effect effect) {
  // Of an effect, a server that breaks down in the middle may have done it.
  const FailureKind broken = effect == Effect::none ? FailureKind::transient : FailureKind::unknown;
  switch (status) {
    case 400:
    case 401:
    case 403:
    case 409:
      return FailureKind::refused;
    case 429:
      return FailureKind::transient;
    case 408:
      return broken;
    default:
      return status >= 500 ? broken : FailureKind::permanent;
  }
}

std::string hint_of(int code, const Json& status, const HttpResponse& answer) {
  switch (code) {
    case 401:
      return "Renew the credentials of this context.";
    case 403:
      return "Ask the platform team for this right.";
    case 429:
    case 503:
      return when_again(status, answer);
    default:
      return "";
  }
}

}  // namespace

std::optional<ApiResource> known_resource(const std::string& api_version, const std::string& kind) {
  const auto slash = api_version.find('/');
  const std::string group = slash == std::string::npos ? "" : api_version.substr(0, slash);
  for (const Known& known : known_kinds)
    if (group == known.group && kind == known.kind)
      return ApiResource{known.plural, known.namespaced};
  return std::nullopt;
}

std::string api_path(const std::string& api_version) {
  return (api_version.find('/') == std::string::npos ? "/api/" : "/apis/") + api_version;
}

std::string resource_path(const ObjectRef& ref, const ApiResource& resource,
                          const std::string& subresource) {
  std::string path = api_path(ref.api_version);
  if (resource.namespaced && !ref.name_space.empty())
    path += "/namespaces/" + url_encoded(ref.name_space);
  path += "/" + resource.plural;
  if (!ref.name.empty()) path += "/" + url_encoded(ref.name);
  if (!subresource.empty()) path += "/" + subresource;
  return path;
}

Failure kubernetes_failure(const HttpResponse& answer, Effect effect, std::string_view what) {
  // Proxies before the API server answer with pages, not with a Status.
  const Result<Json> parsed = parse_json(answer.body, "answer of the API server");
  const Json status = parsed.ok() && text_at(*parsed, "/kind") == "Status" ? *parsed : Json{};
  const std::string reason = sanitize(text_at(status, "/reason"), Lines::escape, 60);
  const std::string words = words_of(status, answer);
  Failure failure;
  failure.kind = kind_of(answer.status, effect);
  failure.message =
      fmt::format("{}: {}{}{}", what, answer.status, reason.empty() ? "" : " " + reason,
                  words.empty() ? "" : ": " + words);
  failure.hint = hint_of(answer.status, status, answer);
  failure.code = answer.status == 409 && !reason.empty() ? reason : std::to_string(answer.status);
  return failure;
}

Failure as_look(Failure failure) {
  if (failure.kind == FailureKind::unknown) failure.kind = FailureKind::transient;
  return failure;
}

}  // namespace ostler
