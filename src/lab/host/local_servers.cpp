// Starts a PostgreSQL primary, its replica and Redis in a folder, and fills them.
#include "ostler/lab/local_servers.hpp"

#include "lab/host/listen_addresses.hpp"
#include "lab/host/local_databases.hpp"
#include "lab/host/server_folder.hpp"
#include "lab/host/server_process.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"
#include "ostler/systems/tenant.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace ostler::lab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* postgres_programs = "/usr/lib/postgresql/15/bin";
constexpr const char* redis_program = "/usr/bin/redis-server";
// Busy machines have been seen to take half a minute for an initdb of two seconds.
constexpr std::chrono::milliseconds come_up{120'000}, look_interval{10};
// Two servers of 100 MB each when they are new, and what a release writes.
constexpr std::uint64_t room = 300u << 20;

Failure trouble(std::string message, std::string hint = "") {
  return Failure{FailureKind::permanent, std::move(message), std::move(hint), ""};
}

Result<void> need(const std::string& program, const std::string& package) {
  if (access(program.c_str(), X_OK) == 0) return {};
  return Failure{FailureKind::permanent, fmt::format("{} is not installed", program),
                 fmt::format("Install the Debian package {}.", package), "missing"};
}

Secret password_or_new(Secret given) {
  return given.empty() ? Secret(random_hex(32)) : std::move(given);
}

}  // namespace

Result<void> local_servers_installed() {
  for (const char* program : {"postgres", "initdb"})
    OSTLER_CHECK(need(fmt::format("{}/{}", postgres_programs, program), "postgresql"));
  return need(redis_program, "redis-server");
}

struct LocalServers::Impl {
  LocalServersSettings settings;
  std::optional<Account> account;
  std::unique_ptr<SqlConnector> connector = make_sql_connector();
  std::optional<ServerProcess> primary, replica, redis;

  fs::path folder() const { return settings.folder; }
  fs::path data(const char* name) const { return folder() / name; }
  fs::path log(const char* name) const { return folder() / fmt::format("{}.log", name); }

  const Secret& password(const std::string& role) const {
    if (role == "ostler") return settings.ostler_password;
    if (role == "odoo") return settings.odoo_password;
    if (role == "replicator") return settings.replicator_password;
    return settings.admin_password;
  }

  Secret dsn(const ListenAt& at, const std::string& role, const std::string& database) const {
    return Secret(fmt::format("postgresql://{}:{}@{}:{}/{}", role, password(role).reveal(), at.host,
                              at.port, database));
  }
  Dsn dsn() const {
    return [this](const std::string& role, const std::string& database) {
      return dsn(settings.postgres, role, database);
    };
  }

  Result<void> prepare();
  Result<void> go_on() const;  ///< fails as `cancelled` once the start is to stop
  Result<void> write(const fs::path& path, const std::string& text) const;
  Result<ServerProcess> launch(const char* name, std::vector<std::string> arguments,
                               int parent_died) const;
  Result<void> make_data() const;
  Result<void> write_settings() const;
  Result<void> start_postgres();
  Result<void> start_redis();
  Result<void> await(const char* name, ServerProcess& process,
                     const std::function<bool()>& ready) const;
  bool answers(const ListenAt& at) const;
  Result<void> fill_tenants(const std::vector<std::string>& tenants);
  Result<void> await_replica();
};

/// A file that only the servers' account may read.
Result<void> LocalServers::Impl::write(const fs::path& path, const std::string& text) const {
  std::ofstream file(path, std::ios::trunc);
  const bool own = !account || chown(path.c_str(), account->user, account->group) == 0;
  const bool closed = chmod(path.c_str(), 0600) == 0;
  file << text;
  file.close();
  if (file && own && closed) return {};
  return trouble(fmt::format("{} cannot be written", path.string()));
}

Result<void> LocalServers::Impl::prepare() {
  OSTLER_CHECK(local_servers_installed());
  OSTLER_TRY(account, unprivileged_account({"postgres", "nobody"}));
  std::error_code failed;
  settings.folder = fs::absolute(settings.folder, failed).lexically_normal().string();
  if (ends_with(settings.folder, "/")) settings.folder.pop_back();
  fs::create_directories(folder(), failed);
  if (failed) return trouble(fmt::format("{}: {}", settings.folder, failed.message()));
  for (const char* name : {"primary", "replica", "redis"}) fs::remove_all(data(name), failed);
  // Or the words of an earlier server would be told as this one's.
  for (const char* name : {"initdb", "primary", "replica", "redis"}) fs::remove(log(name), failed);
  if (account) {
    OSTLER_CHECK(require_reachable(folder(), *account));
    if (chown(settings.folder.c_str(), account->user, account->group) != 0)
      return trouble(settings.folder + " cannot be given to the account of the servers");
  }
  fs::permissions(folder(), fs::perms::owner_all, failed);
  return require_space(settings.folder, room);
}

Result<ServerProcess> LocalServers::Impl::launch(const char* name,
                                                 std::vector<std::string> arguments,
                                                 int parent_died) const {
  ServerStart start;
  start.arguments = std::move(arguments);
  start.environment = {{"PATH", "/usr/bin:/bin"}, {"LANG", "C.UTF-8"}, {"HOME", settings.folder}};
  start.account = account;
  start.folder = settings.folder;
  start.log = log(name);
  start.parent_died = parent_died;
  return ServerProcess::start(start);
}

Result<void> LocalServers::Impl::await(const char* name, ServerProcess& process,
                                       const std::function<bool()>& ready) const {
  const auto until = std::chrono::steady_clock::now() + come_up;
  for (;;) {
    OSTLER_CHECK(go_on());
    const bool answers = ready();
    // Somebody else may answer at its address.
    if (!process.running())
      return trouble(
          fmt::format("the lab's server '{}' ended at its start: {}", name, last_words(log(name))));
    if (answers) return {};
    if (std::chrono::steady_clock::now() >= until)
      return trouble(fmt::format("the lab's server '{}' does not answer after {} s: {}", name,
                                 come_up.count() / 1000, last_words(log(name))));
    std::this_thread::sleep_for(look_interval);
  }
}

Result<void> LocalServers::Impl::go_on() const {
  if (!settings.stop.requested()) return {};
  return Failure{FailureKind::cancelled, "interrupted while PostgreSQL and Redis were started", "",
                 ""};
}

Result<void> LocalServers::Impl::make_data() const {
  const fs::path password_file = data("password");
  OSTLER_CHECK(write(password_file, std::string(settings.admin_password.reveal()) + "\n"));
  OSTLER_TRY(ServerProcess initdb,
             launch("initdb",
                    {fmt::format("{}/initdb", postgres_programs), "--pgdata", data("primary"),
                     "--no-sync", "--username", "postgres", "--pwfile", password_file, "--auth",
                     "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8"},
                    SIGKILL));
  std::optional<int> exit_code;
  for (auto left = come_up; !exit_code && left.count() > 0 && go_on().ok(); left -= look_interval)
    exit_code = initdb.wait(look_interval);
  std::error_code failed;
  fs::remove(password_file, failed);
  OSTLER_CHECK(go_on());
  if (!exit_code) return trouble(fmt::format("initdb did not end in {} s", come_up.count() / 1000));
  if (*exit_code != 0) return trouble("initdb failed: " + last_words(log("initdb")));
  return write_settings();
}

Result<void> LocalServers::Impl::write_settings() const {
  const auto text = [this](const ListenAt& at) {
    // A kill must leave nothing behind: shared memory is files in the data folder.
    return fmt::format(
        "listen_addresses = '{}'\nport = {}\nunix_socket_directories = ''\nmax_connections = 300\n"
        "shared_buffers = 64MB\ndynamic_shared_memory_type = mmap\nwal_level = replica\n"
        "wal_keep_size = 512MB\nfsync = off\nfull_page_writes = off\n"
        "timezone = 'UTC'\nlog_timezone = 'UTC'\nlog_line_prefix = '%m [%p] %q%u@%d %a '\n",
        at.host, at.port);
  };
  const fs::path primary_data = data("primary"), replica_data = data("replica");
  OSTLER_CHECK(write(primary_data / "pg_hba.conf",
                     "host all         all        127.0.0.0/8 scram-sha-256\n"
                     "host replication replicator 127.0.0.0/8 scram-sha-256\n"));
  // A copy of a server that never ran is a base backup of it.
  std::error_code failed;
  fs::copy(primary_data, replica_data, fs::copy_options::recursive, failed);
  if (failed) return trouble("the replica's data cannot be copied: " + failed.message());
  if (account)
    for (const auto& entry : fs::recursive_directory_iterator(replica_data))
      if (lchown(entry.path().c_str(), account->user, account->group) != 0)
        return trouble("the replica's data cannot be given to its account");
  if (account && chown(replica_data.c_str(), account->user, account->group) != 0)
    return trouble("the replica's data cannot be given to its account");
  OSTLER_CHECK(write(primary_data / "postgresql.auto.conf", text(settings.postgres)));
  OSTLER_CHECK(
      write(replica_data / "postgresql.auto.conf",
            text(settings.replica) +
                fmt::format("primary_conninfo = 'host={} port={} user=replicator password={} "
                            "application_name=replica'\n",
                            settings.postgres.host, settings.postgres.port,
                            settings.replicator_password.reveal())));
  return write(replica_data / "standby.signal", "");
}

bool LocalServers::Impl::answers(const ListenAt& at) const {
  if (!accepts_connections(at)) return false;
  SqlOptions options;
  options.application_name = "lab";
  return connector->connect(dsn(at, "postgres", "postgres"), options).ok();
}

Result<void> LocalServers::Impl::start_postgres() {
  OSTLER_CHECK(make_data());
  const std::string program = fmt::format("{}/postgres", postgres_programs);
  OSTLER_TRY(primary, launch("primary", {program, "-D", data("primary")}, SIGQUIT));
  OSTLER_CHECK(await("primary", *primary, [this] { return answers(settings.postgres); }));
  OSTLER_CHECK(make_roles(*connector, dsn(), settings.ostler_password, settings.odoo_password,
                          settings.replicator_password));
  // It follows while the tenants are made.
  OSTLER_TRY(replica, launch("replica", {program, "-D", data("replica")}, SIGQUIT));
  OSTLER_CHECK(make_template(*connector, dsn()));
  OSTLER_CHECK(await("replica", *replica, [this] { return answers(settings.replica); }));
  return fill_tenants(settings.tenants);
}

Result<void> LocalServers::Impl::fill_tenants(const std::vector<std::string>& tenants) {
  OSTLER_CHECK(make_tenants(*connector, dsn(), tenants, settings.pool, settings.domain));
  return await_replica();
}

/// Waits until it has replayed all that was written until now.
Result<void> LocalServers::Impl::await_replica() {
  SqlOptions options;
  options.application_name = "lab";
  OSTLER_TRY(const auto there,
             connector->connect(dsn(settings.postgres, "postgres", "postgres"), options));
  OSTLER_TRY(const auto here,
             connector->connect(dsn(settings.replica, "postgres", "postgres"), options));
  OSTLER_TRY(const std::string end, ask_text(query_of(*there), "SELECT pg_current_wal_lsn()"));
  return await("replica", *replica, [&] {
    const auto replayed =
        ask_truth(query_of(*here), "SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn", {end});
    return replayed.ok() && *replayed;
  });
}

Result<void> LocalServers::Impl::start_redis() {
  const fs::path config = data("redis.conf");
  OSTLER_CHECK(write(config, fmt::format("bind {}\nport {}\nrequirepass {}\ndir {}\nsave \"\"\n"
                                         "appendonly no\nmaxmemory 128mb\nmaxmemory-policy "
                                         "noeviction\n",
                                         settings.redis.host, settings.redis.port,
                                         settings.redis_password.reveal(), settings.folder)));
  OSTLER_TRY(redis, launch("redis", {redis_program, config}, SIGKILL));
  return await("redis", *redis, [this] { return accepts_connections(settings.redis); });
}

LocalServers::LocalServers(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

LocalServers::~LocalServers() {
  // The replica first, so that it does not ask for a primary that is gone. Fast shutdown.
  if (impl_->replica) impl_->replica->end(SIGINT, 5s);
  if (impl_->primary) impl_->primary->end(SIGINT, 5s);
  if (impl_->redis) impl_->redis->end(SIGTERM, 5s);
}

Result<std::unique_ptr<LocalServers>> LocalServers::start(LocalServersSettings settings) {
  auto impl = std::make_unique<Impl>();
  impl->settings = std::move(settings);
  LocalServersSettings& wanted = impl->settings;
  for (Secret* password : {&wanted.admin_password, &wanted.ostler_password, &wanted.odoo_password,
                           &wanted.replicator_password, &wanted.redis_password})
    *password = password_or_new(std::move(*password));
  std::unique_ptr<LocalServers> servers(new LocalServers(std::move(impl)));
  OSTLER_CHECK(servers->impl_->prepare());
  OSTLER_CHECK(servers->impl_->start_redis());
  OSTLER_CHECK(servers->impl_->start_postgres());
  return servers;
}

Secret LocalServers::primary(const std::string& role, const std::string& database) const {
  return impl_->dsn(impl_->settings.postgres, role, database);
}

Secret LocalServers::replica(const std::string& role, const std::string& database) const {
  return impl_->dsn(impl_->settings.replica, role, database);
}

Secret LocalServers::redis() const {
  return Secret(fmt::format("redis://:{}@{}:{}/0", impl_->settings.redis_password.reveal(),
                            impl_->settings.redis.host, impl_->settings.redis.port));
}

Result<void> LocalServers::reset_tenants(const std::vector<std::string>& only) {
  return impl_->fill_tenants(only.empty() ? impl_->settings.tenants : only);
}

}  // namespace ostler::lab
