#pragma once

#include "ostler/base/result.hpp"
#include "ostler/engine/run_state.hpp"
#include "ostler/model/plan.hpp"
#include "ostler/view/runs_text.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ostler {

/// A process, recognisable after its number was given to another one.
struct ProcessMark {
  long pid = 0;
  std::string host, started;  ///< `started` as in /proc/PID/stat
};
ProcessMark this_process();
/// On this host: whether that very process still runs. On another host it cannot be told and counts
/// as running.
bool is_running(const ProcessMark& mark);

/// Where the files of one run lie.
struct RunFolder {
  std::string run, path;
  std::string journal() const { return path + "/journal.jsonl"; }
  std::string plan() const { return path + "/plan.ostlerplan"; }
  std::string events() const { return path + "/events.jsonl"; }
  std::string meta() const { return path + "/meta.json"; }
  std::string control() const { return path + "/control"; }
};

/// What is known of a run besides its journal and plan.
struct RunMeta {
  std::string run, environment, environment_path, cluster_uid;
  std::string release, version_before, version_after, plan_digest;
  std::string command, actor, reason, undoes;
  ProcessMark process;         ///< that drives it, or did so last
  std::string started, ended;  ///< RFC 3339; `ended` empty while it is driven
  std::string outcome_reason;
  std::vector<std::string> leftovers;
};

/// A run as its folder tells it.
struct StoredRun {
  RunFolder folder;
  RunMeta meta;
  RunState state;
  std::optional<Failure> trouble;  ///< why the journal cannot be trusted
  bool busy = false;               ///< a process drives it now
  bool unfinished() const { return !trouble && state.open(); }
};

/// All runs of this machine's user: $OSTLER_STATE_DIR, or $XDG_STATE_HOME/ostler, or
/// ~/.local/state/ostler.
class RunStore {
 public:
  /// Refuses a folder that others may write or that belongs to someone else.
  static Result<RunStore> open(const Variables& variables);

  const std::string& root() const { return root_; }
  /// A new folder ENV-N with the next number, mode 0700.
  Result<RunFolder> create(const std::string& environment) const;
  RunFolder folder(const std::string& run) const;
  bool exists(const std::string& run) const;

  /// Runs of one environment (empty: all), newest first.
  Result<std::vector<StoredRun>> runs(const std::string& environment) const;
  Result<StoredRun> read(const std::string& run) const;
  /// The environment that was typed: a name, or the path of an environment file, which is read for
  /// its name.
  Result<std::string> environment_name(const std::string& typed) const;
  /// The run of that name, or the newest run of the environment (name or path) that was typed.
  /// Fails as "usage" when there is neither.
  Result<StoredRun> find(const std::string& run_or_environment) const;
  Result<Plan> plan(const StoredRun& run) const;

 private:
  explicit RunStore(std::string root) : root_(std::move(root)) {}
  std::string runs_path() const { return root_ + "/runs"; }
  std::string root_;
};

Result<void> write_meta(const RunFolder& folder, const RunMeta& meta);

/// The name of an environment's run: "prod" and 218 of "prod-218".
struct RunName {
  std::string environment;
  unsigned long number = 0;
};
std::optional<RunName> parse_run_name(std::string_view run);

/// What the views show of a run.
RunSummary summarise(const StoredRun& run, const Plan* plan);

}  // namespace ostler
