// Reads environment.yaml: the top level, and what refers from one part to another.
#include "ostler/config/environment.hpp"

#include "document.hpp"
#include "environment_parts.hpp"
#include "values.hpp"

#include <set>

namespace ostler {
namespace {

template <typename T>
const T* find_named(const std::vector<T>& all, std::string_view name) {
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const T& one) { return one.name == name; });
  return at == all.end() ? nullptr : &*at;
}

std::vector<std::string> keys_of(const Field& field) {
  std::vector<std::string> names;
  if (field) {
    for (const YamlNode& key : field.node->keys) names.push_back(key.text);
  }
  return names;
}

Protection read_protection(const Field& field, Report& report) {
  constexpr Protection values[] = {Protection::none, Protection::ask, Protection::strict};
  const auto index = read_choice(field, {"none", "ask", "strict"}, report);
  return index ? values[*index] : Protection::strict;
}

std::vector<std::string> read_waves(const Field& field, Report& report) {
  std::vector<std::string> waves;
  for (const Field& item : list_items(field, report)) {
    const std::string name = read_name(item, report);
    if (name.empty()) continue;
    if (std::find(waves.begin(), waves.end(), name) != waves.end()) {
      report.error(item.span, fmt::format("the wave '{}' stands twice in {}", name, field.name),
                   {"Remove one of them."});
    }
    waves.push_back(name);
  }
  return waves;
}

std::string read_records(const Field& field, const std::vector<std::string>& buckets,
                         const Reading& reading) {
  MapReader map(field, reading.report);
  if (!map.usable()) return "";
  const Field bucket = map.required("bucket");
  const std::string name = read_name(bucket, reading.report);
  check_known(bucket, name, buckets, "bucket below 'buckets' named", reading.report);
  return name;
}

Environment read_top_level(const FileIdentity& identity, const Field& root,
                           const Reading& reading) {
  Report& report = reading.report;
  Environment result;
  result.path = identity.path;
  result.folder = identity.folder;
  result.digest = identity.digest;
  MapReader map(root, report);
  if (!map.usable()) return result;
  map.refuse_future({"gitops", "policy", "services", "freezes", "windows", "approvals", "calendars",
                     "notifications", "audit", "vault", "tickets"});
  read_choice(map.required("apiVersion"), {"ostler/v1"}, report);
  const Field name = map.required("environment");
  result.name = read_name(name, report);
  result.name_place = report.source().place(name.span);
  result.protection = read_protection(map.optional("protection"), report);
  result.kubernetes = read_kubernetes(map.required("kubernetes"), reading);
  result.traefik = read_traefik(map.optional("traefik"), reading);
  const Field postgres = map.required("postgres"), buckets = map.optional("buckets");
  KnownNames names;
  names.servers = keys_of(postgres);
  names.buckets = keys_of(buckets);
  result.registries = read_registries(map.required("registries"), reading);
  result.postgres = read_postgres(postgres, reading);
  result.redis = read_redis(map.optional("redis"), reading);
  result.buckets = read_buckets(buckets, reading);
  result.records_bucket = read_records(map.optional("records"), names.buckets, reading);
  result.prometheus = read_prometheus(map.optional("prometheus"), reading);
  names.prometheus = result.prometheus.has_value();
  result.waves = names.waves = read_waves(map.required("waves"), report);
  result.cells = read_cells(map.required("cells"), names, reading);
  result.indicators = read_indicators(map.optional("indicators"), names, reading);
  return result;
}

}  // namespace

const RegistryConfig* Environment::registry(std::string_view wanted) const {
  return find_named(registries, wanted);
}
const PostgresConfig* Environment::postgres_server(std::string_view wanted) const {
  return find_named(postgres, wanted);
}
const BucketConfig* Environment::bucket(std::string_view wanted) const {
  return find_named(buckets, wanted);
}
const IndicatorConfig* Environment::indicator(std::string_view wanted) const {
  return find_named(indicators, wanted);
}
const CellConfig* Environment::cell(std::string_view wanted) const {
  return find_named(cells, wanted);
}

std::optional<Environment> read_environment(const std::string& path, Diagnostics& diagnostics) {
  std::optional<Environment> result;
  const bool clean =
      with_document(path, "environment", diagnostics,
                    [&](const FileIdentity& identity, const Field& root, const Reading& reading) {
                      result = read_top_level(identity, root, reading);
                    });
  return clean ? std::move(result) : std::nullopt;
}

}  // namespace ostler
