// postgres.server: each server is the primary, lets itself be watched, and its replicas follow.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"

#include <cstdlib>

namespace ostler {

namespace {

constexpr std::int64_t allowed_lag_bytes = 64 << 20;
constexpr Milliseconds allowed_lag{10'000};
constexpr Milliseconds between_looks{250};

constexpr const char* identity =
    "SELECT pg_is_in_recovery(), current_setting('server_version'), "
    "pg_has_role(current_user, 'pg_monitor', 'member') "
    "OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)";
constexpr const char* streaming =
    "SELECT count(*) FILTER (WHERE state = 'streaming'), "
    "coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)), 0)::bigint "
    "FROM pg_stat_replication";
constexpr const char* standby =
    "SELECT pg_is_in_recovery(), "
    "CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() ELSE false END, "
    "pg_last_wal_receive_lsn()";
constexpr const char* replayed = "SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn";

std::string value(const SqlRows& rows, std::size_t column) {
  if (rows.rows.empty() || column >= rows.rows.front().size()) return "";
  return sanitize(rows.rows.front()[column].value_or(""));
}

std::vector<Finding> look_at_primary(const std::string& subject, const PostgresLook& server) {
  const auto rows = server.query("", identity);
  if (!rows) return {not_seen(subject, rows.failure())};
  if (value(*rows, 0) != "f")
    return {failed(subject, "it is a standby", "the primary",
                   "Point the dsn at the primary; if the server failed over, plan anew.")};
  if (value(*rows, 2) != "t")
    return {failed(subject, "its role may not see other sessions", "a member of pg_monitor",
                   "GRANT pg_monitor to the role of the dsn; without it other checks would pass "
                   "without seeing anything.")};
  return {passed(subject, "primary, version " + value(*rows, 1))};
}

Finding look_at_streams(const std::string& subject, const PostgresLook& server) {
  const auto rows = server.query("", streaming);
  if (!rows) return not_seen(subject, rows.failure());
  const std::int64_t streams = std::atoll(value(*rows, 0).c_str());
  const std::int64_t lag = std::atoll(value(*rows, 1).c_str());
  const auto expected = static_cast<std::int64_t>(server.replicas());
  if (streams < expected)
    return failed(subject, counted(static_cast<std::size_t>(streams), "replica") + " streaming",
                  fmt::format("all {}", expected), "Bring the replicas back before the release.");
  if (lag > allowed_lag_bytes)
    return failed(
        subject,
        fmt::format("a replica is {} behind", format_bytes(static_cast<std::uint64_t>(lag))),
        "at most " + format_bytes(allowed_lag_bytes),
        "Wait until the replica has caught up; a migration adds to what it must replay.");
  return passed(
      subject,
      fmt::format("{} streaming, {} behind", counted(static_cast<std::size_t>(streams), "replica"),
                  format_bytes(static_cast<std::uint64_t>(std::max<std::int64_t>(0, lag)))));
}

/// Whether it replays what it has received by now in the time that it has for that. Timestamps
/// would not tell: on a quiet server the newest commit is old.
Result<bool> replays_in_time(const PostgresLook& server, std::size_t index,
                             const std::string& received, Clock& clock) {
  const Cancellation never;
  const BootTime end = clock.boot() + BootTime(allowed_lag);
  for (;;) {
    OSTLER_TRY(const SqlRows rows, server.query_replica(index, "", replayed, {received}));
    if (value(rows, 0) == "t") return true;
    if (clock.boot() >= end) return false;
    clock.sleep_for(between_looks, never);
  }
}

Finding look_at_standby(const std::string& subject, const PostgresLook& server, std::size_t index,
                        Clock& clock) {
  const auto rows = server.query_replica(index, "", standby);
  if (!rows) return not_seen(subject, rows.failure());
  if (value(*rows, 0) != "t")
    return failed(subject, "it is not a standby", "a replica of the primary",
                  "Correct the server's replicas, or repair the replication.");
  if (value(*rows, 1) == "t")
    return failed(subject, "replay is paused", "replaying",
                  "Resume it with pg_wal_replay_resume(), or take the replica out of the list.");
  // A standby that is fed from an archive alone receives nothing; its lag is seen at the primary.
  if (const std::string received = value(*rows, 2); !received.empty()) {
    const Result<bool> in_time = replays_in_time(server, index, received, clock);
    if (!in_time) return not_seen(subject, in_time.failure());
    if (!*in_time)
      return failed(
          subject,
          "what it had received was not replayed " + format_duration(allowed_lag) + " later",
          "at most " + format_duration(allowed_lag) + " behind",
          "Wait until it has caught up, or take it out of the list: each tenant's "
          "migration would wait for it.");
  }
  return passed(subject, "replaying");
}

std::vector<Finding> measure(const CheckSubject& subject, const Looks& looks) {
  std::vector<Finding> findings;
  for (const PostgresConfig& config : subject.environment->postgres) {
    const PostgresLook& server = looks.postgres(config.name);
    const std::string name = "server " + config.name;
    std::vector<Finding> primary = look_at_primary(name, server);
    const bool seen = primary.front().outcome == Outcome::pass;
    findings.insert(findings.end(), primary.begin(), primary.end());
    if (server.replicas() == 0) continue;
    if (seen) findings.push_back(look_at_streams(name, server));
    for (std::size_t index = 0; index < server.replicas(); ++index)
      findings.push_back(look_at_standby(fmt::format("{}, replica {}", name, index + 1), server,
                                         index, looks.clock()));
  }
  return findings;
}

}  // namespace

extern const CheckKind postgres_server_check{
    "postgres.server",
    "OSTLER-P001",
    "postgres",
    "each server is the primary, may be watched, and its replicas stream without lag",
    "Correct the dsn after a failover; bring replicas back; wait until they have caught up.",
    measure};

}  // namespace ostler
