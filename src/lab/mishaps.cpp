// Brings about what a scenario says, and puts it right again when it is over.
#include "lab/mishaps.hpp"

#include "lab/manifests.hpp"

#include <fmt/format.h>

namespace ostler::lab {
namespace {

constexpr const char* quota_name = "lab-quota";
constexpr const char* backlog_mark = "lab-backlog";

/// How a mishap ends. Empty: nothing to put right.
using Ending = std::function<Result<void>()>;

Result<std::unique_ptr<SqlSession>> administer(const MishapReach& reach, const Secret& dsn) {
  SqlOptions options;
  options.application_name = "lab";
  options.access = SqlAccess::read_write;
  options.lock_timeout = Milliseconds(500);
  options.statement_timeout = Milliseconds(0);
  return reach.connector.connect(dsn, options);
}

Result<void> run_all(SqlSession& session, const std::vector<std::string>& statements) {
  for (const std::string& statement : statements) OSTLER_CHECK(session.run(statement));
  return {};
}

struct BringAbout {
  const MishapReach& reach;

  Result<Ending> operator()(const ShopperRate& wanted) const {
    Shoppers& shoppers = reach.platform.shoppers();
    const int before = shoppers.rate();
    shoppers.set_rate(wanted.per_second);
    return Ending{[&shoppers, before]() -> Result<void> {
      shoppers.set_rate(before);
      return {};
    }};
  }

  Result<Ending> operator()(const FrozenProxy& wanted) const {
    Proxies& proxies = reach.platform.proxies();
    proxies.freeze(wanted.proxy, true);
    return Ending{[&proxies, proxy = wanted.proxy]() -> Result<void> {
      proxies.freeze(proxy, false);
      return {};
    }};
  }

  Result<void> delay_replica(const std::string& delay) const {
    OSTLER_TRY(auto session, administer(reach, reach.servers.replica("postgres", "postgres")));
    return run_all(*session,
                   {fmt::format("ALTER SYSTEM SET recovery_min_apply_delay = '{}'", delay),
                    "SELECT pg_reload_conf()"});
  }

  Result<Ending> operator()(const DelayedReplica& wanted) const {
    OSTLER_CHECK(delay_replica(fmt::format("{}ms", wanted.delay.count())));
    return Ending{[again = *this] { return again.delay_replica("0"); }};
  }

  Result<Ending> operator()(const HeldTransaction& wanted) const {
    OSTLER_TRY(auto session, administer(reach, reach.servers.primary("postgres", wanted.database)));
    // A transaction that has written something is one that others wait for. Nothing ends it but the
    // scenario.
    OSTLER_CHECK(run_all(*session, {"SET idle_in_transaction_session_timeout = 0", "BEGIN",
                                    "SELECT pg_current_xact_id()"}));
    if (wanted.lock != HeldTransaction::Lock::none)
      OSTLER_CHECK(session->run(fmt::format(
          "LOCK TABLE \"{}\" IN {} MODE", wanted.table,
          wanted.lock == HeldTransaction::Lock::share ? "ACCESS SHARE" : "ACCESS EXCLUSIVE")));
    return Ending{[held = std::shared_ptr<SqlSession>(std::move(session))]() -> Result<void> {
      OSTLER_CHECK(held->run("ROLLBACK"));
      return {};
    }};
  }

  Result<Ending> operator()(const FullRedis&) const {
    OSTLER_TRY(auto session, reach.redis.connect(reach.servers.redis(), "", Milliseconds(2000)));
    const std::shared_ptr<RedisSession> kept = std::move(session);
    OSTLER_TRY(const RedisReply before, kept->command({"CONFIG", "GET", "maxmemory"}));
    // Less than an empty server needs.
    OSTLER_CHECK(kept->command({"CONFIG", "SET", "maxmemory", "500kb"}));
    const std::string limit = before.elements.size() > 1 ? before.elements[1].text : "0";
    return Ending{[kept, limit]() -> Result<void> {
      OSTLER_CHECK(kept->command({"CONFIG", "SET", "maxmemory", limit}));
      return {};
    }};
  }

  Result<Ending> operator()(const ThrottledRegistry& wanted) const {
    RegistryDoor& registry =
        wanted.registry == "staging" ? reach.platform.staging() : reach.platform.production();
    registry.throttle(1, Instant{1'000'000});
    return Ending{[&registry]() -> Result<void> {
      registry.throttle(0, Instant{1'000'000});
      return {};
    }};
  }

  Result<Ending> operator()(const PrometheusTrouble& wanted) const {
    PrometheusDoor& prometheus = reach.platform.prometheus();
    const bool dead = wanted.kind == PrometheusTrouble::Kind::dead;
    if (dead)
      prometheus.fail(true);
    else
      prometheus.scrape(false);
    return Ending{[&prometheus, dead]() -> Result<void> {
      if (dead)
        prometheus.fail(false);
      else
        prometheus.scrape(true);
      return {};
    }};
  }

  Result<Ending> operator()(const FaultyVersion& wanted) const {
    ShopCode code;
    code.fail_one_in = wanted.fail_one_in;
    code.checkout_delay = wanted.delay;
    code.till_fails = wanted.till_fails;
    code.crash_at_start = wanted.crashes;
    Platform& platform = reach.platform;
    platform.alter_version(wanted.version, code);
    return Ending{[&platform, version = wanted.version]() -> Result<void> {
      platform.restore_version(version);
      return {};
    }};
  }

  Result<Ending> operator()(const PodQuota& wanted) const {
    Objects& objects = reach.platform.objects();
    objects.put({{"apiVersion", "v1"},
                 {"kind", "ResourceQuota"},
                 {"metadata", {{"name", quota_name}, {"namespace", shop_space}}},
                 {"spec", {{"hard", {{"pods", std::to_string(wanted.pods)}}}}}});
    return Ending{[&objects]() -> Result<void> {
      objects.erase({"v1", "ResourceQuota", shop_space, quota_name});
      return {};
    }};
  }

  Result<Ending> operator()(const LateAnswers& wanted) const {
    Platform& platform = reach.platform;
    platform.delay(wanted.system, wanted.by);
    return Ending{[&platform, system = wanted.system]() -> Result<void> {
      platform.delay(system, Milliseconds(0));
      return {};
    }};
  }

  Result<Ending> operator()(const QueueBacklog& wanted) const {
    OSTLER_TRY(auto session, administer(reach, reach.servers.primary("postgres", wanted.database)));
    OSTLER_CHECK(session->run(
        "INSERT INTO queue_job (uuid, name, model_name, method_name, channel, state, date_created, "
        "records) SELECT gen_random_uuid()::text, $2, 'pos.order', 'sync', 'root', 'pending', "
        "now() AT TIME ZONE 'utc', '{\"ids\": []}' FROM generate_series(1, $1::int)",
        {std::to_string(wanted.jobs), std::string(backlog_mark)}));
    return Ending{[kept = std::shared_ptr<SqlSession>(std::move(session))]() -> Result<void> {
      OSTLER_CHECK(kept->run("DELETE FROM queue_job WHERE name = $1", {std::string(backlog_mark)}));
      return {};
    }};
  }

  Result<Ending> operator()(const FailingUpdate& wanted) const {
    TroubledDatabases& databases = reach.databases;
    databases.failing.insert(wanted.database);
    return Ending{[&databases, database = wanted.database]() -> Result<void> {
      databases.failing.erase(database);
      return {};
    }};
  }
};

}  // namespace

void plan_mishaps(const Scenario& scenario, MishapReach reach,
                  std::function<void(const std::string&)> say) {
  World& world = reach.platform.world();
  for (const ScenarioEvent& event : scenario.events) {
    const auto begin = [event, reach, say, &world] {
      const Result<Ending> begun = std::visit(BringAbout{reach}, event.mishap);
      const std::string place = fmt::format("{}:{}", event.place.file, event.place.line);
      if (!begun) return say(fmt::format("{}: {}", place, begun.failure().message));
      // Whoever holds the ending holds what the mishap holds, a transaction for one.
      const auto ending = std::make_shared<Ending>(*begun);
      const Instant until = event.lasts ? world.now() + *event.lasts : Instant::max();
      world.at(until, [ending, place, say] {
        if (const Result<void> ended = (*ending)(); !ended)
          say(fmt::format("{}: {}", place, ended.failure().message));
      });
    };
    world.after(event.at, begin);
  }
}

}  // namespace ostler::lab
