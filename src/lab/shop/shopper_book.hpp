#pragma once

#include "lab/traefik/metrics.hpp"

#include "ostler/lab/shoppers.hpp"

#include <array>

namespace ostler::lab {

/// The id that a shopper gives an order.
struct OrderId {
  std::array<std::uint32_t, 4> words{};
  static OrderId drawn(World& world);
  std::string text() const;
};

/// What came of one request.
struct ShopperAnswer {
  WallTime at;  ///< when the answer was there
  std::size_t proxy = 0, host = 0;
  const char* path = "";
  int status = 0;
  std::string why, version, pod;
  Instant took{0};
  std::optional<OrderId> order;  ///< one that was acknowledged
};

/// Keeps the count of everything.
class ShopperBook {
 public:
  ShopperBook(std::vector<std::string> proxies, std::vector<std::string> hosts,
              TenantDatabases& databases);

  void add(const ShopperAnswer& answer);
  /// Everything counted so far; looks for the orders that were not looked for yet.
  Json summary(const std::vector<std::string>& proxy_urls, double seconds,
               const Shoppers::Shown& shown);

  Shoppers::Span total;
  std::map<std::string, Shoppers::Span> by_version;
  std::map<std::string, std::map<std::string, Shoppers::Span>> by_proxy;
  std::deque<Shoppers::Failed> failures;
  std::uint64_t acknowledged = 0;

 private:
  /// Orders of one tenant that nobody has looked for yet.
  using Waiting = std::deque<OrderId>;
  void look_for(const std::string& tenant, Waiting& waiting, std::size_t at_most);
  Json latencies() const;

  static constexpr std::size_t buckets = 100;
  static const std::array<double, buckets>& bounds();

  const std::vector<std::string> proxies_;
  std::vector<std::string> hosts_, tenants_;
  TenantDatabases& databases_;
  std::map<std::string, std::uint64_t> by_status_;
  std::optional<WallTime> first_failure_, last_failure_;
  std::array<std::uint64_t, buckets + 1> latency_{};
  Instant longest_{0};
  std::map<std::string, Waiting> orders_;
  std::uint64_t lost_ = 0;
  std::vector<std::string> lost_orders_;
  std::string check_error_;
};

}  // namespace ostler::lab
