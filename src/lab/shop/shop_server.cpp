// The shop's web server: routes, tenants and their registries, workers, and what it counts.
#include "shop_server.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>

namespace ostler::lab {
namespace {

const std::vector<double> buckets{.005, .01, .025, .05, .1, .25, .5, 1, 2, 5, 10};

/// How long a registry takes to be built from the code of the installed modules.
constexpr Instant registry_load_least{20'000}, registry_load_most{60'000};
constexpr Instant answer_least{3'000}, answer_most{12'000};
constexpr Instant health_least{300}, health_most{1'500};

std::string cookie_value(const HttpRequest& request, std::string_view name) {
  for (const std::string& pair : split(header_of(request, "Cookie"), ';')) {
    const std::string cookie = trim(pair);
    if (starts_with(cookie, name) && cookie.size() > name.size() && cookie[name.size()] == '=')
      return cookie.substr(name.size() + 1);
  }
  return "";
}

bool tenant_letter(unsigned char letter) {
  return std::islower(letter) || std::isdigit(letter) || letter == '_' || letter == '-';
}

}  // namespace

ShopServer::ShopServer(World& world, TenantDatabases& databases, ShopSessions& sessions,
                       const ShopCode& code, ShopCommandLine line, const RunningPod& pod,
                       Instant listens)
    : world_(world),
      databases_(databases),
      sessions_(sessions),
      code_(code),
      line_(std::move(line)),
      pod_(pod.name),
      assets_(sha256_hex("assets of " + code_.version).substr(0, 7)),
      listens_(listens),
      book_(target_labels("shop", pod.address + ":8069", pod.name_space, pod.name, pod.labels)) {
  using Type = MetricBook::Type;
  book_.declare("shop_http_requests_total", "HTTP requests by status and route.", Type::counter);
  book_.declare("shop_orders_total", "Orders taken, by kind.", Type::counter);
  book_.declare("shop_registry_reloads_total", "Reloads of a registry after signaling.",
                Type::counter);
  book_.declare("shop_checkout_seconds", "Time of a checkout.", Type::histogram, buckets);
  book_.declare("shop_pos_sync_seconds", "Time of a till's synchronisation.", Type::histogram,
                buckets);
  book_.declare("process_start_time_seconds",
                "Start time of the process since unix epoch in seconds.", Type::gauge);
  book_.cell("process_start_time_seconds")
      ->set(static_cast<double>(world.wall().time_since_epoch().count()) / 1000);
  for (const char* histogram : {"shop_checkout_seconds", "shop_pos_sync_seconds"})
    book_.cell(histogram, {{"version", code_.version}});
}

const ShopServer::Route& ShopServer::route_of(const std::string& path) {
  static const std::map<std::string, Route, std::less<>> routes{
      {"/", {"root", "GET HEAD", true, &ShopServer::root}},
      {"/odoo", {"odoo", "GET HEAD", true, &ShopServer::backend}},
      {"/pos/sync", {"pos_sync", "POST", true, &ShopServer::pos_sync}},
      {"/shop/checkout", {"checkout", "POST", true, &ShopServer::checkout}},
      {"/web", {"odoo", "GET HEAD", true, &ShopServer::backend}},
      {"/web/database/selector", {"selector", "GET HEAD", false, &ShopServer::selector}},
      {"/web/health", {"health", "GET HEAD", false, &ShopServer::health}},
      {"/web/login", {"login", "GET HEAD POST", true, &ShopServer::login}},
      {"/web/session/logout", {"logout", "GET POST", true, &ShopServer::logout}},
      {"/web/webclient/version_info", {"version_info", "POST", false, &ShopServer::version_info}},
      {"/websocket", {"websocket", "GET", true, &ShopServer::websocket}}};
  static const Route assets{"assets", "GET HEAD", true, &ShopServer::asset};
  static const Route other{"other", "GET HEAD POST", true, &ShopServer::missing};
  const auto found = routes.find(path);
  if (found != routes.end()) return found->second;
  if (starts_with(path, "/web/assets/")) return assets;
  if (starts_with(path, "/odoo/")) return routes.at("/odoo");
  return other;
}

Served ShopServer::serve(const HttpRequest& request) {
  Question question{request, target_of(request.url), tenant_of(request),
                    cookie_value(request, "session_id")};
  Served served;
  if (question.target.path == "/metrics") {
    settle();
    served = answer_text(200, book_.text(),
                         "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
    served.took = world_.between(health_least, health_most);
  } else {
    const Route& route = route_of(question.target.path);
    const Instant waited = wait_for_worker();
    served = answer(route, question);
    if (line_.workers > 0) {
      busy_.push_back(world_.now() + waited + served.took);
      std::push_heap(busy_.begin(), busy_.end(), std::greater<>());
    }
    count(route, served, waited);
    served.took += waited;
  }
  served.response.headers.emplace_back("x-shop-version", code_.version);
  served.response.headers.emplace_back("x-shop-pod", pod_);
  return served;
}

/// The answer, and how long a worker is at it.
Served ShopServer::answer(const Route& route, const Question& question) {
  const std::vector<std::string> methods = split(route.methods, ' ');
  if (std::find(methods.begin(), methods.end(), question.request.method) == methods.end())
    return answer_text(405, "Method Not Allowed\n", "text/plain; charset=utf-8");
  Instant took = route.needs_database ? world_.between(answer_least, answer_most)
                                      : world_.between(health_least, health_most);
  if (route.needs_database) {
    const Result<Instant> opened = open(question.tenant);
    if (!opened.ok()) {
      // Odoo then logs the user out and serves what needs no database: an outage is no 5xx.
      sessions_.log_out(question.session);
      Served served = question.target.path == "/web/login" ? redirect("/web/database/selector")
                                                           : missing(question);
      served.took = took;
      return served;
    }
    took += *opened;
  }
  Served served = (this->*route.handle)(question);
  served.took += took;
  return served;
}

/// db-filter ^%d$: the first label of the host names the tenant.
std::string ShopServer::tenant_of(const HttpRequest& request) const {
  std::string host = header_of(request, "Host");
  host.resize(std::min(host.find(':'), host.size()));
  std::transform(host.begin(), host.end(), host.begin(),
                 [](unsigned char letter) { return std::tolower(letter); });
  if (starts_with(host, "www.")) host.erase(0, 4);
  const std::size_t dot = host.find('.');
  const bool is_address = host.find_first_not_of("0123456789.") == std::string::npos;
  if (line_.databases.size() == 1 && (dot == std::string::npos || is_address))
    return line_.databases.front();
  const std::string label = host.substr(0, dot);
  if (label.empty() || !std::islower(static_cast<unsigned char>(label[0])) ||
      !std::all_of(label.begin(), label.end(), tenant_letter))
    return "";
  if (!line_.databases.empty() &&
      std::find(line_.databases.begin(), line_.databases.end(), label) == line_.databases.end())
    return "";
  return label;
}

/// Opens a tenant, and loads its registry when that is new or an update has signalled it. Gives how
/// long that takes.
Result<Instant> ShopServer::open(const std::string& tenant) {
  if (tenant.empty() || !databases_.has(tenant))
    return Failure{FailureKind::permanent, fmt::format("database \"{}\" does not exist", tenant),
                   "", "3D000"};
  OSTLER_TRY(const std::int64_t registry, databases_.registry_counter(tenant));
  const auto [known, is_new] = tenants_.try_emplace(tenant);
  Tenant& state = known->second;
  if (is_new || state.registry != registry) {
    if (!is_new)
      book_.cell("shop_registry_reloads_total", {{"tenant", tenant}, {"version", code_.version}})
          ->add();
    state.registry = registry;
    state.loaded = world_.now() + world_.between(registry_load_least, registry_load_most);
  }
  return std::max(state.loaded - world_.now(), Instant{0});
}

Instant ShopServer::wait_for_worker() {
  const auto free_one = [this] {
    std::pop_heap(busy_.begin(), busy_.end(), std::greater<>());
    const Instant free = busy_.back();
    busy_.pop_back();
    return free;
  };
  while (!busy_.empty() && busy_.front() <= world_.now()) free_one();
  if (line_.workers <= 0 || busy_.size() < static_cast<std::size_t>(line_.workers))
    return Instant{0};
  return free_one() - world_.now();
}

void ShopServer::count(const Route& route, const Served& served, Instant waited) {
  settle();
  MetricBook::CellPointer& requests = counted_[{served.response.status, &route}];
  if (!requests)
    requests =
        book_.cell("shop_http_requests_total", {{"code", std::to_string(served.response.status)},
                                                {"route", route.name},
                                                {"version", code_.version}});
  Observation observation{requests, nullptr, std::move(ordered_), served.took};
  ordered_ = nullptr;
  if (route.handle == &ShopServer::checkout)
    observation.seconds = book_.cell("shop_checkout_seconds", {{"version", code_.version}});
  if (route.handle == &ShopServer::pos_sync)
    observation.seconds = book_.cell("shop_pos_sync_seconds", {{"version", code_.version}});
  upcoming_.add(world_.now() + waited + served.took, std::move(observation));
}

void ShopServer::settle() {
  upcoming_.settle(world_.now(), [](const Observation& observation) {
    observation.requests->add();
    if (observation.seconds) observation.seconds->observe(observation.took);
    if (observation.orders) observation.orders->add();
  });
}

bool ShopServer::visit(const SampleVisitor& visitor) {
  if (world_.now() < listens_) return false;
  settle();
  book_.visit(visitor);
  return true;
}

}  // namespace ostler::lab
