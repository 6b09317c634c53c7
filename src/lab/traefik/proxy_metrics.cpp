// Traefik's metrics: requests by entry point, router and service, and its configuration's loads.
#include "proxy_metrics.hpp"

#include "ostler/lab/door.hpp"

#include <fmt/format.h>

namespace ostler::lab {
namespace {

const std::vector<double> default_buckets{0.1, 0.3, 1.2, 5};

struct Quantity {
  const char* name;
  MetricBook::Type type;
  const char* help;
};

constexpr Quantity quantities[] = {
    {"requests_total", MetricBook::Type::counter,
     "How many HTTP requests processed on {}, partitioned by status code, protocol, and method."},
    {"request_duration_seconds", MetricBook::Type::histogram,
     "How long it took to process the request on {}, partitioned by status code, protocol, and "
     "method."},
    {"requests_bytes_total", MetricBook::Type::counter,
     "The total size of requests in bytes handled by {}, partitioned by status code, protocol, and "
     "method."},
    {"responses_bytes_total", MetricBook::Type::counter,
     "The total size of responses in bytes handled by {}, partitioned by status code, protocol, "
     "and method."}};

std::string full_name(const std::string& level, const char* quantity) {
  return "traefik_" + level + "_" + quantity;
}

double unix_time(WallTime time) {
  return static_cast<double>(time.time_since_epoch().count()) / 1000;
}

const char* protocol_of(const HttpRequest& request) {
  return header_of(request, "Upgrade") == "websocket" ? "websocket" : "http";
}

}  // namespace

const ProxyMetrics::Cells& ProxyMetrics::Recorder::cells(int code, const std::string& method,
                                                         const char* protocol) {
  for (const Entry& entry : entries_)
    if (entry.code == code && entry.method == method && entry.protocol == protocol)
      return entry.cells;
  const Labels all = joined_labels(
      labels_, {{"code", std::to_string(code)}, {"method", method}, {"protocol", protocol}});
  const auto cell = [&](const Quantity& quantity) {
    return book_.cell(full_name(level_, quantity.name), all);
  };
  entries_.push_back(
      {code, method, protocol,
       Cells{cell(quantities[0]), cell(quantities[1]), cell(quantities[2]), cell(quantities[3])}});
  return entries_.back().cells;
}

ProxyMetrics::ProxyMetrics(World& world, const Labels& target) : world_(world), book_(target) {
  for (const auto& [level, place] :
       {std::pair{"entrypoint", "an entrypoint"}, std::pair{"router", "a router"},
        std::pair{"service", "a service"}})
    for (const Quantity& quantity : quantities)
      book_.declare(full_name(level, quantity.name),
                    fmt::format(fmt::runtime(quantity.help), place), quantity.type,
                    default_buckets);
  book_.declare("traefik_config_reloads_total", "Config reloads", MetricBook::Type::counter);
  book_.declare("traefik_config_last_reload_success", "Last config reload success",
                MetricBook::Type::gauge);
  book_.declare("process_start_time_seconds",
                "Start time of the process since unix epoch in seconds.", MetricBook::Type::gauge);
  book_.cell("process_start_time_seconds")->set(unix_time(world.wall()));
  reloads_ = book_.cell("traefik_config_reloads_total");
  last_reload_ = book_.cell("traefik_config_last_reload_success");
}

ProxyMetrics::RecorderPointer ProxyMetrics::entry_point(const std::string& name) {
  return recorder("entrypoint", {{"entrypoint", name}});
}

ProxyMetrics::RecorderPointer ProxyMetrics::router(const std::string& name,
                                                   const std::string& service) {
  return recorder("router", {{"router", name}, {"service", service}});
}

ProxyMetrics::RecorderPointer ProxyMetrics::service(const std::string& name) {
  return recorder("service", {{"service", name}});
}

ProxyMetrics::RecorderPointer ProxyMetrics::recorder(const std::string& level, Labels labels) {
  RecorderPointer& recorder = recorders_[labels];
  if (!recorder) recorder = std::make_shared<Recorder>(book_, level, std::move(labels));
  return recorder;
}

void ProxyMetrics::count(const HttpRequest& request, const HttpResponse& response, Instant took,
                         const std::array<RecorderPointer, 3>& recorders) {
  settle();
  Observation observation{took,
                          static_cast<double>(request.body.size()),
                          static_cast<double>(response.body.size()),
                          {}};
  const char* protocol = protocol_of(request);
  for (std::size_t at = 0; at < recorders.size(); ++at)
    if (recorders[at])
      observation.cells[at] = recorders[at]->cells(response.status, request.method, protocol);
  upcoming_.add(world_.now() + took, std::move(observation));
}

void ProxyMetrics::settle() {
  upcoming_.settle(world_.now(), [](const Observation& observation) {
    for (const Cells& cells : observation.cells) {
      if (!cells.requests) continue;
      cells.requests->add();
      cells.seconds->observe(observation.took);
      cells.request_bytes->add(observation.request_bytes);
      cells.response_bytes->add(observation.response_bytes);
    }
  });
}

void ProxyMetrics::loaded(std::set<std::string> routers, std::set<std::string> services) {
  for (const std::string& name : routers_)
    if (!routers.contains(name)) gone_routers_.insert(name);
  for (const std::string& name : services_)
    if (!services.contains(name)) gone_services_.insert(name);
  routers_ = std::move(routers);
  services_ = std::move(services);
  reloads_->add();
  last_reload_->set(unix_time(world_.wall()));
}

std::string ProxyMetrics::text() {
  settle();
  std::string result = book_.text();
  forget_outdated();
  return result;
}

void ProxyMetrics::visit(const SampleVisitor& visitor) {
  settle();
  book_.visit(visitor);
  forget_outdated();
}

void ProxyMetrics::forget_outdated() {
  for (const std::string& name : gone_routers_)
    if (!routers_.contains(name)) forget("router", name);
  for (const std::string& name : gone_services_)
    if (!services_.contains(name)) forget("service", name);
  gone_routers_.clear();
  gone_services_.clear();
}

void ProxyMetrics::forget(const std::string& label, const std::string& value) {
  book_.drop(label, value);
  const std::pair<std::string, std::string> pair{label, value};
  std::erase_if(recorders_, [&](const auto& entry) {
    return std::find(entry.first.begin(), entry.first.end(), pair) != entry.first.end();
  });
}

}  // namespace ostler::lab
