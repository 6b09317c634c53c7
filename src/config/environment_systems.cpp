// Reads the parts of environment.yaml that say which systems there are and how they are reached.
#include "environment_parts.hpp"
#include "values.hpp"

#include "ostler/base/text.hpp"

namespace ostler {
namespace {

/// An entry of a map of systems that is no map may be anything, a secret too.
void hide_unless_map(const Field& entry, const Reading& reading) {
  if (!entry.node->is_map()) hide_value(*entry.node, reading.report);
}

Place place_of(const Field& field, const Reading& reading) {
  return reading.report.source().place(field.span);
}

bool is_uid(std::string_view text) {
  constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != form.size()) return false;
  for (std::size_t at = 0; at < form.size(); ++at) {
    const bool digit = (text[at] >= '0' && text[at] <= '9') || (text[at] >= 'a' && text[at] <= 'f');
    if (form[at] == '-' ? text[at] != '-' : !digit) return false;
  }
  return true;
}

std::string read_uid(const Field& field, Report& report) {
  std::string text = read_text(field, report);
  if (text.empty() || is_uid(text)) return text;
  report.error(
      field.span, fmt::format("{} must be a uid, found {}", field.name, found(*field.node, report)),
      {"Copy what this prints: kubectl get namespace kube-system -o jsonpath={.metadata.uid}"});
  return "";
}

void read_registry_credentials(const Field& field, RegistryConfig& registry,
                               const Reading& reading) {
  MapReader map(field, reading.report);
  map.distrust_keys();
  if (!map.usable()) return;
  const Field user = map.optional("user"), password = map.optional("password"),
              docker = map.optional("dockerConfig");
  if (docker && (user || password)) {
    reading.report.error(docker.span, "'dockerConfig' excludes 'user' and 'password'",
                         {"Remove one of the two ways."});
  } else if (!docker && !(user && password)) {
    reading.report.error(
        field.span, fmt::format("{} must have user and password, or dockerConfig", field.name),
        {"Write { user: REFERENCE, password: REFERENCE } or { dockerConfig: true }."});
  }
  registry.user = read_secret(user, reading);
  registry.password = read_secret(password, reading);
  const std::optional<bool> flag = read_flag(docker, reading.report);
  if (flag && !*flag) {
    reading.report.error(docker.span, "'dockerConfig' can only be true",
                         {"Remove 'credentials' for anonymous access."});
  }
  registry.docker_config = flag.value_or(false);
}

}  // namespace

KubernetesConfig read_kubernetes(const Field& field, const Reading& reading) {
  KubernetesConfig result;
  MapReader map(field, reading.report);
  if (!map.usable()) return result;
  result.place = place_of(field, reading);
  result.kubeconfig = read_path(map.optional("kubeconfig"), reading);
  result.context = read_text(map.required("context"), reading.report);
  const Field uid = map.required("clusterUid");
  result.cluster_uid = read_uid(uid, reading.report);
  result.cluster_uid_place = place_of(uid, reading);
  return result;
}

TraefikConfig read_traefik(const Field& field, const Reading& reading) {
  TraefikConfig result;
  MapReader map(field, reading.report);
  if (!map.usable()) return result;
  Report& report = reading.report;
  if (const Field name = map.optional("namespace"))
    result.name_space = read_kubernetes_label(name, report);
  if (const Field selector = map.optional("selector"))
    result.selector = read_text(selector, report);
  result.api_port = static_cast<int>(
      read_integer(map.optional("apiPort"), {1, 65535}, report).value_or(result.api_port));
  result.through_api_server =
      read_choice(map.optional("reach"), {"direct", "api-server"}, report).value_or(0) == 1;
  result.throttle =
      read_duration(map.optional("throttle"), {Milliseconds(0), Milliseconds(60'000)}, report)
          .value_or(result.throttle);
  return result;
}

std::vector<RegistryConfig> read_registries(const Field& field, const Reading& reading) {
  std::vector<RegistryConfig> all;
  MapReader registries(field, reading.report);
  for (const auto& [name, entry] : registries.named("a registry")) {
    hide_unless_map(entry, reading);
    MapReader map(entry, reading.report);
    if (!map.usable()) continue;
    map.distrust_values();
    map.refuse_future({"signatures", "mirrors"});
    RegistryConfig one;
    one.name = name;
    one.place = place_of(entry, reading);
    one.url = read_url(map.required("url"), UrlPath::none, reading);
    one.ca_file = read_ca(map.optional("ca"), reading);
    read_registry_credentials(map.optional("credentials"), one, reading);
    all.push_back(std::move(one));
  }
  return all;
}

std::vector<PostgresConfig> read_postgres(const Field& field, const Reading& reading) {
  std::vector<PostgresConfig> all;
  MapReader servers(field, reading.report);
  for (const auto& [name, entry] : servers.named("a PostgreSQL server")) {
    hide_unless_map(entry, reading);
    MapReader map(entry, reading.report);
    if (!map.usable()) continue;
    map.distrust_values();
    map.refuse_future({"backup", "pitr", "systemIdentifier"});
    PostgresConfig one;
    one.name = name;
    one.place = place_of(entry, reading);
    one.dsn = read_secret(map.required("dsn"), reading);
    const Field replicas = map.optional("replicas");
    // Literal DSNs are hidden before anything is said about the list that they stand in.
    if (replicas && !replicas.node->is_sequence()) hide_value(*replicas.node, reading.report);
    for (const Field& item : list_items(replicas, reading.report))
      one.replicas.push_back(read_secret(item, reading));
    all.push_back(std::move(one));
  }
  return all;
}

std::vector<RedisConfig> read_redis(const Field& field, const Reading& reading) {
  std::vector<RedisConfig> all;
  MapReader servers(field, reading.report);
  for (const auto& [name, entry] : servers.named("a Redis server")) {
    hide_unless_map(entry, reading);
    MapReader map(entry, reading.report);
    if (!map.usable()) continue;
    map.distrust_values();
    map.refuse_future({"maxMemory", "queues", "purge"});
    RedisConfig one;
    one.name = name;
    one.place = place_of(entry, reading);
    one.url = read_secret(map.required("url"), reading);
    one.ca_file = read_ca(map.optional("ca"), reading);
    all.push_back(std::move(one));
  }
  return all;
}

namespace {

std::string read_bucket_name(const Field& field, Report& report) {
  std::string text = read_text(field, report);
  const bool fits =
      text.size() >= 3 && text.size() <= 63 && text.front() != '-' && text.front() != '.' &&
      text.back() != '-' && text.back() != '.' && text.find("..") == std::string::npos &&
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string::npos;
  if (text.empty() || fits) return text;
  report.error(
      field.span,
      fmt::format("{} must be a bucket's name, found {}", field.name, found(*field.node, report)),
      {"A bucket's name has 3 to 63 lower-case letters, digits, '-' and '.', and begins and ends "
       "with a letter or "
       "digit."});
  return "";
}

void read_bucket_credentials(const Field& field, BucketConfig& bucket, const Reading& reading) {
  MapReader map(field, reading.report);
  map.distrust_keys();
  if (!map.usable()) return;
  bucket.access_key = read_secret(map.required("accessKey"), reading);
  bucket.secret_key = read_secret(map.required("secretKey"), reading);
}

}  // namespace

std::vector<BucketConfig> read_buckets(const Field& field, const Reading& reading) {
  std::vector<BucketConfig> all;
  MapReader buckets(field, reading.report);
  for (const auto& [name, entry] : buckets.named("a bucket")) {
    hide_unless_map(entry, reading);
    MapReader map(entry, reading.report);
    if (!map.usable()) continue;
    map.distrust_values();
    map.refuse_future({"retention", "encrypted", "versioned"});
    BucketConfig one;
    one.name = name;
    one.place = place_of(entry, reading);
    one.endpoint = read_url(map.required("endpoint"), UrlPath::none, reading);
    one.bucket = read_bucket_name(map.required("bucket"), reading.report);
    if (const Field region = map.optional("region")) one.region = read_name(region, reading.report);
    one.ca_file = read_ca(map.optional("ca"), reading);
    one.object_lock = read_flag(map.optional("objectLock"), reading.report).value_or(false);
    read_bucket_credentials(map.required("credentials"), one, reading);
    all.push_back(std::move(one));
  }
  return all;
}

std::optional<PrometheusConfig> read_prometheus(const Field& field, const Reading& reading) {
  if (!field) return std::nullopt;
  PrometheusConfig result;
  MapReader map(field, reading.report);
  map.distrust_values();
  if (!map.usable()) return result;
  result.place = place_of(field, reading);
  result.url = read_url(map.required("url"), UrlPath::allowed, reading);
  result.ca_file = read_ca(map.optional("ca"), reading);
  result.token = read_secret(map.optional("token"), reading);
  return result;
}

}  // namespace ostler
