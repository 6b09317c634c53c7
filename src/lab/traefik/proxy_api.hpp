#pragma once

#include "proxy_process.hpp"

#include "ostler/lab/door.hpp"

namespace ostler::lab {

/// The entry point `traefik` of one proxy: /api, /ping and /metrics.
class ProxyApi final : public Door {
 public:
  explicit ProxyApi(ProxyProcess& process) : process_(process) {}
  Served answer(const HttpRequest& request) override;

 private:
  Served look(const std::string& url);
  Served list(const Target& target, const Json& all) const;
  Served one(const std::string& kind, const std::string& name, const Json& all) const;
  Json overview() const;

  ProxyProcess& process_;
  std::map<std::string, Served> answers_;  ///< by URL; the same until the next load
  std::uint64_t answered_load_ = 0;
};

/// All routers, and all services, of a loaded configuration as the API shows them, by name.
Json shown_routers(const LiveConfiguration& live);
Json shown_services(const LiveConfiguration& live);

}  // namespace ostler::lab
