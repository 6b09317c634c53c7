// What a container finds in its environment, from ConfigMaps and Secrets too.
#include "lab/cluster/pod_environment.hpp"

#include "lab/objects/json_fields.hpp"

#include "ostler/base/hash.hpp"

#include <fmt/format.h>

namespace ostler::lab {
namespace {

/// A ConfigMap or a Secret, as texts.
struct Source {
  Source(const Objects& objects, const std::string& name_space, std::string of_kind,
         std::string of_name)
      : kind(std::move(of_kind)),
        name(std::move(of_name)),
        object(objects.find({"v1", kind, name_space, name})) {}

  std::string kind, name;
  std::shared_ptr<const Json> object;

  std::string absent() const {
    return fmt::format("{} \"{}\" not found", kind == "Secret" ? "secret" : "configmap", name);
  }
  std::string text(const Json& value) const {
    return kind == "Secret" ? from_base64(text_of(value)).value_or("") : text_of(value);
  }
};

Failure config_error(std::string message) {
  return {FailureKind::refused, std::move(message), "", "CreateContainerConfigError"};
}

std::string field_value(const Json& pod, const std::string& path) {
  if (path == "metadata.name") return text_of(field(pod, "metadata", "name"));
  if (path == "metadata.namespace") return text_of(field(pod, "metadata", "namespace"));
  if (path == "metadata.uid") return text_of(field(pod, "metadata", "uid"));
  if (path == "spec.nodeName") return text_of(field(pod, "spec", "nodeName"));
  if (path == "status.podIP") return text_of(field(pod, "status", "podIP"));
  return "";
}

}  // namespace

std::string missing_volume(const Objects& objects, const Json& pod) {
  const std::string& name_space = text_of(field(pod, "metadata", "namespace"));
  for (const Json& volume : field(pod, "spec", "volumes")) {
    const bool secret = volume.contains("secret");
    const Json& from = field(volume, secret ? "secret" : "configMap");
    if (!from.is_object() || flag_of(field(from, "optional"))) continue;
    const Source source(objects, name_space, secret ? "Secret" : "ConfigMap",
                        text_of(field(from, secret ? "secretName" : "name")));
    if (!source.object)
      return fmt::format("MountVolume.SetUp failed for volume \"{}\" : {}",
                         text_of(field(volume, "name")), source.absent());
  }
  return "";
}

Result<std::map<std::string, std::string>> environment_of(const Objects& objects, const Json& pod,
                                                          const Json& container) {
  const std::string& name_space = text_of(field(pod, "metadata", "namespace"));
  std::map<std::string, std::string> result;
  for (const Json& from : field(container, "envFrom")) {
    for (const char* member : {"secretRef", "configMapRef"}) {
      const Json& given = field(from, member);
      if (!given.is_object()) continue;
      const Source source(objects, name_space,
                          member == std::string_view("secretRef") ? "Secret" : "ConfigMap",
                          text_of(field(given, "name")));
      if (!source.object) {
        if (flag_of(field(given, "optional"))) continue;
        return config_error(source.absent());
      }
      const std::string& prefix = text_of(field(from, "prefix"));
      for (const auto& [name, value] : object_of(field(*source.object, "data")).items())
        result[prefix + name] = source.text(value);
    }
  }
  for (const Json& variable : field(container, "env")) {
    const std::string& name = text_of(field(variable, "name"));
    const Json& from = field(variable, "valueFrom");
    if (!from.is_object()) {
      result[name] = text_of(field(variable, "value"));
      continue;
    }
    if (from.contains("fieldRef")) {
      result[name] = field_value(pod, text_of(field(from, "fieldRef", "fieldPath")));
      continue;
    }
    const bool secret = from.contains("secretKeyRef");
    const Json& key = field(from, secret ? "secretKeyRef" : "configMapKeyRef");
    const Source source(objects, name_space, secret ? "Secret" : "ConfigMap",
                        text_of(field(key, "name")));
    const Json& value = source.object
                            ? field(*source.object, "data", text_of(field(key, "key")).c_str())
                            : no_value();
    if (value.is_string()) {
      result[name] = source.text(value);
    } else if (!flag_of(field(key, "optional"))) {
      if (!source.object) return config_error(source.absent());
      return config_error(fmt::format("couldn't find key {} in {} {}/{}",
                                      text_of(field(key, "key")), source.kind, name_space,
                                      source.name));
    }
  }
  return result;
}

}  // namespace ostler::lab
