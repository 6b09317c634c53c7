#pragma once

#include "ostler/base/json.hpp"
#include "ostler/lab/proxies.hpp"
#include "ostler/lab/shop.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ostler::lab {

/// Who buys, how much and how patiently; times are virtual.
struct ShopperSettings {
  int rate = 50;  ///< requests a second, all together
  std::vector<std::string> hosts{"alma.shop.example", "brio.shop.example",
                                 "cedro.shop.example"};  ///< of the tenants, taken in turn
  Instant timeout{5'000'000};                            ///< of one request
};

/// A fixed number of requests a second through all proxies in turn, whatever the answers are: of
/// ten, seven are checkouts, two the login page, one a till's synchronisation. Nothing is repeated.
class Shoppers {
 public:
  /// What came of some of the requests. First and last are times of answers.
  struct Span {
    std::uint64_t requests = 0, failed = 0;
    std::optional<WallTime> first, last;
  };
  /// One failed request.
  struct Failed {
    WallTime at;
    std::string proxy, host, path;
    int status = 0;  ///< 0: no answer
    std::string why, version, pod;
    Instant took{0};
  };

  Shoppers(World& world, Proxies& proxies, TenantDatabases& databases, ShopperSettings settings);
  ~Shoppers();
  Shoppers(const Shoppers&) = delete;
  Shoppers& operator=(const Shoppers&) = delete;

  void start();
  /// No more requests. What they will get is settled already, and counts at once.
  void stop();
  bool running() const;
  /// Forgets everything counted so far, orders included.
  void count_anew();
  /// Requests a second from now on; 0 is a pause.
  void set_rate(int rate);
  int rate() const;

  const Span& total() const;
  /// By version ("none": no answer of the shop).
  const std::map<std::string, Span>& by_version() const;
  /// By the proxy's Pod, then by version.
  const std::map<std::string, std::map<std::string, Span>>& by_proxy() const;
  /// The last 100.
  const std::deque<Failed>& failures() const;
  std::uint64_t acknowledged() const;

  /// How a time of the lab is shown; without a function as it is.
  using Shown = std::function<WallTime(WallTime)>;
  /// Looks for every acknowledged order, and gives the summary with the members of the stack's
  /// shoppers (tests/stack/shop/internal/buy).
  Json summary(const Shown& shown = nullptr);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// What is wrong with an answer; an empty text when nothing is. A redirect of a page that should be
/// there is a failure too: it is what Odoo gives while PostgreSQL is away.
std::string judged(const std::string& path, const HttpResponse& response);

}  // namespace ostler::lab
