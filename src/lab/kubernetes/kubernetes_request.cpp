// Reading the API server's URLs.
#include "lab/kubernetes/kubernetes_request.hpp"

#include "ostler/base/text.hpp"

#include <algorithm>
#include <vector>

namespace ostler::lab {
namespace {

/// Group and version of the path, and the parts behind them.
struct Versioned {
  std::string group, version;
  std::vector<std::string> rest;
};

std::optional<Versioned> versioned(const Target& target) {
  std::vector<std::string> parts = target.parts();
  const std::size_t count = parts.empty() ? 0 : parts[0] == "api" ? 2 : parts[0] == "apis" ? 3 : 0;
  if (count == 0 || parts.size() < count) return std::nullopt;
  return Versioned{count == 3 ? parts[1] : "",
                   parts[count - 1],
                   {parts.begin() + static_cast<std::ptrdiff_t>(count), parts.end()}};
}

std::string verb_of(const ApiRequest& request) {
  const std::string& method = request.http->method;
  if (method == "POST") return "create";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  if (method == "DELETE") return request.collection() ? "deletecollection" : "delete";
  const std::string watch = request.target.value("watch");
  if (watch == "true" || watch == "1") return "watch";
  return request.collection() ? "list" : "get";
}

}  // namespace

std::string ApiRequest::resource() const {
  return subresource.empty() ? kind->plural : std::string(kind->plural) + "/" + subresource;
}

std::string ApiRequest::manager() const {
  if (std::string named = target.value("fieldManager"); !named.empty()) return named;
  const std::string agent = header_of(*http, "user-agent");
  return agent.empty() ? "unknown" : agent.substr(0, agent.find('/'));
}

std::optional<RowObject> ApiRequest::table() const {
  // The first form that the client names and that is served here decides.
  for (const std::string& form : split(header_of(*http, "accept"), ',')) {
    if (form.find("application/json") == std::string::npos) continue;
    if (form.find("as=Table") == std::string::npos) {
      if (form.find("as=") == std::string::npos) return std::nullopt;
      continue;
    }
    const std::string wanted = target.value("includeObject");
    return wanted == "Object" ? RowObject::whole
           : wanted == "None" ? RowObject::none
                              : RowObject::metadata;
  }
  return std::nullopt;
}

std::optional<ApiRequest> read_api_request(const HttpRequest& request) {
  ApiRequest read;
  read.http = &request;
  read.target = target_of(request.url);
  std::optional<Versioned> path = versioned(read.target);
  if (!path) return std::nullopt;
  std::vector<std::string>& parts = path->rest;
  const bool within = parts.size() > 2 && parts[0] == "namespaces" && parts[2] != "status" &&
                      parts[2] != "finalize";
  const std::size_t first = within ? 2 : 0;
  if (parts.size() <= first) return std::nullopt;
  read.kind = find_plural(path->group, path->version, parts[first]);
  if (read.kind == nullptr || (within && !read.kind->namespaced)) return std::nullopt;
  read.ref = {api_version_of(*read.kind), read.kind->kind, within ? parts[1] : "",
              parts.size() > first + 1 ? parts[first + 1] : ""};
  if (parts.size() > first + 2) read.subresource = parts[first + 2];
  if (parts.size() > first + 3) {
    if (read.subresource != "proxy") return std::nullopt;
    const std::vector<std::string> below(parts.begin() + static_cast<std::ptrdiff_t>(first + 3),
                                         parts.end());
    read.below = join(below, "/");
  }
  read.verb = verb_of(read);
  return read;
}

bool is_served_version(const Target& target) {
  const std::optional<Versioned> path = versioned(target);
  if (!path) return false;
  const auto kinds = api_kinds();
  return std::any_of(kinds.begin(), kinds.end(), [&path](const ApiKind& kind) {
    return path->group == kind.group && path->version == kind.version;
  });
}

}  // namespace ostler::lab
