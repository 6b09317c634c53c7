// The plan of all seeds, and what the platform looks like before and after it.
#include "cli/kind_table.hpp"
#include "sim/disk.hpp"
#include "sim/platform/ground.hpp"
#include "sim/sql.hpp"

#include "ostler/engine/journal.hpp"
#include "ostler/lab/platform.hpp"
#include "ostler/model/survey.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace ostler::sim {
namespace {

constexpr const char* environment_file = OSTLER_SOURCE_DIR "/tests/sim/platform/environment.yaml";
constexpr const char* release_file = OSTLER_SOURCE_DIR "/tests/sim/platform/release.yaml";
constexpr std::int64_t requests_for_share = 6;
constexpr int shoppers_a_second = 3;
constexpr lab::Instant all_settled{60'000'000};

template <typename Value>
Value must_read(std::optional<Value> read, Diagnostics& diagnostics) {
  if (!read) throw std::runtime_error(render(diagnostics.sorted().front()));
  return *std::move(read);
}

/// The path of a file that is nowhere on a disk, and gone with the last of these processes.
std::string in_memory(const char* name, const std::string& text) {
  const int file = memfd_create(name, 0);
  if (file < 0 || write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("no memory for a file");
  return fmt::format("/proc/self/fd/{}", file);
}

/// Where the clients find what they need: variables, and a file.
void lay_out_secrets(Environment& environment) {
  const auto server = model_rehearsal_server({});
  setenv("OSTLER_SIM_PRIMARY", std::string(server->primary().reveal()).c_str(), 1);
  setenv("OSTLER_SIM_REPLICA", std::string(server->replica().reveal()).c_str(), 1);
  setenv("OSTLER_SIM_S3_KEY", lab::StandIn::s3_key().c_str(), 1);
  setenv("OSTLER_SIM_S3_SECRET", lab::StandIn::s3_secret().c_str(), 1);
  environment.kubernetes.kubeconfig =
      in_memory("kubeconfig", lab::lab_kubeconfig(lab::StandIn::kubernetes_address(), ""));
}

/// A world where nothing goes wrong, with one process in it.
class Undisturbed {
 public:
  explicit Undisturbed(const RehearsalSetting& setting)
      : faults_(1, Swarm{}, trace_, world_), ground_(world_, setting) {
    disk_.on_durable = [](std::string_view) {};
  }

  Plan plan(const RehearsalSetting& setting) {
    const auto systems = connect(setting);
    const Survey seen = must(survey(setting.environment, setting.release, systems->looks()));
    constexpr Milliseconds a_day{86'400'000};
    Plan made = must(make_plan(setting.environment, setting.release, seen, world_.wall(), a_day));
    for (Node& node : made.nodes)
      if (node.parameters.contains("min_share_requests"))
        node.parameters["min_share_requests"] = requests_for_share;
    return made;
  }

  void release(const PlatformRelease& release) {
    const auto systems = connect(release.setting);
    const auto kinds = make_kind_table();
    const auto journal = must(open_journal(must(disk_.open(process_)), "sim-1", "sim", clock_));
    if (!journal->append({run_open(release.plan, "", "")}))
      throw std::runtime_error("the journal of an undisturbed release cannot be written");
    EventStream events(clock_);
    RunOptions options;
    options.sampling = RunOptions::Sampling::in_turn;
    Executor executor(release.plan, *kinds, *systems, *journal, events, clock_, process_.stop(),
                      options);
    const RunEnd end = executor.run();
    if (end.ending != Ending::done)
      throw std::runtime_error("an undisturbed release is not finished: " + end.reason);
  }

  lab::Picture picture() {
    world_.advance_to(world_.now() + all_settled);
    return ground_.picture();
  }

 private:
  std::unique_ptr<Systems> connect(const RehearsalSetting& setting) {
    return std::make_unique<PlatformSystems>(setting.environment, clock_, http_, sql_);
  }

  lab::World world_{1};
  Trace trace_{world_};
  Faults faults_;
  PlatformGround ground_;
  Incidents nothing_{faults_};
  Network network_;
  Process process_{world_, nothing_, trace_};
  SimClock clock_{process_, 1};
  SimDisk disk_{faults_, trace_, 1};
  SimHttp http_{process_, faults_, trace_, ground_.platform().doors(), network_};
  SimSql sql_{process_, faults_, trace_, ground_.databases()};
};

PlatformRelease worked_out() {
  Diagnostics diagnostics;
  Environment environment = must_read(read_environment(environment_file, diagnostics), diagnostics);
  const Release release =
      must_read(read_release(release_file, &environment, diagnostics), diagnostics);
  lay_out_secrets(environment);
  PlatformRelease made;
  made.setting = must(rehearsal_setting(environment, release));
  made.setting.platform.shoppers_per_second = shoppers_a_second;
  Undisturbed undisturbed(made.setting);
  made.plan = undisturbed.plan(made.setting);
  made.before = undisturbed.picture();
  undisturbed.release(made);
  made.after = undisturbed.picture();
  return made;
}

}  // namespace

const PlatformRelease& platform_release() {
  static const PlatformRelease release = worked_out();
  return release;
}

}  // namespace ostler::sim
