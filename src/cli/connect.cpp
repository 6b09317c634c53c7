// From an environment file to clients of its systems.
#include "connect.hpp"

#include "docker_config.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/text.hpp"
#include "ostler/systems/secrets.hpp"

#include <cstdlib>

namespace ostler {
namespace {

using SharedSecret = std::shared_ptr<const Secret>;

// Looks and Systems over clients that this object owns.
class Bundle final : public Connection, public Looks, public Systems {
 public:
  Bundle(Clock& clock, const Cancellation& abandon)
      : clock_(clock),
        own_http_(make_http_client(abandon)),
        own_sql_(make_sql_connector()),
        http_(*own_http_),
        sql_(*own_sql_) {}
  Bundle(Clock& clock, HttpClient& http, SqlConnector& sql)
      : clock_(clock), http_(http), sql_(sql) {}

  Result<void> build(const Environment& environment);

  const Looks& looks() const override { return *this; }
  Systems& systems() override { return *this; }

  const KubernetesLook& kubernetes() const override { return *kubernetes_; }
  const TraefikLook& traefik() const override { return *traefik_; }
  const RegistryLook& registry(std::string_view name) const override {
    return *registries_.find(name)->second;
  }
  const PostgresLook& postgres(std::string_view name) const override {
    return *postgres_.find(name)->second;
  }
  const RedisLook& redis(std::string_view name) const override {
    return *redis_.find(name)->second;
  }
  const ObjectStoreLook& bucket(std::string_view name) const override {
    return *buckets_.find(name)->second;
  }
  const PrometheusLook* prometheus() const override { return prometheus_.get(); }
  Clock& clock() const override { return clock_; }

  Kubernetes& kubernetes() override { return *kubernetes_; }
  Traefik& traefik() override { return *traefik_; }
  Registry& registry(std::string_view name) override { return *registries_.find(name)->second; }
  Postgres& postgres(std::string_view name) override { return *postgres_.find(name)->second; }
  ObjectStore& bucket(std::string_view name) override { return *buckets_.find(name)->second; }

 private:
  Result<void> build_kubernetes(const Environment& environment);
  Result<void> build_registry(const Environment& environment, const RegistryConfig& config);
  Result<void> build_data(const Environment& environment);
  Result<SharedSecret> secret(const SecretRef& reference) const;
  Result<std::string> user_name(const Environment& environment, const SecretRef& reference) const;
  template <typename Client>
  using ByName = std::map<std::string, std::unique_ptr<Client>, std::less<>>;

  Clock& clock_;
  std::unique_ptr<HttpClient> own_http_;
  std::unique_ptr<SqlConnector> own_sql_;
  HttpClient& http_;
  SqlConnector& sql_;
  std::unique_ptr<ProcessRunner> processes_ = make_process_runner();
  std::unique_ptr<RedisConnector> redis_connector_ = make_redis_connector();
  std::unique_ptr<Kubernetes> kubernetes_;
  std::unique_ptr<Traefik> traefik_;
  ByName<Registry> registries_;
  ByName<Postgres> postgres_;
  ByName<RedisLook> redis_;
  ByName<ObjectStore> buckets_;
  std::unique_ptr<PrometheusLook> prometheus_;
};

Failure as_credentials(Failure failure) {
  // A Kubernetes Secret behind a dead API server is not a wrong password.
  if (failure.kind == FailureKind::refused || failure.kind == FailureKind::permanent)
    failure.code = "credentials";
  return failure;
}

std::string beside(const Environment& environment, const std::string& path) {
  return path.empty() || path.front() == '/' ? path : environment.folder + "/" + path;
}

/// The certificates of `ca_file`: a path, or "env:NAME" whose value is a path or the certificates
/// themselves.
Result<std::string> authority(const Environment& environment, const std::string& ca_file) {
  if (ca_file.empty()) return std::string();
  std::string path = beside(environment, ca_file);
  if (ca_file.starts_with("env:")) {
    const std::string name = ca_file.substr(4);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || value[0] == '\0')
      return Failure{FailureKind::refused,
                     fmt::format("the environment variable {} is not set", name),
                     "Set it to the path of the authority's certificate.", "credentials"};
    if (std::string_view(value).find("-----BEGIN ") != std::string_view::npos)
      return std::string(value);
    path = value;
  }
  Result<std::string> text = read_file(path, 1 << 20);
  if (!text) return as_credentials(with_context(text.failure(), "authority"));
  return text;
}

Result<SharedSecret> Bundle::secret(const SecretRef& reference) const {
  if (!reference.present()) return SharedSecret();
  Result<SharedSecret> value = resolve_secret(reference, *processes_, kubernetes_.get());
  if (!value) return as_credentials(value.failure());
  return value;
}

/// A user's name is no secret, and often a word ("ostler", "admin"): known to the redactor, it
/// would garble every text.
Result<std::string> Bundle::user_name(const Environment& environment,
                                      const SecretRef& reference) const {
  if (reference.source == SecretRef::Source::env) {
    const char* value = std::getenv(reference.env.c_str());
    if (value != nullptr && value[0] != '\0') return std::string(value);
  }
  if (reference.source == SecretRef::Source::file) {
    const Result<std::string> text = read_file(beside(environment, reference.file), 1 << 16);
    if (!text) return as_credentials(text.failure());
    return trim(*text);
  }
  OSTLER_TRY(const SharedSecret value, secret(reference));
  return value ? std::string(value->reveal()) : std::string();
}

Result<void> Bundle::build_kubernetes(const Environment& environment) {
  KubernetesSettings settings;
  settings.kubeconfig = beside(environment, environment.kubernetes.kubeconfig);
  settings.context = environment.kubernetes.context;
  auto made = make_kubernetes(settings, http_, *processes_);
  if (!made) return as_credentials(made.failure());
  kubernetes_ = std::move(*made);
  TraefikSettings traefik;
  traefik.name_space = environment.traefik.name_space;
  traefik.selector = environment.traefik.selector;
  traefik.api_port = environment.traefik.api_port;
  traefik.reach = environment.traefik.through_api_server ? TraefikSettings::Reach::api_server
                                                         : TraefikSettings::Reach::direct;
  traefik_ = make_traefik(traefik, *kubernetes_, http_);
  return {};
}

Result<void> Bundle::build_registry(const Environment& environment, const RegistryConfig& config) {
  RegistrySettings settings;
  settings.url = config.url;
  OSTLER_TRY(settings.ca_pem, authority(environment, config.ca_file));
  if (config.docker_config) {
    OSTLER_TRY(DockerLogin login, docker_login(config.url, *processes_));
    settings.user = login.user;
    settings.password = login.password;
  } else {
    OSTLER_TRY(settings.user, user_name(environment, config.user));
    OSTLER_TRY(settings.password, secret(config.password));
  }
  registries_.emplace(config.name, make_registry(settings, http_));
  return {};
}

Result<void> Bundle::build_data(const Environment& environment) {
  for (const PostgresConfig& config : environment.postgres) {
    PostgresSettings settings;
    settings.name = config.name;
    OSTLER_TRY(settings.dsn, secret(config.dsn));
    for (const SecretRef& replica : config.replicas) {
      OSTLER_TRY(SharedSecret dsn, secret(replica));
      settings.replicas.push_back(std::move(dsn));
    }
    postgres_.emplace(config.name, make_postgres(std::move(settings), sql_));
  }
  for (const RedisConfig& config : environment.redis) {
    RedisSettings settings;
    settings.name = config.name;
    OSTLER_TRY(settings.url, secret(config.url));
    OSTLER_TRY(settings.ca_pem, authority(environment, config.ca_file));
    redis_.emplace(config.name, make_redis(std::move(settings), *redis_connector_, clock_));
  }
  for (const BucketConfig& config : environment.buckets) {
    ObjectStoreSettings settings;
    settings.endpoint = config.endpoint;
    settings.bucket = config.bucket;
    settings.credentials.region = config.region;
    OSTLER_TRY(const SharedSecret key, secret(config.access_key));
    if (key) settings.credentials.access_key = std::string(key->reveal());
    OSTLER_TRY(settings.credentials.secret_key, secret(config.secret_key));
    OSTLER_TRY(settings.ca_pem, authority(environment, config.ca_file));
    buckets_.emplace(config.name, make_object_store(settings, http_));
  }
  if (!environment.prometheus) return {};
  PrometheusSettings settings;
  settings.url = environment.prometheus->url;
  OSTLER_TRY(settings.ca_pem, authority(environment, environment.prometheus->ca_file));
  OSTLER_TRY(settings.bearer, secret(environment.prometheus->token));
  prometheus_ = make_prometheus(settings, http_);
  return {};
}

Result<void> Bundle::build(const Environment& environment) {
  OSTLER_CHECK(build_kubernetes(environment));
  for (const RegistryConfig& config : environment.registries)
    OSTLER_CHECK(build_registry(environment, config));
  return build_data(environment);
}

}  // namespace

Result<std::unique_ptr<Connection>> connect(const Environment& environment, Clock& clock,
                                            const Cancellation& abandon) {
  auto bundle = std::make_unique<Bundle>(clock, abandon);
  OSTLER_CHECK(bundle->build(environment));
  return std::unique_ptr<Connection>(std::move(bundle));
}

Result<std::unique_ptr<Connection>> connect_over(const Environment& environment, Clock& clock,
                                                 HttpClient& http, SqlConnector& sql) {
  auto bundle = std::make_unique<Bundle>(clock, http, sql);
  OSTLER_CHECK(bundle->build(environment));
  return std::unique_ptr<Connection>(std::move(bundle));
}

Result<void> verify_cluster(const Environment& environment, const Looks& looks) {
  const Result<std::string> uid = looks.kubernetes().cluster_uid();
  if (!uid) return with_context(uid.failure(), "asking the cluster who it is");
  if (*uid == environment.kubernetes.cluster_uid) return {};
  return Failure{
      FailureKind::refused,
      fmt::format("context '{}' at {} is cluster {}, but environment '{}' belongs to cluster {}",
                  environment.kubernetes.context, looks.kubernetes().server(), *uid,
                  environment.name, environment.kubernetes.cluster_uid),
      "Use the kubeconfig of the right cluster; correct kubernetes.clusterUid only if the cluster "
      "was replaced.",
      "cluster"};
}

}  // namespace ostler
