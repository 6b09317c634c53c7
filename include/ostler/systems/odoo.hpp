#pragma once

#include "ostler/base/json.hpp"
#include "ostler/base/result.hpp"
#include "ostler/systems/kubernetes.hpp"
#include "ostler/systems/postgres.hpp"
#include "ostler/systems/tenant.hpp"

#include <map>
#include <string>
#include <vector>

namespace ostler {

// Workers in flight. Each gives an empty text when there is nothing, otherwise one line naming it.

/// Crons that run now: rows of ir_cron that somebody has locked. Needs a session that may write,
/// since it locks the free rows for a moment.
Result<std::string> locked_crons(SqlSession& session);
/// The same as far as a read-only session can tell: who holds a row share lock on ir_cron.
Result<std::string> cron_lock_holders(const PostgresLook& server, const std::string& database);
/// Jobs of OCA's queue_job in state `started`.
Result<std::string> started_jobs(const PostgresLook& server, const std::string& database);

// The state of a tenant.

/// {"odoo": bool, "versions": {installed module: latest_version}, "transitional": ["module state",
/// ...],
///  "counter": number, "required_nullable": ["table.column", ...], "schema": schema_facts(),
///  "ledger": bool}
Result<Json> tenant_facts(const Query& query);
/// The counter that tells workers to load the registry anew: a sequence up to Odoo 18, a table from
/// 19 on.
Result<std::int64_t> registry_counter(const Query& query);
/// Raises it, so that every worker loads the registry anew at its next request.
Result<void> raise_registry_counter(SqlSession& session);
/// Puts modules out of a `to ...` state as Odoo's own reset does. Only after proof that none of
/// them was migrated.
Result<void> reset_transitional(SqlSession& session);

// The update.

/// One `odoo -u` of one tenant.
struct UpdateAim {
  std::string name_space;
  std::string web_workload;  ///< whose Pods' environment the update's Pod is given
  std::string image;
  std::string database;
  std::vector<std::string> modules;
  std::string addons_path;  ///< of the image beside its core addons
  std::int64_t deadline_s = 0;
};

/// Server-wide module for the update's process only: columns, tables and relations that the new
/// code no longer declares are kept, so that the old image can still run on the database.
inline constexpr const char* guard_module = "ostler_guard";
inline constexpr const char* guard_config_map = "ostler-guard";
Json guard_config_map_object(const std::string& name_space, const Breadcrumb& breadcrumb);
/// Removes the row that Odoo makes for every module that it sees, so that the guard leaves no trace
/// in the tenant.
Result<void> forget_guard_module(SqlSession& session);

/// Label on update Jobs: the database's name made fit for a label.
inline constexpr const char* update_label = "ostler.dev/update";
std::string update_label_value(const std::string& database);
/// "ostler-update-<database>-<first 8 of key>", with "-2", "-3" for reruns; at most 63 characters.
std::string update_job_name(const std::string& database, const std::string& key, int run);
/// How the update's connections call themselves in PostgreSQL: "odoo-mig-<first 8 of key>-"
std::string update_application_prefix(const std::string& key);
/// The Job's object: one Pod with the web workload's environment, volumes and rights, the new
/// image, the guard module, and `odoo -u`. Pure.
Result<Json> update_job(const UpdateAim& aim, const Json& web, const std::string& name,
                        const std::string& key, const Breadcrumb& breadcrumb);

/// How a Job stands.
struct JobLook {
  bool there = false, ended = false, succeeded = false;
  std::string pod;      ///< its newest Pod, or empty
  std::string trouble;  ///< why the Pod cannot start, or empty
  std::optional<int> exit_code;
};
Result<JobLook> look_at_job(const KubernetesLook& kubernetes, const std::string& name_space,
                            const std::string& name);
/// Update Jobs of the database, newest last.
Result<std::vector<Json>> update_jobs(const KubernetesLook& kubernetes,
                                      const std::string& name_space, const std::string& database);
bool job_ended(const Json& job);

/// A backend of the update that others wait for, and how long the one that waits longest has
/// waited.
struct Blocking {
  std::string pid;
  double longest_s = 0;
  int blocked = 0;
};
Result<std::vector<Blocking>> blocking_backends(const Query& query,
                                                const std::string& application_prefix);
Result<void> cancel_backend(const Query& query, const std::string& pid);
/// Ends all backends of the update; gives how many there were.
Result<int> terminate_backends(const Query& query, const std::string& application_prefix);

// The log and the proofs.

/// What an update's log says.
struct UpdateLog {
  struct Loading {
    std::string module;
    int number = 0, count = 0;
  };
  std::vector<Loading> loading;  ///< "Loading module X (k/n)", in order
  bool modules_loaded = false, registry_loaded = false;
  std::vector<std::string> troubles;         ///< lines that must not be there
  std::vector<std::string> not_null_failed;  ///< "table.column" whose SET NOT NULL failed
  std::vector<std::string> kept;             ///< "table.column" that the guard kept
  std::string last_error;                    ///< last line of a traceback, or the last error
};
/// Pure.
UpdateLog read_update_log(std::string_view log);

/// What must hold for an update to count as done; one line per proof that does not. Pure, from what
/// was seen before and after.
struct UpdateProof {
  Json before, after;                           ///< tenant_facts()
  std::map<std::string, std::string> expected;  ///< module -> version
  std::vector<std::string> modules;             ///< named in -u
  UpdateLog log;
  std::optional<int> exit_code;
  std::int64_t queue_triggers = 3;  ///< 3 when queue_job is installed or absent altogether
  int cancelled = 0;                ///< backends that the lock watcher cancelled
};
std::vector<std::string> failed_proofs(const UpdateProof& proof);

/// 3 when queue_job is not installed; otherwise the number of its triggers.
Result<std::int64_t> queue_triggers(const Query& query);

}  // namespace ostler
