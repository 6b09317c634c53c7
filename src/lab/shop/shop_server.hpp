#pragma once

#include "lab/traefik/metrics.hpp"
#include "shop_command_line.hpp"

#include "ostler/base/json.hpp"
#include "ostler/lab/door.hpp"
#include "ostler/lab/shop.hpp"

#include <deque>

namespace ostler::lab {

/// Who is logged in where: as the shop's sessions in Redis, they outlive a web server and are known
/// to all. Anonymous ones are not kept; their id alone is what they are.
class ShopSessions {
 public:
  explicit ShopSessions(World& world);
  std::string new_id();
  void log_in(const std::string& id, const std::string& tenant, const std::string& login);
  void log_out(const std::string& id);
  /// The login of that session at that tenant, or an empty text.
  std::string login(const std::string& id, const std::string& tenant) const;
  /// A CSRF token as Odoo makes it, and whether one is right.
  std::string token(const std::string& id) const;
  bool token_fits(const std::string& id, const std::string& token) const;

 private:
  static constexpr std::size_t most = 10'000;
  World& world_;
  std::string secret_;
  std::map<std::string, std::pair<std::string, std::string>> logged_in_;
  std::deque<std::string> oldest_;
};

/// The web server of one Pod.
class ShopServer {
 public:
  /// `code` must outlive it; a scenario may change how it behaves meanwhile.
  ShopServer(World& world, TenantDatabases& databases, ShopSessions& sessions, const ShopCode& code,
             ShopCommandLine line, const RunningPod& pod, Instant listens);

  Served serve(const HttpRequest& request);
  /// False when it does not listen (yet).
  bool visit(const SampleVisitor& visitor);

 private:
  /// What the process believes of a tenant's database.
  struct Tenant {
    std::int64_t registry = 0;
    Instant loaded{0};  ///< when its registry is there
  };
  struct Question {
    const HttpRequest& request;
    Target target;
    std::string tenant, session;
  };
  struct Route {
    const char* name;
    const char* methods;
    bool needs_database;
    Served (ShopServer::*handle)(const Question&);
  };
  struct Observation {
    MetricBook::CellPointer requests, seconds, orders;
    Instant took;
  };

  static const Route& route_of(const std::string& path);
  Served answer(const Route& route, const Question& question);
  std::string tenant_of(const HttpRequest& request) const;
  Result<Instant> open(const std::string& tenant);
  Instant wait_for_worker();
  void count(const Route& route, const Served& served, Instant waited);
  void settle();

  // In shop_pages.cpp.
  Served health(const Question& question);
  Served login(const Question& question);
  Served login_page(const Question& question, const std::string& session,
                    const std::string& problem);
  Served logout(const Question& question);
  Served backend(const Question& question);
  Served root(const Question& question);
  Served selector(const Question& question);
  Served missing(const Question& question);
  Served websocket(const Question& question);
  Served asset(const Question& question);

  // In shop_orders.cpp.
  Served checkout(const Question& question);
  Served pos_sync(const Question& question);
  Served version_info(const Question& question);
  Served database_error(const Failure& failure) const;

  World& world_;
  TenantDatabases& databases_;
  ShopSessions& sessions_;
  const ShopCode& code_;
  const ShopCommandLine line_;
  const std::string pod_, assets_;
  const Instant listens_;
  MetricBook book_;
  std::map<std::string, Tenant> tenants_;
  std::vector<Instant> busy_;  ///< a heap: when the workers at work will be free
  std::int64_t checkouts_ = 0;
  Upcoming<Observation> upcoming_;
  std::map<std::pair<int, const Route*>, MetricBook::CellPointer> counted_;
  MetricBook::CellPointer ordered_;  ///< counts the order that the request at hand has placed
};

/// The exception that psycopg2 or Odoo would raise.
std::string exception_name(const Failure& failure);
/// True when the database server itself did not answer.
bool unreachable(const Failure& failure);

/// A page, as Odoo sends it.
Served html(int status, const std::string& text);
Served redirect(const std::string& location);

}  // namespace ostler::lab
