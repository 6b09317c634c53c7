// An API server of the lab with one namespace, and the objects that its tests write.
#pragma once

#include "ostler/lab/objects.hpp"

#include <string>

namespace ostler::lab {

inline const std::string space = "pool";

struct ApiServer {
  ApiServer() {
    objects.put({{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", space}}}});
  }

  ApiAnswer merge(const ObjectRef& ref, const char* patch, const std::string& subresource = "",
                  const std::string& manager = "ostler") {
    return objects.patch(ref, PatchType::merge, Json::parse(patch), subresource, manager);
  }

  World world{1};
  Objects objects{world};
};

inline Json config_map(const std::string& name, const Json& data = {{"a", "1"}}) {
  Json object{{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"data", data}};
  object["metadata"] = {{"name", name}, {"namespace", space}, {"labels", {{"app", name}}}};
  return object;
}

inline Json deployment(const std::string& name) {
  Json object = Json::parse(R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{
      "selector":{"matchLabels":{"app":"web"}},
      "template":{"metadata":{"labels":{"app":"web"}},
        "spec":{"containers":[{"name":"odoo","image":"reg/odoo:1"}]}}}})");
  object["metadata"] = {{"name", name}, {"namespace", space}};
  return object;
}

inline Json pod(const std::string& name, const char* phase) {
  Json object = Json::parse(R"({"apiVersion":"v1","kind":"Pod","spec":{"nodeName":"node-a",
      "terminationGracePeriodSeconds":20,"containers":[{"name":"odoo","image":"reg/odoo:1"}]}})");
  object["metadata"] = {{"name", name}, {"namespace", space}, {"labels", {{"app", "web"}}}};
  object["status"]["phase"] = phase;
  return object;
}

inline ObjectRef pod_ref(const std::string& name) {
  return {"v1", "Pod", space, name};
}

}  // namespace ostler::lab
