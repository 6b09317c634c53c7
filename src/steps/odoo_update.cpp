// odoo.update: updates the modules of one tenant with the new image in a Job, under a lock and a
// lock watcher, and believes it only when every proof holds.
#include "odoo_update_run.hpp"

#include "ostler/base/text.hpp"

namespace ostler {
namespace {

constexpr Milliseconds look_interval{1000};

Result<std::unique_ptr<SqlSession>> open_locked(Systems& systems, const OdooUpdateAim& aim,
                                                const Guard& guard, Attempt& attempt) {
  const std::string& database = aim.update.database;
  OSTLER_TRY(auto session,
             systems.postgres(aim.server)
                 .session(database, fmt::format("ostler-{}-{}", guard.run, guard.step)));
  const auto locked =
      wait_until(systems.looks(), attempt, Milliseconds{500},
                 "the migration lock of database " + database, [&]() -> Result<bool> {
                   OSTLER_TRY(const std::string who, try_lock_tenant(*session, database));
                   if (!who.empty())
                     attempt.progress(fmt::format("database {} is locked by {}", database, who));
                   return who.empty();
                 });
  if (!locked.ok()) return locked.failure();
  return session;
}

/// Runs statements in one transaction as the database's owner.
Result<void> as_owner(SqlSession& session, const std::function<Result<void>()>& body) {
  OSTLER_TRY(const std::string owner, become_owner(query_of(session)));
  return in_transaction(session, [&]() -> Result<void> {
    if (!owner.empty()) {
      OSTLER_TRY(const SqlRows became, session.run(owner));
    }
    OSTLER_TRY(const SqlRows limited, session.run("SET LOCAL lock_timeout = '2s'"));
    return body();
  });
}

/// The same again a few times while somebody holds a lock.
Result<void> patiently(Systems& systems, Attempt& attempt,
                       const std::function<Result<void>()>& body) {
  Milliseconds pause{500};
  for (int tries = 0;; ++tries) {
    auto done = body();
    if (done.ok() || tries == 6 ||
        (done.failure().code != "55P03" && done.failure().code != "40P01"))
      return done;
    systems.looks().clock().sleep_for(pause, attempt.cancellation());
    pause *= 2;
  }
}

class OdooUpdate final : public Step {
 public:
  explicit OdooUpdate(OdooUpdateAim aim) : aim_(std::move(aim)) {}

  Result<Observation> observe(const Looks& looks, const Json* before) const override {
    const Query query = query_of(looks.postgres(aim_.server), database());
    Observation seen;
    OSTLER_TRY(seen.snapshot, tenant_facts(query));
    OSTLER_TRY(const std::vector<Json> jobs,
               update_jobs(looks.kubernetes(), aim_.update.name_space, database()));
    seen.snapshot["jobs"] = Json::array();
    for (const Json& job : jobs) seen.snapshot["jobs"].push_back(text_at(job, "/metadata/name"));
    OSTLER_TRY(const auto guard,
               looks.kubernetes().get(config_map_ref(aim_.update.name_space, guard_config_map)));
    seen.snapshot["guard"] = guard.has_value();
    OSTLER_TRY(const bool marked, is_marked(query, seen.snapshot));
    const bool complete = marked && has_expected_versions(seen.snapshot);
    const auto working =
        std::count_if(jobs.begin(), jobs.end(), [](const Json& job) { return !job_ended(job); });
    seen.found = fmt::format("{} of {} modules at the expected version{}{}",
                             expected_modules(seen.snapshot), aim_.expected.size(),
                             working > 0 ? ", an update runs" : "", marked ? ", proved" : "");
    if (complete)
      seen.state = TargetState::applied;
    else if (before != nullptr)
      seen.state = compared(seen.snapshot, *before);
    return seen;
  }

  Result<void> apply(Systems& systems, const Json& before, const Guard& guard,
                     Attempt& attempt) const override {
    const Query look = query_of(systems.looks().postgres(aim_.server), database());
    if (!flag_at(before, "/odoo"))
      return Failure{FailureKind::refused,
                     fmt::format("database {} is not an Odoo database", database()),
                     "Check the tenants of the cell; `odoo -d` would create or fill it.", ""};
    OSTLER_CHECK(require_installed(before));
    OSTLER_TRY(auto session, open_locked(systems, aim_, guard, attempt));
    auto done = update(systems, *session, before, guard, attempt);
    const auto unlocked = unlock_tenant(*session, database());
    return done.ok() ? unlocked : done;
  }

  Result<void> revert(Systems& systems, const Json& before, const Guard& guard,
                      Attempt& attempt) const override {
    if (!flag_at(before, "/odoo")) return {};
    OSTLER_TRY(const Observation now, observe(systems.looks(), &before));
    const bool untouched = compared(now.snapshot, before) == TargetState::before &&
                           now.state == TargetState::before &&
                           value_at(now.snapshot, "/jobs") == value_at(before, "/jobs") &&
                           value_at(now.snapshot, "/ledger") == value_at(before, "/ledger") &&
                           value_at(now.snapshot, "/guard") == value_at(before, "/guard");
    if (untouched) return {};
    OSTLER_CHECK(end_jobs(systems, before, attempt));
    OSTLER_TRY(auto session, open_locked(systems, aim_, guard, attempt));
    auto done = withdraw(systems, *session, before, attempt);
    const auto unlocked = unlock_tenant(*session, database());
    if (!done.ok()) return done;
    OSTLER_CHECK(unlocked);
    return remove_jobs(systems, before, attempt);
  }

 private:
  const std::string& database() const { return aim_.update.database; }

  std::size_t expected_modules(const Json& facts) const {
    std::size_t count = 0;
    const Json& versions = value_at(facts, "/versions");
    for (const auto& [module, version] : aim_.expected)
      if (versions.is_object() && versions.contains(module) && versions.at(module) == version)
        ++count;
    return count;
  }

  bool has_expected_versions(const Json& facts) const {
    return expected_modules(facts) == aim_.expected.size() &&
           value_at(facts, "/transitional").empty();
  }

  Result<bool> is_marked(const Query& query, const Json& facts) const {
    if (!flag_at(facts, "/ledger")) return false;
    return ask_truth(query, "SELECT count(*) > 0 FROM ostler_update WHERE digest = $1",
                     {aim_.digest()});
  }

  /// An old version does not say "not migrated": after a failed update the last migrated module
  /// still has it. So only an unchanged schema and no trace of a Job count as `before`.
  TargetState compared(const Json& now, const Json& before) const {
    const Json& versions = value_at(now, "/versions");
    const Json& stood = value_at(before, "/versions");
    for (const auto& [module, version] : aim_.expected) {
      const Json found =
          versions.is_object() && versions.contains(module) ? versions.at(module) : Json();
      const Json was = stood.is_object() && stood.contains(module) ? stood.at(module) : Json();
      if (found != was && found != Json(version) && value_at(now, "/transitional").empty())
        return TargetState::diverged;
    }
    const bool same = versions == stood &&
                      value_at(now, "/transitional") == value_at(before, "/transitional") &&
                      same_schema(value_at(now, "/schema"), value_at(before, "/schema")) &&
                      beyond(value_at(now, "/jobs"), value_at(before, "/jobs")).empty();
    return same ? TargetState::before : TargetState::partial;
  }

  Result<void> require_installed(const Json& before) const {
    const Json& versions = value_at(before, "/versions");
    std::vector<std::string> missing;
    for (const std::string& module : aim_.update.modules)
      if (!versions.is_object() || !versions.contains(module)) missing.push_back(module);
    if (!value_at(before, "/transitional").empty())
      return Failure{FailureKind::refused,
                     fmt::format("database {} has modules in transit: {}", database(),
                                 value_at(before, "/transitional").dump()),
                     "An earlier update was killed: run it again as a whole, or restore.", ""};
    if (missing.empty()) return {};
    return Failure{
        FailureKind::refused,
        fmt::format("modules not installed in database {}: {}", database(), join(missing, ", ")),
        "Odoo would skip them without a word; take them off the list or install them first.", ""};
  }

  Result<void> update(Systems& systems, SqlSession& session, const Json& before, const Guard& guard,
                      Attempt& attempt) const {
    const Query query = query_of(session);
    OSTLER_TRY(const Json now, tenant_facts(query));
    OSTLER_TRY(const bool marked, is_marked(query, now));
    if (marked && has_expected_versions(now)) return {};
    OdooUpdateRun run(systems, aim_, guard, attempt);
    OSTLER_TRY(const OdooUpdateRun::End end, run.to_the_end());
    OSTLER_CHECK(forget_guard_module(session));
    if (end.exit_code != 0 || !end.trouble.empty()) {
      const std::string why = !end.trouble.empty()          ? end.trouble
                              : !end.log.last_error.empty() ? end.log.last_error
                                                            : "no word in its log";
      attempt.note(fmt::format("log of the update of {}", database()),
                   {{"log", end.tail}, {"job", end.job}});
      return Failure{
          FailureKind::permanent,
          fmt::format("the update of database {} failed{}: {}; {}", database(),
                      end.exit_code ? fmt::format(" with exit code {}", *end.exit_code) : "", why,
                      migrated_text(end.log)),
          "The last module before the failing one is migrated although its version says otherwise: "
          "run the whole "
          "list again, never a part of it.",
          "update"};
    }
    OSTLER_CHECK(prove(query, before, end, attempt));
    OSTLER_CHECK(await_replicas(systems, attempt));
    OSTLER_TRY(const std::vector<std::string> relaxed, relax(systems, session, before, attempt));
    note_leftovers(end, relaxed, attempt);
    return patiently(systems, attempt, [&] { return mark(session, end, guard); });
  }

  Result<void> prove(const Query& query, const Json& before, const OdooUpdateRun::End& end,
                     Attempt& attempt) const {
    UpdateProof proof;
    proof.before = before;
    OSTLER_TRY(proof.after, tenant_facts(query));
    proof.expected = aim_.expected;
    proof.modules = aim_.update.modules;
    proof.log = end.log;
    proof.exit_code = end.exit_code;
    proof.cancelled = end.cancelled;
    OSTLER_TRY(proof.queue_triggers, queue_triggers(query));
    const std::vector<std::string> failed = failed_proofs(proof);
    if (failed.empty()) return {};
    attempt.note(fmt::format("log of the update of {}", database()),
                 {{"log", end.tail}, {"job", end.job}});
    return Failure{FailureKind::permanent,
                   fmt::format("the update of database {} ended and is not proved: {}", database(),
                               join(failed, "; ")),
                   "Read the log of Job " + end.job + "; an exit code of 0 proves nothing.",
                   "proof"};
  }

  /// Workers may read registry and rows from a replica, so it has to be where the update ended.
  Result<void> await_replicas(Systems& systems, Attempt& attempt) const {
    const PostgresLook& server = systems.looks().postgres(aim_.server);
    if (server.replicas() == 0) return {};
    OSTLER_TRY(const std::string end,
               ask_text(query_of(server, database()), "SELECT pg_current_wal_lsn()"));
    return wait_until(
        systems.looks(), attempt, look_interval, "the replicas to replay the update",
        [&]() -> Result<bool> {
          for (std::size_t i = 0; i < server.replicas(); ++i) {
            const auto rows = server.query_replica(
                i, database(),
                "SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn, pg_last_wal_replay_lsn()", {end});
            if (!rows.ok()) return rows.failure();
            if (!rows->rows.empty() && rows->rows[0][0] == "t") continue;
            attempt.progress(fmt::format("replica {} has not replayed up to {}", i + 1, end));
            return false;
          }
          return true;
        });
  }

  /// Code of the old version gives no value for columns that it does not know: they must not demand
  /// one while it serves.
  Result<std::vector<std::string>> relax(Systems& systems, SqlSession& session, const Json& before,
                                         Attempt& attempt) const {
    OSTLER_TRY(const Json schema, schema_facts(query_of(session)));
    const std::vector<std::string> columns = new_not_nulls(value_at(before, "/schema"), schema);
    for (const std::string& column : columns) {
      const auto relaxed =
          patiently(systems, attempt, [&] { return relax_not_null(session, column); });
      if (!relaxed.ok()) return with_context(relaxed.failure(), "making " + column + " nullable");
    }
    return columns;
  }

  void note_leftovers(const OdooUpdateRun::End& end, const std::vector<std::string>& relaxed,
                      Attempt& attempt) const {
    if (!end.log.kept.empty())
      attempt.note(fmt::format("{}: kept for the old version, to be dropped by a later release: {}",
                               database(), sanitize(join(end.log.kept, ", "))),
                   {{"kept", end.log.kept}});
    if (!relaxed.empty())
      attempt.note(
          fmt::format(
              "{}: made nullable for the old version, to be tightened by a later release: {}",
              database(), sanitize(join(relaxed, ", "))),
          {{"relaxed", relaxed}});
  }

  Result<void> mark(SqlSession& session, const OdooUpdateRun::End& end, const Guard& guard) const {
    return as_owner(session, [&]() -> Result<void> {
      OSTLER_TRY(const SqlRows made,
                 session.run("CREATE TABLE IF NOT EXISTS ostler_update (digest text PRIMARY KEY, "
                             "image text NOT NULL, modules "
                             "text NOT NULL, job text NOT NULL, run text NOT NULL, epoch bigint "
                             "NOT NULL, opno bigint NOT "
                             "NULL, finished_at timestamptz NOT NULL DEFAULT now())"));
      OSTLER_TRY(
          const SqlRows entered,
          session.run("INSERT INTO ostler_update (digest, image, modules, job, run, epoch, opno) "
                      "VALUES ($1, $2, $3, "
                      "$4, $5, $6, $7) ON CONFLICT (digest) DO NOTHING",
                      {aim_.digest(), aim_.update.image, join(aim_.update.modules, ","), end.job,
                       guard.run, std::to_string(guard.epoch), std::to_string(guard.opno)}));
      return {};
    });
  }

  Result<std::vector<Json>> jobs_since(const Looks& looks, const Json& before) const {
    OSTLER_TRY(std::vector<Json> jobs,
               update_jobs(looks.kubernetes(), aim_.update.name_space, database()));
    const Json& known = value_at(before, "/jobs");
    jobs.erase(std::remove_if(jobs.begin(), jobs.end(),
                              [&](const Json& job) {
                                const Json name = text_at(job, "/metadata/name");
                                return std::find(known.begin(), known.end(), name) != known.end();
                              }),
               jobs.end());
    return jobs;
  }

  /// Ends running updates: its backends first and then some time for the process, since Odoo then
  /// resets its states itself.
  Result<void> end_jobs(Systems& systems, const Json& before, Attempt& attempt) const {
    const Looks& looks = systems.looks();
    OSTLER_TRY(const std::vector<Json> jobs, jobs_since(looks, before));
    const Query query = query_of(looks.postgres(aim_.server), database());
    for (const Json& job : jobs) {
      if (job_ended(job)) continue;
      const std::string name = text_at(job, "/metadata/name");
      const std::string prefix =
          update_application_prefix(annotation(job, key_annotation).value_or(""));
      OSTLER_TRY(const int ended, terminate_backends(query, prefix));
      attempt.progress(fmt::format("ended {} backends of Job {}", ended, name));
      const BootTime grace = looks.clock().boot() + BootTime(Milliseconds{10000});
      OSTLER_CHECK(wait_until(
          looks, attempt, look_interval, "Job " + name + " to end", [&]() -> Result<bool> {
            OSTLER_TRY(const JobLook seen,
                       look_at_job(looks.kubernetes(), aim_.update.name_space, name));
            return !seen.there || seen.ended || looks.clock().boot() >= grace;
          }));
      OSTLER_CHECK(systems.kubernetes().remove(job_ref(aim_.update.name_space, name),
                                               text_at(job, "/metadata/uid")));
      OSTLER_CHECK(await_pods_gone(looks, name, attempt));
      OSTLER_TRY(const int late, terminate_backends(query, prefix));
      if (late > 0) attempt.progress(fmt::format("ended {} more backends", late));
    }
    return {};
  }

  Result<void> await_pods_gone(const Looks& looks, const std::string& job, Attempt& attempt) const {
    return wait_until(
        looks, attempt, look_interval, "the Pod of Job " + job + " to end", [&]() -> Result<bool> {
          OSTLER_TRY(const std::vector<Json> pods,
                     looks.kubernetes().list({"v1", "Pod", aim_.update.name_space, ""},
                                             {"job-name=" + job, ""}));
          attempt.progress(fmt::format("{} Pods of Job {} still there", pods.size(), job));
          return pods.empty();
        });
  }

  Result<void> withdraw(Systems& systems, SqlSession& session, const Json& before,
                        Attempt& attempt) const {
    const Query query = query_of(session);
    OSTLER_CHECK(forget_guard_module(session));
    OSTLER_TRY(const Json now, tenant_facts(query));
    const bool same = same_schema(value_at(now, "/schema"), value_at(before, "/schema"));
    if (const auto stuck =
            beyond(value_at(now, "/transitional"), value_at(before, "/transitional"));
        !stuck.empty()) {
      if (same) {
        OSTLER_CHECK(reset_transitional(session));
      } else {
        attempt.note(fmt::format("{}: left in transit, since they may be migrated: {}; crons skip "
                                 "the database until an "
                                 "update of the whole list has ended",
                                 database(), sanitize(join(stuck, ", "))),
                     {{"transitional", stuck}});
      }
    }
    OSTLER_TRY(const std::vector<std::string> relaxed, relax(systems, session, before, attempt));
    // A failed update never tells the workers, and a good one told them to load what is now to be
    // forgotten.
    if (!same || value_at(now, "/versions") != value_at(before, "/versions") ||
        number_at(now, "/counter") != number_at(before, "/counter"))
      OSTLER_CHECK(raise_registry_counter(session));
    note_remains(now, before, relaxed, attempt);
    return patiently(systems, attempt, [&] { return unmark(session, now, before); });
  }

  void note_remains(const Json& now, const Json& before, const std::vector<std::string>& relaxed,
                    Attempt& attempt) const {
    std::vector<std::string> modules;
    const Json& stood = value_at(before, "/versions");
    for (const auto& [module, version] : value_at(now, "/versions").items())
      if (!stood.contains(module) || stood.at(module) != version)
        modules.push_back(module + " " + version.get<std::string>());
    const std::vector<std::string> tables =
        beyond(value_at(now, "/schema/tables"), value_at(before, "/schema/tables"));
    const bool columns = value_at(now, "/schema/columns") != value_at(before, "/schema/columns");
    if (!modules.empty())
      attempt.note(fmt::format("{}: modules stay at their new version: {}", database(),
                               sanitize(join(modules, ", "))),
                   {{"modules", modules}});
    if (!tables.empty())
      attempt.note(fmt::format("{}: new tables stay: {}", database(), sanitize(join(tables, ", "))),
                   {{"tables", tables}});
    if (columns)
      attempt.note(
          fmt::format("{}: new columns stay; the old version does not look at them", database()));
    if (!relaxed.empty())
      attempt.note(fmt::format("{}: made nullable for the old version: {}", database(),
                               sanitize(join(relaxed, ", "))),
                   {{"relaxed", relaxed}});
  }

  Result<void> unmark(SqlSession& session, const Json& now, const Json& before) const {
    if (!flag_at(now, "/ledger")) return {};
    return as_owner(session, [&]() -> Result<void> {
      OSTLER_TRY(const SqlRows forgotten,
                 session.run("DELETE FROM ostler_update WHERE digest = $1", {aim_.digest()}));
      if (flag_at(before, "/ledger")) return {};
      OSTLER_TRY(const bool empty,
                 ask_truth(query_of(session), "SELECT count(*) = 0 FROM ostler_update"));
      if (!empty) return {};
      OSTLER_TRY(const SqlRows dropped, session.run("DROP TABLE ostler_update"));
      return {};
    });
  }

  Result<void> remove_jobs(Systems& systems, const Json& before, Attempt& attempt) const {
    const Looks& looks = systems.looks();
    OSTLER_TRY(const std::vector<Json> jobs, jobs_since(looks, before));
    for (const Json& job : jobs) {
      const std::string name = text_at(job, "/metadata/name");
      OSTLER_CHECK(systems.kubernetes().remove(job_ref(aim_.update.name_space, name),
                                               text_at(job, "/metadata/uid")));
      OSTLER_CHECK(await_pods_gone(looks, name, attempt));
    }
    if (flag_at(before, "/guard")) return {};
    // Other tenants of the cell may still use the guard module.
    OSTLER_TRY(const std::vector<Json> others,
               looks.kubernetes().list(job_ref(aim_.update.name_space, ""), {update_label, ""}));
    if (!others.empty()) return {};
    return systems.kubernetes().remove(config_map_ref(aim_.update.name_space, guard_config_map));
  }

  OdooUpdateAim aim_;
};

Result<std::unique_ptr<Step>> make(const Json& parameters) {
  Parameters read(parameters);
  OdooUpdateAim aim;
  aim.update.name_space = read.text("namespace");
  aim.update.web_workload = read.text("web_workload");
  aim.update.image = read.text("image");
  aim.server = read.text("server");
  aim.update.database = read.text("database");
  aim.update.modules = read.texts("modules");
  const Json expected = read.json("expected");
  aim.update.deadline_s = read.number("deadline_s");
  aim.update.addons_path = read.text("addons_path", "/mnt/extra-addons");
  OSTLER_CHECK(read.finish());
  const auto wrong = [](const std::string& trouble) {
    return Failure{FailureKind::permanent, trouble, "", ""};
  };
  if (aim.update.modules.empty()) return wrong("parameter 'modules': expected at least one module");
  for (const std::string& module : aim.update.modules)
    if (module.empty() ||
        module.find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != std::string::npos)
      return wrong("parameter 'modules': '" + sanitize(module) + "' is no module name");
  if (!expected.is_object())
    return wrong("parameter 'expected': expected an object of module and version");
  for (const auto& [module, version] : expected.items()) {
    if (!version.is_string())
      return wrong("parameter 'expected': the version of '" + sanitize(module) + "' is no text");
    aim.expected[module] = version.get<std::string>();
  }
  for (const std::string& module : aim.update.modules)
    if (!aim.expected.contains(module))
      return wrong("parameter 'expected' lacks module '" + module + "'");
  if (aim.update.deadline_s < 1) return wrong("parameter 'deadline_s': expected at least 1");
  return std::unique_ptr<Step>(std::make_unique<OdooUpdate>(std::move(aim)));
}

}  // namespace

extern const StepKind odoo_update_step{
    "odoo.update",
    "migrate",
    "updates modules of a tenant with the new image in a Job, and proves the result",
    "ends the Job, leaves the data, lets old code write and reload, and names what stays",
    RecoveryClass::observe_only,
    false,
    Milliseconds{7200000},
    R"({"namespace": "odoo-pool-a", "web_workload": "odoo-web", "image":
        "registry.prod.example/retail/odoo@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        "server": "main", "database": "shop_a", "modules": ["sale_omni", "pos_retail"],
        "expected": {"sale_omni": "18.0.2.0", "pos_retail": "18.0.2.0"}, "deadline_s": 1800})",
    make,
    true};

}  // namespace ostler
