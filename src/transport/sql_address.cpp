// Turns a PostgreSQL connection string into what libpq may do: where to, as whom, how protected.
#include "transport/sql_address.hpp"

#include "ostler/base/text.hpp"

#include <libpq-fe.h>
#include <string.h>
#include <sys/stat.h>

#include <cstdlib>

namespace ostler {

namespace {

constexpr const char* system_authorities = "/etc/ssl/certs/ca-certificates.crt";

Failure refused(std::string message, std::string hint) {
  return {FailureKind::refused, std::move(message), std::move(hint), ""};
}

/// A loopback address of IPv4: 127.0.0.0/8 in four decimal parts, nothing that only looks like it.
bool is_ipv4_loopback(std::string_view host) {
  const std::vector<std::string> parts = split(host, '.');
  if (parts.size() != 4 || parts[0] != "127") return false;
  return std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
    return !part.empty() && part.size() <= 3 &&
           part.find_first_not_of("0123456789") == std::string::npos;
  });
}

struct FreeOptions {
  void operator()(PQconninfoOption* options) const {
    for (PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
      if (option->val != nullptr) explicit_bzero(option->val, strlen(option->val));
    }
    PQconninfoFree(options);
  }
};

Result<SqlAddress> parse(const Secret& dsn) {
  // libpq wants a terminated string and a view promises none.
  std::string text(dsn.reveal());
  char* trouble = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(
      PQconninfoParse(text.c_str(), &trouble));
  wipe(text);
  if (trouble != nullptr) {
    // The text quotes the string, maybe the password in it, so it goes unread.
    explicit_bzero(trouble, strlen(trouble));
    PQfreemem(trouble);
  }
  if (!options) {
    return refused("the PostgreSQL connection string cannot be read",
                   "Write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with special "
                   "characters percent-encoded, or as host=HOST user=USER ...");
  }
  SqlAddress address;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr && option->val[0] != '\0') address.set(option->keyword, option->val);
  }
  return address;
}

/// What libpq would read from the environment behind our back and that changes where the connection
/// goes.
Result<void> refuse_indirections(const SqlAddress& address) {
  if (!address.value("service").empty()) {
    return refused("the PostgreSQL connection string names a service",
                   "Write host, user and database into the connection string itself.");
  }
  for (const char* variable : {"PGSERVICE", "PGHOSTADDR"}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') {
      return refused(
          fmt::format("the environment variable {} would change where PostgreSQL connections go",
                      variable),
          fmt::format("Unset {}.", variable));
    }
  }
  return {};
}

bool is_local(const SqlAddress& address) {
  const std::string hosts =
      address.value("hostaddr").empty() ? address.value("host") : address.value("hostaddr");
  const std::vector<std::string> all = split(hosts, ',');
  return std::all_of(all.begin(), all.end(),
                     [](const std::string& host) { return is_local_host(host); });
}

Result<void> protect(SqlAddress& address) {
  address.set("gssencmode", "disable");
  const std::string mode = address.value("sslmode");
  if (is_local(address)) {
    if (mode.empty()) address.set("sslmode", "prefer");
    return {};
  }
  if (!mode.empty() && mode != "verify-full") {
    return refused(fmt::format("the connection string for PostgreSQL at {} says sslmode={}, which "
                               "does not prove who answers",
                               sanitize(address.value("host")), sanitize(mode)),
                   "Write sslmode=verify-full, and sslrootcert=FILE when the server's certificate "
                   "comes from your own authority.");
  }
  address.set("sslmode", "verify-full");
  if (address.value("sslrootcert").empty() && std::getenv("PGSSLROOTCERT") == nullptr) {
    struct stat found {};
    if (stat(system_authorities, &found) == 0) address.set("sslrootcert", system_authorities);
  }
  if (address.value("channel_binding").empty() && !address.value("password").empty()) {
    address.set("channel_binding", "require");
  }
  return {};
}

void add_session_settings(SqlAddress& address, const SqlOptions& options) {
  // Start-up options outrank what ALTER ROLE or ALTER DATABASE stored; ours come last, so they
  // outrank the string's too.
  std::string settings = address.value("options");
  const auto add = [&settings](std::string_view setting) {
    if (!settings.empty()) settings += ' ';
    settings += "-c ";
    settings += setting;
  };
  add(options.access == SqlAccess::read_only ? "default_transaction_read_only=on"
                                             : "default_transaction_read_only=off");
  add(fmt::format("statement_timeout={}", options.statement_timeout.count()));
  add(fmt::format("lock_timeout={}", options.lock_timeout.count()));
  add("idle_in_transaction_session_timeout=60000");
  address.set("options", settings);
}

}  // namespace

SqlAddress::SqlAddress() {
  // Growing would leave the password's characters behind in freed memory.
  keywords_.reserve(64);
}

SqlAddress::~SqlAddress() {
  for (auto& [keyword, value] : keywords_) wipe(value);
}

const std::string& SqlAddress::value(std::string_view keyword) const {
  static const std::string none;
  for (const auto& [name, value] : keywords_) {
    if (name == keyword) return value;
  }
  return none;
}

void SqlAddress::set(std::string_view keyword, std::string value) {
  for (auto& [name, old] : keywords_) {
    if (name != keyword) continue;
    wipe(old);
    old = std::move(value);
    return;
  }
  keywords_.emplace_back(keyword, std::move(value));
}

std::string SqlAddress::text() const {
  std::string where = value("host").empty() ? value("hostaddr") : value("host");
  const std::string port = value("port").empty() ? "5432" : value("port");
  where += (starts_with(where, "/") ? ", port " : ":") + port;
  std::string text = "PostgreSQL at " + where;
  if (!value("dbname").empty()) text += ", database '" + value("dbname") + "'";
  if (!value("user").empty()) text += ", user '" + value("user") + "'";
  return sanitize(text);
}

Result<SqlAddress> read_sql_address(const Secret& dsn, const SqlOptions& options) {
  OSTLER_TRY(SqlAddress address, parse(dsn));
  OSTLER_CHECK(refuse_indirections(address));
  if (address.value("host").empty() && address.value("hostaddr").empty()) {
    return refused("the PostgreSQL connection string names no host",
                   "Name one, or the folder of the server's socket: host=/var/run/postgresql.");
  }
  // libpq takes these from the environment when the string does not say them.
  if (address.value("user").empty()) {
    return refused("the PostgreSQL connection string names no user", "Name one: user=ostler.");
  }
  if (address.value("port").empty()) address.set("port", "5432");
  if (!options.database.empty()) address.set("dbname", options.database);
  if (address.value("dbname").empty()) address.set("dbname", address.value("user"));
  OSTLER_CHECK(protect(address));
  add_session_settings(address, options);
  address.set("application_name", options.application_name);
  address.set("client_encoding", "UTF8");
  // A server that vanished is noticed within about 30 s although no statement has a deadline.
  address.set("keepalives_idle", "10");
  address.set("keepalives_interval", "5");
  address.set("keepalives_count", "4");
  address.set("tcp_user_timeout", "30000");
  register_secret(address.value("password"));
  return address;
}

bool is_local_host(std::string_view host) {
  return host == "localhost" || host == "::1" || starts_with(host, "/") || starts_with(host, "@") ||
         is_ipv4_loopback(host);
}

FailureKind sql_failure_kind(std::string_view sqlstate) {
  if (sqlstate == "57014") return FailureKind::timeout;
  if (sqlstate == "57P03" || sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "55P03" ||
      sqlstate == "55006" || starts_with(sqlstate, "53")) {
    return FailureKind::transient;
  }
  // The session ends with these while a statement is under way.
  if (sqlstate == "57P01" || sqlstate == "57P02" || starts_with(sqlstate, "08")) {
    return FailureKind::unknown;
  }
  if (starts_with(sqlstate, "28") || sqlstate == "42501") return FailureKind::refused;
  return FailureKind::permanent;
}

}  // namespace ostler
