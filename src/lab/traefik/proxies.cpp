// The fleet of Traefiks in front of the shop.
#include "ostler/lab/proxies.hpp"

#include "proxy_api.hpp"

namespace ostler::lab {

struct Proxies::Impl {
  Impl(World& world, Objects& objects, Pods& pods, Programs& programs, ProxySettings settings)
      : around{world, objects, pods, programs, std::move(settings), {}} {
    for (const auto& [name, address] : around.settings.fleet) {
      const auto process = std::make_shared<ProxyProcess>(around, name, address);
      processes[name] = process;
      doors.emplace(name, ProxyApi(*process));
    }
  }

  ProxyProcess& process(const std::string& proxy) const { return *processes.at(proxy); }

  ProxySurroundings around;
  std::map<std::string, std::shared_ptr<ProxyProcess>> processes;
  std::map<std::string, ProxyApi> doors;
};

Proxies::Proxies(World& world, Objects& objects, Pods& pods, Programs& programs,
                 ProxySettings settings)
    : impl_(std::make_unique<Impl>(world, objects, pods, programs, std::move(settings))) {
  std::vector<std::weak_ptr<ProxyProcess>> processes;
  for (const auto& [name, process] : impl_->processes) processes.emplace_back(process);
  // The objects may outlive the proxies, and keep every callback.
  objects.on_change([processes](const Change& change) {
    if (!KnownObjects::watched(change.ref)) return;
    for (const auto& process : processes)
      if (const auto alive = process.lock()) alive->changed(change);
  });
}

Proxies::~Proxies() = default;

const std::vector<std::pair<std::string, std::string>>& Proxies::fleet() const {
  return impl_->around.settings.fleet;
}

Served Proxies::serve(const std::string& proxy, const HttpRequest& request) {
  return impl_->process(proxy).serve(request);
}

Door& Proxies::api(const std::string& proxy) {
  return impl_->doors.at(proxy);
}

void Proxies::freeze(const std::string& proxy, bool frozen) {
  impl_->process(proxy).freeze(frozen);
}

void Proxies::restart(const std::string& proxy) {
  impl_->process(proxy).restart();
}

std::string Proxies::metrics(const std::string& proxy) const {
  return impl_->process(proxy).metrics().text();
}

void Proxies::visit(const std::string& proxy, const SampleVisitor& visitor) const {
  impl_->process(proxy).metrics().visit(visitor);
}

}  // namespace ostler::lab
