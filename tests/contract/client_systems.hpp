// Our own clients of one platform, bundled as the program does it.
#pragma once

#include "ostler/model/systems.hpp"
#include "ostler/transport/http.hpp"
#include "ostler/transport/sql.hpp"

#include <memory>
#include <stdexcept>
#include <string>

namespace ostler {

/// What the clients work with, and where the PostgreSQL is. All but the cluster is borrowed.
struct ClientParts {
  HttpClient& http;
  SqlConnector& connector;
  Clock& clock;
  std::unique_ptr<Kubernetes> kubernetes;
  std::string primary, replica;  ///< connection strings
};

/// One cluster, its proxies and the server `main`; what no step of the suites asks for is not
/// there.
class ClientSystems final : public Systems, private Looks {
 public:
  explicit ClientSystems(ClientParts parts)
      : http_(parts.http), clock_(parts.clock), cluster_(std::move(parts.kubernetes)) {
    proxies_ = make_traefik({"traefik", "app=traefik", 8080, TraefikSettings::Reach::direct},
                            *cluster_, http_);
    server_ = make_postgres({"main",
                             std::make_shared<const Secret>(std::move(parts.primary)),
                             {std::make_shared<const Secret>(std::move(parts.replica))}},
                            parts.connector);
  }
  const Looks& looks() const override { return *this; }
  Kubernetes& kubernetes() override { return *cluster_; }
  Traefik& traefik() override { return *proxies_; }
  Registry& registry(std::string_view) override { throw std::logic_error("no registry here"); }
  Postgres& postgres(std::string_view) override { return *server_; }
  ObjectStore& bucket(std::string_view) override { throw std::logic_error("no bucket here"); }
  HttpClient& http() { return http_; }
  Clock& time() { return clock_; }

 private:
  ClientSystems& self() const { return const_cast<ClientSystems&>(*this); }
  const KubernetesLook& kubernetes() const override { return *cluster_; }
  const TraefikLook& traefik() const override { return *proxies_; }
  const RegistryLook& registry(std::string_view name) const override {
    return self().registry(name);
  }
  const PostgresLook& postgres(std::string_view) const override { return *server_; }
  const RedisLook& redis(std::string_view) const override {
    throw std::logic_error("no Redis here");
  }
  const ObjectStoreLook& bucket(std::string_view name) const override {
    return self().bucket(name);
  }
  const PrometheusLook* prometheus() const override { return nullptr; }
  Clock& clock() const override { return clock_; }

  HttpClient& http_;
  Clock& clock_;
  std::unique_ptr<Kubernetes> cluster_;
  std::unique_ptr<Traefik> proxies_;
  std::unique_ptr<Postgres> server_;
};

}  // namespace ostler
