// One Traefik: it notices changes, loads them in its own time, and sends requests on.
#include "proxy_process.hpp"

#include "ostler/lab/door.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ostler::lab {
namespace {

constexpr int shop_port = 8069;

/// Most changes reach all proxies at once, some reach one much later than another.
constexpr std::uint64_t late_parts = 120'000;
constexpr Instant latest{1'500'000};

/// An answer of Go's http.Error.
Served plain_error(int status, const std::string& text) {
  Served served = answer_text(status, text + "\n", "text/plain; charset=utf-8");
  served.response.headers.emplace_back("x-content-type-options", "nosniff");
  return served;
}

std::string canonical_host(const HttpRequest& request) {
  std::string host = header_of(request, "Host");
  if (host.empty()) {
    const std::size_t scheme = request.url.find("://");
    const std::size_t start = scheme == std::string::npos ? 0 : scheme + 3;
    host = request.url.substr(start, request.url.find_first_of("/?", start) - start);
  }
  if (const std::size_t colon = host.rfind(':');
      colon != std::string::npos && host.find(']', colon) == std::string::npos)
    host.resize(colon);
  std::transform(host.begin(), host.end(), host.begin(),
                 [](unsigned char letter) { return std::tolower(letter); });
  return host;
}

/// The path as written; only the few requests that have escapes are decoded.
std::string path_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t start =
      scheme == std::string::npos ? 0 : std::min(url.find('/', scheme + 3), url.size());
  std::string path = url.substr(start, url.find('?', start) - start);
  if (path.find('%') != std::string::npos) return target_of(url).path;
  return path.empty() ? "/" : path;
}

std::string cookie_of(const HttpRequest& request, const std::string& name) {
  const std::string cookies = header_of(request, "Cookie");
  for (std::size_t at = 0; at < cookies.size();) {
    const std::size_t end = std::min(cookies.find(';', at), cookies.size());
    const std::size_t start = std::min(cookies.find_first_not_of(' ', at), end);
    if (cookies.compare(start, name.size(), name) == 0 && start + name.size() < end &&
        cookies[start + name.size()] == '=')
      return cookies.substr(start + name.size() + 1, end - start - name.size() - 1);
    at = end + 1;
  }
  return "";
}

std::string set_cookie(const StickyCookie& cookie, const std::string& value) {
  std::string text = fmt::format("{}={}; Path={}", cookie.name, value, cookie.path);
  if (!cookie.domain.empty()) text += "; Domain=" + cookie.domain;
  if (cookie.max_age > 0) text += fmt::format("; Max-Age={}", cookie.max_age);
  if (cookie.max_age < 0) text += "; Max-Age=0";
  if (cookie.http_only) text += "; HttpOnly";
  if (cookie.secure) text += "; Secure";
  if (cookie.same_site == "none") text += "; SameSite=None";
  if (cookie.same_site == "lax") text += "; SameSite=Lax";
  if (cookie.same_site == "strict") text += "; SameSite=Strict";
  return text;
}

}  // namespace

ProxyProcess::ProxyProcess(ProxySurroundings& surroundings, std::string name, std::string address)
    : around_(surroundings), name_(std::move(name)), address_(std::move(address)) {
  start();
}

void ProxyProcess::start() {
  started_ = around_.world.wall();
  const Labels target = target_labels("traefik", address_ + ":8080", around_.settings.name_space,
                                      name_, {{"app", "traefik"}});
  // The configuration that counts into the old book goes first.
  live_.reset();
  metrics_ = std::make_unique<ProxyMetrics>(around_.world, target);
  entry_point_ = metrics_->entry_point("web");
  known_ = KnownObjects::all_of(around_.objects);
  arrivals_.clear();
  activate(read_configuration(known_));
}

void ProxyProcess::restart() {
  frozen_ = false;
  start();
}

void ProxyProcess::freeze(bool frozen) {
  frozen_ = frozen;
  plan();
}

void ProxyProcess::changed(const Change& change) {
  const Instant usual = around_.settings.notices_after;
  Instant when = around_.world.now() + usual + around_.world.between(Instant{0}, usual / 2);
  if (around_.world.chance(late_parts)) when += around_.world.between(Instant{0}, latest);
  // A watch keeps the order of the changes.
  last_arrival_ = std::max(last_arrival_, when);
  arrivals_.push_back({last_arrival_, change});
  plan();
}

void ProxyProcess::plan() {
  if (planned_ || frozen_ || arrivals_.empty()) return;
  planned_ = true;
  around_.world.at(std::max(arrivals_.front().when, next_load_), [self = weak_from_this()] {
    if (const auto process = self.lock()) process->load();
  });
}

void ProxyProcess::load() {
  planned_ = false;
  if (frozen_) return;
  while (!arrivals_.empty() && arrivals_.front().when <= around_.world.now()) {
    known_.take(arrivals_.front().change);
    arrivals_.pop_front();
  }
  ProxyConfiguration configuration = read_configuration(known_);
  if (configuration != live_->configuration()) activate(std::move(configuration));
  plan();
}

void ProxyProcess::activate(ProxyConfiguration configuration) {
  live_ = std::make_unique<LiveConfiguration>(std::move(configuration), around_.world,
                                              around_.rules, *metrics_);
  std::set<std::string> routers, services;
  for (const auto& [name, router] : live_->configuration().routers)
    routers.insert(name + "@kubernetescrd");
  for (const auto& [name, service] : live_->configuration().services)
    services.insert(name + "@kubernetescrd");
  metrics_->loaded(std::move(routers), std::move(services));
  next_load_ = around_.world.now() + around_.settings.throttle;
  ++loads_;
}

Served ProxyProcess::serve(const HttpRequest& request) {
  LiveConfiguration::Router* router = nullptr;
  LiveConfiguration::Service* server_of = nullptr;
  Served served = answer(request, router, server_of);
  served.took += around_.world.between(Instant{200}, Instant{900});
  metrics_->count(request, served.response, served.took,
                  {entry_point_, router == nullptr ? nullptr : router->recorder,
                   server_of == nullptr ? nullptr : server_of->recorder});
  return served;
}

/// `server_of` is the service whose server was asked: a request that found none does not count
/// there.
Served ProxyProcess::answer(const HttpRequest& request, LiveConfiguration::Router*& router,
                            LiveConfiguration::Service*& server_of) {
  const std::string host = canonical_host(request), path = path_of(request.url);
  router = live_->route({host, path, request.method});
  if (router == nullptr) return plain_error(404, "404 page not found");
  Way way = choose(*router->service, request);
  Served served;
  if (way.server == ProxyBalancer::nobody) {
    served = plain_error(503, "no available server");
  } else {
    server_of = way.service;
    served = forward(way.service->loaded->servers[way.server], *way.service->loaded, request);
  }
  if (!way.cookies.empty()) served.response.headers.emplace_back("set-cookie", way.cookies);
  return served;
}

ProxyProcess::Way ProxyProcess::choose(LiveConfiguration::Service& service,
                                       const HttpRequest& request) const {
  Way way;
  way.service = &service;
  while (way.service->loaded->weighted) {
    LiveConfiguration::Service& here = *way.service;
    std::size_t child = ProxyBalancer::nobody;
    if (here.loaded->sticky) {
      const std::string cookie = cookie_of(request, here.loaded->sticky->name);
      const auto found = std::find(here.cookies.begin(), here.cookies.end(), cookie);
      const auto at = static_cast<std::size_t>(found - here.cookies.begin());
      if (found != here.cookies.end() && here.balancer.has(at)) child = at;
    }
    if (child == ProxyBalancer::nobody) {
      child = here.balancer.next();
      if (child == ProxyBalancer::nobody) return way;
      if (here.loaded->sticky) way.cookies = set_cookie(*here.loaded->sticky, here.cookies[child]);
    }
    way.service = here.children[child];
  }
  way.server = way.service->balancer.next();
  return way;
}

Served ProxyProcess::forward(const LoadedServer& server, const LoadedService& service,
                             const HttpRequest& request) const {
  const RunningPod* pod =
      server.port == shop_port ? around_.pods.listening(server.address) : nullptr;
  if (pod == nullptr) return answer_text(502, "Bad Gateway", "text/plain; charset=utf-8");
  if (service.pass_host) return around_.programs.serve(*pod, request);
  HttpRequest changed = request;
  std::erase_if(changed.headers, [](const HttpHeader& header) {
    return header.first == "Host" || header.first == "host";
  });
  changed.headers.emplace_back("Host", fmt::format("{}:{}", server.address, server.port));
  return around_.programs.serve(*pod, changed);
}

}  // namespace ostler::lab
