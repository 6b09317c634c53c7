// Statements about the server itself: its sessions, their locks, its replica, its databases.
#include "lab/postgres/modelled_server.hpp"

#include "ostler/base/text.hpp"

#include <regex>

namespace ostler::lab {
namespace {

/// hashtextextended('ostler', 0) of a PostgreSQL 15.
constexpr const char* own_lock_key = "-4334611571439881703";

/// After so long the shop's server ends a worker, and with it the wait for a lock.
constexpr Instant request_limit = std::chrono::seconds{14};

std::int64_t key_of(const ModelledValues& values) {
  return std::atoll(parameter_of(values, 0).c_str());
}

std::string lsn_text(std::uint64_t lsn) {
  return fmt::format("{:X}/{:X}", lsn >> 32, lsn & 0xffffffff);
}

std::uint64_t lsn_of(const std::string& text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return 0;
  return (std::stoull(text.substr(0, slash), nullptr, 16) << 32) |
         std::stoull(text.substr(slash + 1), nullptr, 16);
}

double seconds(Instant span) {
  return static_cast<double>(span.count()) / 1e6;
}

bool may_watch(const ModelledSession& session) {
  return session.user() == "ostler" || session.user() == "postgres";
}

std::optional<ModelledHandler> lock_statement(const std::string& statement) {
  if (statement == "SELECT pg_try_advisory_lock($1::bigint)")
    return [](ModelledSession& session, const ModelledValues& values) -> Result<SqlRows> {
      return answer_truth(session.lock_advisory(key_of(values)));
    };
  if (statement == "SELECT pg_advisory_unlock($1::bigint)")
    return [](ModelledSession& session, const ModelledValues& values) -> Result<SqlRows> {
      return answer_truth(session.unlock_advisory(key_of(values)));
    };
  if (statement == "SELECT hashtextextended('ostler', 0)")
    return [](ModelledSession&, const ModelledValues&) -> Result<SqlRows> {
      return answer_value(own_lock_key);
    };
  if (holds_text(statement, "l.locktype = 'advisory' AND l.granted"))
    return [](ModelledSession& session, const ModelledValues& values) -> Result<SqlRows> {
      const auto& locks = session.database().advisory;
      const auto found = locks.find(key_of(values));
      if (found == locks.end()) return SqlRows{};
      const ModelledSession& holder = *session.server().sessions.at(found->second);
      return answer_rows({{std::to_string(found->second), holder.application(), holder.user()}});
    };
  if (holds_text(statement, "unnest(pg_blocking_pids(l.pid))"))
    return [](ModelledSession& session, const ModelledValues& values) -> Result<SqlRows> {
      const ModelledDatabase& database = session.database();
      if (!database.writer || !starts_with(database.writer->application(), parameter_of(values, 0)))
        return SqlRows{};
      const Instant now = session.server().world.now();
      int count = 0;
      Instant longest{0};
      for (const Instant since : database.waiting) {
        if (now - since > request_limit) continue;
        ++count;
        longest = std::max(longest, now - since);
      }
      if (count == 0) return SqlRows{};
      return answer_rows({{std::to_string(database.writer->backend_pid()), std::to_string(count),
                           fmt::format("{:.6f}", seconds(longest))}});
    };
  return std::nullopt;
}

std::optional<ModelledHandler> session_statement(const std::string& statement) {
  if (statement == "SELECT pg_cancel_backend($1::int)")
    return [](ModelledSession& session, const ModelledValues& values) -> Result<SqlRows> {
      const auto& sessions = session.server().sessions;
      const auto found = sessions.find(static_cast<int>(key_of(values)));
      // Who waits for no statement of its own does not notice.
      if (found != sessions.end() && !found->second->database().waiting.empty() &&
          found->second->database().writer == found->second)
        found->second->cancel();
      return answer_truth(found != sessions.end());
    };
  if (starts_with(statement,
                  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                  "starts_with(application_name, $1)"))
    return [](ModelledSession& session, const ModelledValues& values) -> Result<SqlRows> {
      std::vector<ModelledSession*> found;
      for (const auto& [pid, one] : session.server().sessions)
        if (starts_with(one->application(), parameter_of(values, 0)) &&
            &one->database() == &session.database())
          found.push_back(one);
      for (ModelledSession* one : found) one->terminate();
      return answer_column(std::vector<std::string>(found.size(), "t"));
    };
  if (holds_text(statement, "clock_timestamp() - xact_start > interval '30 s'"))
    return [](ModelledSession& session, const ModelledValues&) -> Result<SqlRows> {
      std::vector<SqlRow> rows;
      const Instant now = session.server().world.now();
      for (const auto& [pid, one] : session.server().sessions)
        if (one != &session && one->began() && now - *one->began() > std::chrono::seconds{30})
          rows.push_back({one->database().name, std::to_string(pid), one->user(),
                          one->application(), "idle in transaction",
                          fmt::format("{:.0f}", seconds(now - *one->began()))});
      return answer_rows(std::move(rows));
    };
  return std::nullopt;
}

std::optional<ModelledHandler> server_statement(const std::string& statement) {
  if (starts_with(statement, "SELECT pg_is_in_recovery(), current_setting('server_version')"))
    return [](ModelledSession& session, const ModelledValues&) -> Result<SqlRows> {
      return answer_rows({{session.replica() ? "t" : "f", "15.18 (Debian 15.18-0+deb12u1)",
                           may_watch(session) ? "t" : "f"}});
    };
  if (starts_with(statement, "SELECT pg_has_role(current_user, 'pg_monitor', 'member')"))
    return [](ModelledSession& session, const ModelledValues&) -> Result<SqlRows> {
      return answer_truth(may_watch(session));
    };
  if (holds_text(statement, "FROM pg_stat_replication"))
    return [](ModelledSession& session, const ModelledValues&) -> Result<SqlRows> {
      ModelledServer& server = session.server();
      return answer_rows({{"1", std::to_string(server.lsn() - server.replayed())}});
    };
  if (starts_with(statement, "SELECT pg_is_in_recovery(), CASE WHEN"))
    return [](ModelledSession& session, const ModelledValues&) -> Result<SqlRows> {
      return answer_rows({{session.replica() ? "t" : "f", "f"}});
    };
  if (statement == "SELECT pg_current_wal_lsn()")
    return [](ModelledSession& session, const ModelledValues&) -> Result<SqlRows> {
      return answer_value(lsn_text(session.server().lsn()));
    };
  if (starts_with(statement, "SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn"))
    return [](ModelledSession& session, const ModelledValues& values) -> Result<SqlRows> {
      const std::uint64_t replayed = session.server().replayed();
      return answer_rows(
          {{replayed >= lsn_of(parameter_of(values, 0)) ? "t" : "f", lsn_text(replayed)}});
    };
  return std::nullopt;
}

std::optional<ModelledHandler> database_statement(const std::string& statement) {
  static const std::regex tenants(
      R"re(^select name from saas\.tenant where pool = '([^']*)' order by name$)re",
      std::regex::icase);
  std::smatch match;
  if (std::regex_match(statement, match, tenants))
    return [pool = match[1].str()](ModelledSession& session,
                                   const ModelledValues&) -> Result<SqlRows> {
      if (session.database().name != "saas")
        return session.failure("42P01", "relation \"saas.tenant\" does not exist");
      const ModelledPostgresSettings& settings = session.server().settings;
      std::vector<std::string> names;
      if (pool == settings.pool) names = settings.tenants;
      std::sort(names.begin(), names.end());
      return answer_column(names);
    };
  // Nobody here may create databases.
  if (starts_with(statement, "SELECT d.datname, r.rolname, r.rolcreatedb, r.rolsuper FROM"))
    return [](ModelledSession&, const ModelledValues&) -> Result<SqlRows> {
      return answer_rows({{"postgres", "postgres", "t", "t"}});
    };
  if (starts_with(statement, "SELECT quote_ident(r.rolname), r.rolname = current_user"))
    return [](ModelledSession& session, const ModelledValues&) -> Result<SqlRows> {
      return answer_rows({{"odoo", session.user() == "odoo" ? "t" : "f",
                           session.user() == "odoo" || may_watch(session) ? "t" : "f"}});
    };
  return std::nullopt;
}

}  // namespace

std::optional<ModelledHandler> activity_statement(const std::string& statement) {
  for (const auto room : {lock_statement, session_statement, server_statement, database_statement})
    if (auto handler = room(statement)) return handler;
  return std::nullopt;
}

}  // namespace ostler::lab
