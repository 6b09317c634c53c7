#pragma once

#include "references.hpp"

#include "ostler/config/environment.hpp"

#include <string>
#include <vector>

namespace ostler {

/// Names that other parts of the file may refer to: every one that stands there, also where its
/// definition has mistakes, so that one mistake does not cause another message. Nothing is checked
/// against an empty list.
struct KnownNames {
  std::vector<std::string> servers, buckets, waves;
  bool prometheus = false;
};

KubernetesConfig read_kubernetes(const Field& field, const Reading& reading);
TraefikConfig read_traefik(const Field& field, const Reading& reading);
std::vector<RegistryConfig> read_registries(const Field& field, const Reading& reading);
std::vector<PostgresConfig> read_postgres(const Field& field, const Reading& reading);
std::vector<RedisConfig> read_redis(const Field& field, const Reading& reading);
std::vector<BucketConfig> read_buckets(const Field& field, const Reading& reading);
std::optional<PrometheusConfig> read_prometheus(const Field& field, const Reading& reading);
std::vector<CellConfig> read_cells(const Field& field, const KnownNames& names,
                                   const Reading& reading);
std::vector<IndicatorConfig> read_indicators(const Field& field, const KnownNames& names,
                                             const Reading& reading);

}  // namespace ostler
