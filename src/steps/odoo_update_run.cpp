// The Job behind odoo.update: created or adopted, watched with its locks, read at its end.
#include "odoo_update_run.hpp"

#include "ostler/base/text.hpp"

namespace ostler {
namespace {

constexpr Milliseconds look_interval{1000};
constexpr double patience_s = 5;  ///< how long others may wait for a lock of the update
constexpr int most_runs = 3;      ///< the first and two more after a cancel
constexpr std::size_t log_limit = 12u << 20;
constexpr const char* cancelled_annotation = "ostler.dev/cancelled";

}  // namespace

Result<OdooUpdateRun::End> OdooUpdateRun::to_the_end() {
  OSTLER_CHECK(adopt());
  for (int run = 1;; ++run) {
    const std::string name = update_job_name(aim_.update.database, key_, run);
    OSTLER_CHECK(create(name));
    OSTLER_CHECK(watch(name));
    OSTLER_TRY(End end, read_end(name));
    if (end.cancelled == 0 || run == most_runs) return end;
    attempt_.note(
        fmt::format("run {} held others up and was cancelled; the whole list is run again", run),
        {{"log", end.tail}});
  }
}

Result<void> OdooUpdateRun::adopt() {
  OSTLER_TRY(const std::vector<Json> jobs,
             update_jobs(cluster(), aim_.update.name_space, aim_.update.database));
  for (const Json& job : jobs) {
    if (job_ended(job)) continue;
    const std::string key = annotation(job, key_annotation).value_or("");
    if (annotation(job, run_annotation) != guard_.run || key.empty())
      return Failure{FailureKind::refused,
                     fmt::format("Job {} updates database {} already",
                                 text_at(job, "/metadata/name"), aim_.update.database),
                     "Wait for it, or delete it if nobody needs it.", "busy"};
    key_ = key;
  }
  return {};
}

Result<void> OdooUpdateRun::create(const std::string& name) {
  OSTLER_TRY(const auto there, cluster().get(job_ref(aim_.update.name_space, name)));
  if (there) return {};
  OSTLER_TRY(const Json web, get_present(cluster(), deployment_ref(aim_.update.name_space,
                                                                   aim_.update.web_workload)));
  OSTLER_TRY(const Json job, update_job(aim_.update, web, name, key_, guard_.breadcrumb()));
  OSTLER_TRY(const auto guard,
             cluster().get(config_map_ref(aim_.update.name_space, guard_config_map)));
  const Json module = guard_config_map_object(aim_.update.name_space, guard_.breadcrumb());
  if (!guard || value_at(*guard, "/data") != value_at(module, "/data")) {
    OSTLER_TRY(const Json applied, cluster().apply(module));
  }
  const auto created = cluster().create(job);
  if (!created.ok() && created.failure().code != "AlreadyExists") return created.failure();
  return {};
}

Result<void> OdooUpdateRun::watch(const std::string& name) {
  std::string shown = "starting";
  return wait_until(
      systems_.looks(), attempt_, look_interval, "the update of database " + aim_.update.database,
      [&]() -> Result<bool> {
        OSTLER_TRY(const JobLook job, look_at_job(cluster(), aim_.update.name_space, name));
        if (!job.there)
          return Failure{FailureKind::permanent,
                         fmt::format("Job {} is gone, so how the update ended is not known", name),
                         "Compare the module versions with the image before anything else.",
                         "gone"};
        if (job.ended || !job.trouble.empty()) return true;
        OSTLER_CHECK(watch_locks(name));
        if (!job.pod.empty()) shown = last_progress(job.pod, shown);
        attempt_.progress(aim_.update.database + ": " + shown);
        return false;
      });
}

Result<void> OdooUpdateRun::watch_locks(const std::string& name) {
  const Query query = query_of(server(), aim_.update.database);
  OSTLER_TRY(const std::vector<Blocking> blocking,
             blocking_backends(query, update_application_prefix(key_)));
  for (const Blocking& one : blocking) {
    if (one.longest_s <= patience_s) continue;
    // Noted first: a cancelled update may end with exit code 0, and a crash here must not let it
    // pass.
    const auto noted = change_guarded(
        cluster(), job_ref(aim_.update.name_space, name), [&](const Json& job) -> Result<Json> {
          const int count = std::atoi(annotation(job, cancelled_annotation).value_or("0").c_str());
          return Json{
              {"metadata", {{"annotations", {{cancelled_annotation, std::to_string(count + 1)}}}}}};
        });
    if (!noted.ok()) return noted.failure();
    attempt_.note(
        fmt::format("{} others waited up to {:.1f} s for a lock of the update of {}: its backend "
                    "{} is cancelled",
                    one.blocked, one.longest_s, aim_.update.database, one.pid));
    OSTLER_CHECK(cancel_backend(query, one.pid));
  }
  return {};
}

std::string OdooUpdateRun::last_progress(const std::string& pod, const std::string& otherwise) {
  const auto tail = cluster().pod_log(aim_.update.name_space, pod, {"", 50, 256u << 10});
  if (!tail.ok()) return otherwise;
  const UpdateLog log = read_update_log(*tail);
  if (log.loading.empty()) return otherwise;
  const auto& last = log.loading.back();
  return sanitize(
      fmt::format("loading module {} ({} of {})", last.module, last.number, last.count));
}

Result<OdooUpdateRun::End> OdooUpdateRun::read_end(const std::string& name) {
  OSTLER_TRY(const JobLook job, look_at_job(cluster(), aim_.update.name_space, name));
  OSTLER_TRY(const Json object, get_present(cluster(), job_ref(aim_.update.name_space, name)));
  End end;
  end.job = name;
  end.exit_code = job.exit_code;
  end.trouble = job.trouble;
  end.cancelled = std::atoi(annotation(object, cancelled_annotation).value_or("0").c_str());
  if (job.pod.empty()) return end;
  auto log = cluster().pod_log(aim_.update.name_space, job.pod, {"", 0, log_limit});
  if (!log.ok()) {
    if (job.exit_code) return log.failure();
    return end;
  }
  std::string text = *std::move(log);
  if (text.size() >= log_limit) {  // the limit cuts the end off
    OSTLER_TRY(const std::string rest,
               cluster().pod_log(aim_.update.name_space, job.pod, {"", 5000, log_limit}));
    text += "\n" + rest;
  }
  end.log = read_update_log(text);
  end.tail = sanitize(text.substr(text.size() - std::min<std::size_t>(text.size(), 3000)),
                      Lines::keep, 4000);
  return end;
}

std::string migrated_text(const UpdateLog& log) {
  if (log.loading.empty()) return "no module was touched";
  std::vector<std::string> done;
  for (std::size_t i = 0; i + 1 < log.loading.size(); ++i) done.push_back(log.loading[i].module);
  const auto& last = log.loading.back();
  return sanitize(fmt::format("it ended in module {} ({} of {}); migrated before it: {}",
                              last.module, last.number, last.count,
                              done.empty() ? "none" : join(done, ", ")));
}

}  // namespace ostler
