// The shoppers' count: answers by version and proxy, failures, latencies, and orders that are lost.
#include "shopper_book.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ostler::lab {
namespace {

constexpr std::size_t kept_failures = 100, shown_failures = 10;
constexpr std::size_t kept_lost = 100;
/// More acknowledged orders of a tenant than this are not kept in memory: the oldest are looked
/// for.
constexpr std::size_t most_waiting = 500'000;
constexpr std::size_t at_a_time = 1000;

void count(Shoppers::Span& span, WallTime at, bool failed) {
  if (!span.first) span.first = at;
  span.last = at;
  ++span.requests;
  span.failed += failed ? 1 : 0;
}

std::string text_of(WallTime at, const Shoppers::Shown& shown) {
  return format_utc(shown ? shown(at) : at);
}

Json document_of(const std::map<std::string, Shoppers::Span>& spans, const Shoppers::Shown& shown) {
  Json result = Json::object();
  for (const auto& [version, span] : spans) {
    Json& one = result[version];
    one = {{"requests", span.requests}, {"failed", span.failed}};
    if (span.first) one["first"] = text_of(*span.first, shown);
    if (span.last) one["last"] = text_of(*span.last, shown);
  }
  return result;
}

Json document_of(const Shoppers::Failed& failed, const Shoppers::Shown& shown) {
  return {{"at", text_of(failed.at, shown)},
          {"proxy", failed.proxy},
          {"host", failed.host},
          {"path", failed.path},
          {"status", failed.status},
          {"why", failed.why},
          {"version", failed.version},
          {"pod", failed.pod}};
}

double milliseconds(Instant time) {
  return static_cast<double>(time.count()) / 1000;
}

}  // namespace

OrderId OrderId::drawn(World& world) {
  OrderId id;
  for (std::uint32_t& word : id.words)
    word = static_cast<std::uint32_t>(world.random(std::uint64_t{1} << 32));
  // A random UUID says so (RFC 9562, version 4).
  id.words[1] = (id.words[1] & 0xffff0fffU) | 0x4000U;
  id.words[2] = (id.words[2] & 0x3fffffffU) | 0x80000000U;
  return id;
}

std::string OrderId::text() const {
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:04x}{:08x}", words[0], words[1] >> 16,
                     words[1] & 0xffffU, words[2] >> 16, words[2] & 0xffffU, words[3]);
}

ShopperBook::ShopperBook(std::vector<std::string> proxies, std::vector<std::string> hosts,
                         TenantDatabases& databases)
    : proxies_(std::move(proxies)), hosts_(std::move(hosts)), databases_(databases) {
  for (const std::string& host : hosts_) tenants_.push_back(host.substr(0, host.find('.')));
}

const std::array<double, ShopperBook::buckets>& ShopperBook::bounds() {
  static const std::array<double, buckets> all = [] {
    std::array<double, buckets> result{};
    double bound = 0.5;
    for (double& one : result) one = bound *= 1.1;
    return result;
  }();
  return all;
}

void ShopperBook::add(const ShopperAnswer& answer) {
  const WallTime at = answer.at;
  const std::string& proxy = proxies_[answer.proxy];
  const std::string version = answer.version.empty() ? "none" : answer.version;
  const bool failed = !answer.why.empty();
  count(total, at, failed);
  count(by_version[version], at, failed);
  count(by_proxy[proxy][version], at, failed);
  ++by_status_[answer.status == 0 ? "no answer" : fmt::format("{} {}", answer.path, answer.status)];
  longest_ = std::max(longest_, answer.took);
  const auto* const bucket =
      std::lower_bound(bounds().begin(), bounds().end(), milliseconds(answer.took));
  ++latency_[static_cast<std::size_t>(bucket - bounds().begin())];
  if (failed) {
    if (!first_failure_) first_failure_ = at;
    last_failure_ = at;
    failures.push_back({at, proxy, hosts_[answer.host], answer.path, answer.status, answer.why,
                        answer.version, answer.pod, answer.took});
    if (failures.size() > kept_failures) failures.pop_front();
  } else if (answer.order) {
    ++acknowledged;
    const std::string& tenant = tenants_[answer.host];
    Waiting& waiting = orders_[tenant];
    waiting.push_back(*answer.order);
    if (waiting.size() > most_waiting) look_for(tenant, waiting, at_a_time);
  }
}

void ShopperBook::look_for(const std::string& tenant, Waiting& waiting, std::size_t at_most) {
  std::vector<std::string> uuids;
  for (std::size_t at = 0; at < std::min(at_most, waiting.size()); ++at)
    uuids.push_back(waiting[at].text());
  const Result<std::vector<std::string>> missing = databases_.missing_orders(tenant, uuids);
  if (!missing.ok()) {
    check_error_ = missing.failure().message;
    // They wait for the next look, unless there are too many.
    if (waiting.size() <= most_waiting) return;
  } else {
    lost_ += missing->size();
    for (const std::string& uuid : *missing)
      if (lost_orders_.size() < kept_lost) lost_orders_.push_back(tenant + "/" + uuid);
  }
  waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(uuids.size()));
}

Json ShopperBook::latencies() const {
  Json result = Json::object();
  if (total.requests == 0) return result;
  for (const auto& [name, share] :
       {std::pair{"p50", 0.5}, std::pair{"p95", 0.95}, std::pair{"p99", 0.99}}) {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total.requests));
    std::uint64_t seen = 0;
    std::size_t at = 0;
    while (at < buckets && (seen += latency_[at]) <= wanted) ++at;
    result[name] =
        at < buckets ? std::min(bounds()[at], milliseconds(longest_)) : milliseconds(longest_);
  }
  result["max"] = milliseconds(longest_);
  return result;
}

Json ShopperBook::summary(const std::vector<std::string>& proxy_urls, double seconds,
                          const Shoppers::Shown& shown) {
  check_error_.clear();
  for (auto& [tenant, waiting] : orders_)
    while (!waiting.empty() && check_error_.empty()) look_for(tenant, waiting, at_a_time);
  Json result{{"requests", total.requests},
              {"failed", total.failed},
              {"acknowledged", acknowledged},
              {"lost", lost_},
              {"doubled", 0},
              {"compared", check_error_.empty()},
              {"by_version", document_of(by_version, shown)},
              {"by_proxy", Json::object()},
              {"by_status", by_status_},
              {"latency_ms", latencies()},
              {"seconds", seconds}};
  if (!lost_orders_.empty()) result["lost_orders"] = lost_orders_;
  if (!check_error_.empty()) result["check_error"] = check_error_;
  for (std::size_t at = 0; at < proxies_.size(); ++at)
    if (const auto found = by_proxy.find(proxies_[at]); found != by_proxy.end())
      result["by_proxy"][proxy_urls[at]] = document_of(found->second, shown);
  if (first_failure_) result["first_failure"] = text_of(*first_failure_, shown);
  if (last_failure_) result["last_failure"] = text_of(*last_failure_, shown);
  for (std::size_t at = failures.size() - std::min(failures.size(), shown_failures);
       at < failures.size(); ++at)
    result["failures"].push_back(document_of(failures[at], shown));
  return result;
}

}  // namespace ostler::lab
