// The folders of the runs: names, metadata, what stands in them.
#include "run_store.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/text.hpp"
#include "ostler/config/environment.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace ostler {
namespace {

std::string start_of(long pid) {
  const Result<std::string> stat = read_file(fmt::format("/proc/{}/stat", pid), 1 << 16);
  if (!stat) return {};
  // The program's name may hold spaces and brackets; the fields count from behind its last bracket.
  const std::size_t bracket = stat->rfind(')');
  if (bracket == std::string::npos) return {};
  const std::vector<std::string> fields = split(trim(stat->substr(bracket + 1)), ' ');
  constexpr std::size_t start_field = 19;
  return fields.size() > start_field ? fields[start_field] : std::string();
}

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? std::string(name) : std::string("unknown");
}

Result<void> refuse_unsafe(const std::string& root) {
  struct stat status {};
  if (lstat(root.c_str(), &status) != 0) return {};
  if (status.st_uid != geteuid() || (status.st_mode & 022) != 0)
    return Failure{FailureKind::refused,
                   fmt::format("{}: others may write this folder, which holds the journals", root),
                   fmt::format("Make it yours alone: chmod go-w {}.", shell_quoted(root)),
                   "invalid"};
  return {};
}

Json to_json(const RunMeta& meta) {
  return {
      {"run", meta.run},
      {"environment", meta.environment},
      {"environment_path", meta.environment_path},
      {"cluster_uid", meta.cluster_uid},
      {"release", meta.release},
      {"version_before", meta.version_before},
      {"version_after", meta.version_after},
      {"plan", meta.plan_digest},
      {"command", meta.command},
      {"actor", meta.actor},
      {"reason", meta.reason},
      {"undoes", meta.undoes},
      {"process",
       {{"pid", meta.process.pid}, {"host", meta.process.host}, {"started", meta.process.started}}},
      {"started", meta.started},
      {"ended", meta.ended},
      {"outcome_reason", meta.outcome_reason},
      {"leftovers", meta.leftovers}};
}

RunMeta meta_of(const Json& value) {
  RunMeta meta;
  meta.run = text_at(value, "/run");
  meta.environment = text_at(value, "/environment");
  meta.environment_path = text_at(value, "/environment_path");
  meta.cluster_uid = text_at(value, "/cluster_uid");
  meta.release = text_at(value, "/release");
  meta.version_before = text_at(value, "/version_before");
  meta.version_after = text_at(value, "/version_after");
  meta.plan_digest = text_at(value, "/plan");
  meta.command = text_at(value, "/command");
  meta.actor = text_at(value, "/actor");
  meta.reason = text_at(value, "/reason");
  meta.undoes = text_at(value, "/undoes");
  meta.process = {static_cast<long>(number_at(value, "/process/pid")),
                  text_at(value, "/process/host"), text_at(value, "/process/started")};
  meta.started = text_at(value, "/started");
  meta.ended = text_at(value, "/ended");
  meta.outcome_reason = text_at(value, "/outcome_reason");
  for (const Json& item : value_at(value, "/leftovers"))
    if (item.is_string()) meta.leftovers.push_back(item.get<std::string>());
  return meta;
}

StoredRun read_folder(const RunFolder& folder) {
  StoredRun run;
  run.folder = folder;
  const Result<std::string> text = read_file(folder.meta(), 1 << 20);
  const Result<Json> meta = text ? parse_json(*text, folder.meta()) : Result<Json>(text.failure());
  if (meta) run.meta = meta_of(*meta);
  run.meta.run = folder.run;
  if (run.meta.environment.empty())
    if (const auto name = parse_run_name(folder.run)) run.meta.environment = name->environment;
  const Result<JournalReading> reading = peek_journal(folder.journal(), folder.run);
  if (!reading) {
    run.trouble = reading.failure();
  } else {
    run.trouble = reading->damage;
    run.state = fold(reading->records);
  }
  run.busy = run.meta.ended.empty() && run.meta.process.pid != 0 && is_running(run.meta.process);
  return run;
}

// Holds a file lock until it goes.
class FileLock {
 public:
  explicit FileLock(const std::string& path)
      : descriptor_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    if (descriptor_ >= 0 && flock(descriptor_, LOCK_EX) != 0) {
      close(descriptor_);
      descriptor_ = -1;
    }
  }
  ~FileLock() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  bool held() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

}  // namespace

ProcessMark this_process() {
  return {getpid(), host_name(), start_of(getpid())};
}

bool is_running(const ProcessMark& mark) {
  if (mark.host != host_name()) return true;
  const std::string started = start_of(mark.pid);
  return !started.empty() && started == mark.started;
}

std::optional<RunName> parse_run_name(std::string_view run) {
  const std::size_t dash = run.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  const std::string_view digits = run.substr(dash + 1);
  if (digits.empty() || digits.size() > 9 ||
      digits.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  return RunName{std::string(run.substr(0, dash)), std::stoul(std::string(digits))};
}

Result<RunStore> RunStore::open(const Variables& variables) {
  std::string root = variables("OSTLER_STATE_DIR").value_or("");
  if (root.empty()) {
    const std::string state = variables("XDG_STATE_HOME").value_or("");
    const std::string home = variables("HOME").value_or("");
    if (state.empty() && home.empty())
      return Failure{
          FailureKind::refused,
          "there is no folder for the journals: neither HOME nor OSTLER_STATE_DIR is set",
          "Set OSTLER_STATE_DIR to a folder on a local disk.", "usage"};
    root = (state.empty() ? home + "/.local/state" : state) + "/ostler";
  }
  root = std::filesystem::absolute(root).lexically_normal().string();
  OSTLER_CHECK(refuse_unsafe(root));
  return RunStore(root);
}

RunFolder RunStore::folder(const std::string& run) const {
  return {run, runs_path() + "/" + run};
}

bool RunStore::exists(const std::string& run) const {
  return parse_run_name(run) && run.find('/') == std::string::npos &&
         file_exists(folder(run).journal());
}

Result<RunFolder> RunStore::create(const std::string& environment) const {
  OSTLER_CHECK(make_folders(runs_path()));
  const FileLock counter(runs_path() + "/.counter.lock");
  if (!counter.held())
    return Failure{
        FailureKind::permanent,
        fmt::format("{}: cannot lock the run counter: {}", runs_path(), std::strerror(errno)), "",
        "internal"};
  unsigned long highest = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(runs_path(), error)) {
    const auto name = parse_run_name(entry.path().filename().string());
    if (name && name->environment == environment) highest = std::max(highest, name->number);
  }
  RunFolder created = folder(fmt::format("{}-{}", environment, highest + 1));
  OSTLER_CHECK(make_folders(created.path));
  return created;
}

Result<std::vector<StoredRun>> RunStore::runs(const std::string& environment) const {
  std::vector<std::pair<RunName, std::string>> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(runs_path(), error)) {
    const std::string run = entry.path().filename().string();
    const auto name = parse_run_name(run);
    if (!name || (!environment.empty() && name->environment != environment)) continue;
    if (file_exists(folder(run).journal())) names.emplace_back(*name, run);
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return Failure{FailureKind::permanent,
                   fmt::format("{}: cannot read: {}", runs_path(), error.message()), "",
                   "internal"};
  std::vector<StoredRun> found;
  for (const auto& [name, run] : names) found.push_back(read_folder(folder(run)));
  // Within one environment the number decides, as clocks may have been wrong; between environments
  // only the time can.
  std::stable_sort(found.begin(), found.end(), [](const StoredRun& a, const StoredRun& b) {
    if (a.meta.environment != b.meta.environment) return a.meta.started > b.meta.started;
    return parse_run_name(a.meta.run)->number > parse_run_name(b.meta.run)->number;
  });
  return found;
}

Result<StoredRun> RunStore::read(const std::string& run) const {
  return read_folder(folder(run));
}

Result<std::string> RunStore::environment_name(const std::string& typed) const {
  const bool path =
      typed.find('/') != std::string::npos || typed.ends_with(".yaml") || typed.ends_with(".yml");
  if (!path) return typed;
  Diagnostics diagnostics;
  const std::optional<Environment> environment = read_environment(typed, diagnostics);
  if (environment) return environment->name;
  const std::string first =
      diagnostics.empty() ? "it has no name" : diagnostics.sorted().front().message;
  return Failure{FailureKind::refused,
                 fmt::format("{} cannot be read for its name: {}", sanitize(typed), first),
                 "Type the environment's name, or correct the file.", "invalid"};
}

Result<StoredRun> RunStore::find(const std::string& run_or_environment) const {
  if (exists(run_or_environment)) return read(run_or_environment);
  OSTLER_TRY(const std::string environment, environment_name(run_or_environment));
  OSTLER_TRY(std::vector<StoredRun> of_environment, runs(environment));
  if (!of_environment.empty()) return of_environment.front();
  OSTLER_TRY(const std::vector<StoredRun> all, runs(""));
  std::vector<std::string> known;
  for (const StoredRun& run : all) {
    known.push_back(run.meta.run);
    known.push_back(run.meta.environment);
  }
  const auto near = nearest(run_or_environment, known);
  return Failure{FailureKind::refused,
                 fmt::format("there is no run and no environment '{}' on this machine",
                             sanitize(run_or_environment)),
                 near ? fmt::format("Did you mean '{}'?", *near)
                      : fmt::format("Runs lie in {}; ostler history lists them.", runs_path()),
                 "usage"};
}

Result<Plan> RunStore::plan(const StoredRun& run) const {
  Result<std::string> text = read_file(run.folder.plan());
  if (!text)
    return Failure{FailureKind::permanent, text.failure().message, text.failure().hint, "invalid"};
  Result<Plan> plan = parse_plan(*text);
  if (!plan)
    return Failure{plan.failure().kind,
                   fmt::format("{}: {}", run.folder.plan(), plan.failure().message),
                   plan.failure().hint, "invalid"};
  return plan;
}

Result<void> write_meta(const RunFolder& folder, const RunMeta& meta) {
  return write_file_atomically(folder.meta(), to_json(meta).dump(2) + "\n");
}

}  // namespace ostler
