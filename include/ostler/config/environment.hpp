#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/diagnostic.hpp"
#include "ostler/base/result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ostler {

/// Where a secret stands. A file of ours never holds the secret itself.
struct SecretRef {
  enum class Source { none, env, file, command, kubernetes_secret };
  Source source = Source::none;
  std::string env;   ///< { env: NAME }
  std::string file;  ///< { file: PATH }, relative to the environment file there, absolute here
  std::vector<std::string> command;  ///< { command: [ PROGRAM, ARG ] }
  std::string secret_namespace, secret_name,
      secret_key;  ///< { kubernetesSecret: { namespace, name, key } }
  Place place;
  bool present() const { return source != Source::none; }
};

enum class Protection {
  none,
  ask,
  strict
};  ///< strict: the environment's name must be typed or given by --confirm

struct KubernetesConfig {
  std::string kubeconfig;   ///< absolute path; empty: $KUBECONFIG and the usual places
  std::string context;      ///< required, so that no "current context" decides where a release goes
  std::string cluster_uid;  ///< uid of kube-system; any other cluster is refused
  Place place, cluster_uid_place;
};

struct TraefikConfig {
  std::string name_space = "traefik";
  std::string selector = "app.kubernetes.io/name=traefik";
  int api_port = 8080;
  bool through_api_server = false;  ///< reach: direct | api-server
  Milliseconds throttle{
      2000};  ///< providersThrottleDuration: how long a proxy may wait before it loads a change
};

struct RegistryConfig {
  std::string name;
  std::string url;  ///< without a trailing slash
  std::string
      ca_file;  ///< here and below: absolute path, or "env:NAME" when the variable holds the path
  SecretRef user, password;    ///< credentials: { user: REF, password: REF }
  bool docker_config = false;  ///< credentials: { dockerConfig: true }
  Place place;
};

struct PostgresConfig {
  std::string name;
  SecretRef dsn;
  std::vector<SecretRef> replicas;
  Place place;
};

struct RedisConfig {
  std::string name;
  SecretRef url;
  std::string ca_file;
  Place place;
};

struct BucketConfig {
  std::string name;
  std::string endpoint, bucket, region = "us-east-1", ca_file;
  SecretRef access_key, secret_key;  ///< credentials: { accessKey: REF, secretKey: REF }
  bool object_lock = false;
  Place place;
};

struct PrometheusConfig {
  std::string url, ca_file;
  SecretRef token;
  Place place;
};

struct WorkloadsConfig {
  std::string web, cron, queue;  ///< names of Deployments; cron and queue may be empty
};

struct TenantsConfig {
  std::string server;              ///< a name below `postgres`
  std::string query;               ///< gives the databases' names, run on the server's own database
  std::vector<std::string> names;  ///< or their names
  int stop_loss = 1;               ///< failed tenants after which no further one is started
  Place place;
};

struct CellConfig {
  std::string name, wave, name_space;
  WorkloadsConfig workloads;
  std::string route;       ///< route: { traefik: NAME }
  int port = 0;            ///< of the web Service; 0: the one of the route's stable child
  std::string autoscaler;  ///< HorizontalPodAutoscaler of the web workload; empty: none
  TenantsConfig tenants;
  Place place;
};

enum class IndicatorSource { prometheus, sql, proxies };
enum class ProxyIndicator { error_ratio, latency, share };

struct IndicatorConfig {
  std::string name;
  IndicatorSource source = IndicatorSource::prometheus;
  std::string query;        ///< PromQL or SQL
  std::string server;       ///< for SQL
  bool per_tenant = false;  ///< for SQL: run in every tenant's database, the worst counts
  ProxyIndicator proxy_indicator = ProxyIndicator::error_ratio;
  double quantile = 0.95;       ///< for proxies: latency
  std::optional<double> limit;  ///< seconds for durations, 0..1 for ratios, plain otherwise
  std::optional<double>
      worse_by;  ///< how much worse than stable and baseline is allowed: relative for durations and
                 ///< plain numbers, in percentage points for error ratios
  int min_samples = 1;          ///< requests for proxies, samples otherwise, before any verdict
  Milliseconds max_age{15000};  ///< older samples are stale
  enum class Unit { ratio, seconds, number } unit = Unit::number;
  Place place;
};

/// What environment.yaml says. Written by the platform team.
struct Environment {
  std::string path;    ///< of the file
  std::string folder;  ///< of the file, for relative paths
  std::string digest;  ///< SHA-256 of the file's bytes
  std::string name;
  Place name_place;
  Protection protection = Protection::strict;
  KubernetesConfig kubernetes;
  TraefikConfig traefik;
  std::vector<RegistryConfig> registries;
  std::vector<PostgresConfig> postgres;
  std::vector<RedisConfig> redis;
  std::vector<BucketConfig> buckets;
  std::string records_bucket;  ///< name below `buckets` where release records go; empty: none
                               ///< (records: { bucket: NAME })
  std::optional<PrometheusConfig> prometheus;
  std::vector<std::string> waves;
  std::vector<CellConfig> cells;
  std::vector<IndicatorConfig> indicators;

  const RegistryConfig* registry(std::string_view wanted) const;
  const PostgresConfig* postgres_server(std::string_view wanted) const;
  const BucketConfig* bucket(std::string_view wanted) const;
  const IndicatorConfig* indicator(std::string_view wanted) const;
  const CellConfig* cell(std::string_view wanted) const;
};

/// Reads and checks environment.yaml strictly. Everything wrong is added to `diagnostics`; nothing
/// is returned when there was an error.
std::optional<Environment> read_environment(const std::string& path, Diagnostics& diagnostics);

/// Finds the file for what a user typed: a path of the file or its folder, or a name (no slash, no
/// .yaml at the end) looked up as .ostler/env/NAME/environment.yaml,
/// /etc/ostler/env/NAME/environment.yaml, ./environment.yaml (whose `environment:` must then say
/// NAME).
Result<std::string> find_environment(const std::string& typed);

/// Refuses an environment that says another name than the one the user typed. Anything goes when a
/// path was typed.
Result<void> check_environment_name(const Environment& environment, const std::string& typed);

}  // namespace ostler
