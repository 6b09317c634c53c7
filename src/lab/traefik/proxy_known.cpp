// A Traefik's own copy of the objects that it watches.
#include "proxy_configuration.hpp"

#include <fmt/format.h>

namespace ostler::lab {
namespace {

const ObjectRef kinds[] = {{"traefik.io/v1alpha1", "IngressRoute", "", ""},
                           {"traefik.io/v1alpha1", "TraefikService", "", ""},
                           {"v1", "Service", "", ""},
                           {"discovery.k8s.io/v1", "EndpointSlice", "", ""}};

bool same_kind(const ObjectRef& a, const ObjectRef& b) {
  return a.kind == b.kind && a.api_version == b.api_version;
}

std::string service_of(const Json& slice) {
  const Json& labels = value_at(slice, "/metadata/labels");
  if (!labels.is_object()) return "";
  const auto found = labels.find("kubernetes.io/service-name");
  return found != labels.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

std::string LoadedServer::url() const {
  return address.find(':') == std::string::npos ? fmt::format("http://{}:{}", address, port)
                                                : fmt::format("http://[{}]:{}", address, port);
}

bool KnownObjects::watched(const ObjectRef& ref) {
  for (const ObjectRef& kind : kinds)
    if (same_kind(kind, ref)) return true;
  return false;
}

KnownObjects KnownObjects::all_of(const Objects& objects) {
  KnownObjects known;
  for (const ObjectRef& kind : kinds)
    for (const Objects::Stored& object : objects.all(kind)) {
      ObjectRef ref = kind;
      ref.name_space = text_at(*object, "/metadata/namespace");
      ref.name = text_at(*object, "/metadata/name");
      known.take({ref, nullptr, object, 0});
    }
  return known;
}

KnownObjects::ByName* KnownObjects::named(const ObjectRef& ref) {
  if (same_kind(ref, kinds[0])) return &routes;
  if (same_kind(ref, kinds[1])) return &weighted;
  return same_kind(ref, kinds[2]) ? &services : nullptr;
}

void KnownObjects::take(const Change& change) {
  if (ByName* objects = named(change.ref)) {
    const std::pair key{change.ref.name_space, change.ref.name};
    if (change.after)
      (*objects)[key] = change.after;
    else
      objects->erase(key);
    return;
  }
  if (change.before) {
    const auto found = slices.find({change.ref.name_space, service_of(*change.before)});
    if (found != slices.end()) found->second.erase(change.ref.name);
  }
  if (change.after)
    slices[{change.ref.name_space, service_of(*change.after)}][change.ref.name] = change.after;
}

}  // namespace ostler::lab
