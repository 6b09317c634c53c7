// The kubelets from when a container's process ends, or shall: crashes, restarts, graceful ends.
#include "lab/cluster/kubelet.hpp"
#include "lab/cluster/pod_status.hpp"
#include "lab/objects/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ostler::lab {
namespace {

using namespace std::chrono_literals;
using State = ContainerRun::State;

constexpr Instant longest_back_off = 300s;
constexpr int killed = 137;  ///< the exit code after SIGKILL

/// As the kubelet writes a duration: 10s, 1m20s, 5m0s.
std::string go_text(Instant duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  return seconds < 60 ? fmt::format("{}s", seconds)
                      : fmt::format("{}m{}s", seconds / 60, seconds % 60);
}

std::int64_t leading_number(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// How long the preStop hook takes: its sleep, or that of a `sleep` which it runs.
Instant pre_stop(const Json& container) {
  const Json& hook = field(container, "lifecycle", "preStop");
  if (const Json& sleep = field(hook, "sleep", "seconds"); sleep.is_number_integer())
    return std::chrono::seconds(number_of(sleep));
  const Json& command = field(hook, "exec", "command");
  for (std::size_t at = 0; command.is_array() && at < command.size(); ++at) {
    const std::string& word = text_of(command[at]);
    if ((word == "sleep" || word == "/bin/sleep") && at + 1 < command.size())
      return std::chrono::seconds(leading_number(text_of(command[at + 1])));
    if (const std::size_t found = word.find("sleep "); found != std::string::npos)
      return std::chrono::seconds(leading_number(std::string_view(word).substr(found + 6)));
  }
  return Instant{0};
}

Instant grace_of(const Json& pod) {
  const std::int64_t own = number_of(field(pod, "spec", "terminationGracePeriodSeconds"), 30);
  return std::chrono::seconds(number_of(field(pod, "metadata", "deletionGracePeriodSeconds"), own));
}

}  // namespace

void Kubelet::end_process(const RunPointer& run, int exit_code) const {
  run->state = State::ended;
  run->listens = run->ready = run->started = false;
  run->exit_code = exit_code;
  run->finished_at = timestamp(parts_.world);
  ++run->life;
}

void Kubelet::process_ended(const RunPointer& run, int exit_code) {
  const bool ran_long = parts_.world.now() - run->pod.started > 2 * longest_back_off;
  end_process(run, exit_code);
  if (!run->job && !run->simulated) parts_.programs.ended(run->pod);
  const std::string& policy = text_of(field(*run->object, "spec", "restartPolicy"));
  const bool stays_ended = policy == "Never" || (policy == "OnFailure" && exit_code == 0);
  if (stays_ended || run->pod.leaving) return write(run);
  if (ran_long) run->patience = Instant{0};
  if (run->patience == Instant{0}) {
    // The first restart comes at once; only then does the kubelet lose its patience.
    run->patience = 10s;
    write(run);
    return later(run, 1s, &Kubelet::restart);
  }
  const Instant wait = run->patience;
  run->patience = std::min(2 * run->patience, longest_back_off);
  run->last_state = {{"terminated", terminated_state(*run)}};
  run->state = State::waiting;
  run->reason = "CrashLoopBackOff";
  run->message =
      fmt::format("back-off {} restarting failed container={} pod={}_{}({})", go_text(wait),
                  run->container, run->pod.name, run->pod.name_space, run->uid);
  tell(run, EventType::warning, "BackOff",
       fmt::format("Back-off restarting failed container {} in pod {}_{}({})", run->container,
                   run->pod.name, run->pod.name_space, run->uid));
  write(run);
  later(run, wait, &Kubelet::restart);
}

void Kubelet::restart(const RunPointer& run) {
  if (run->state == State::ended) run->last_state = {{"terminated", terminated_state(*run)}};
  ++run->restarts;
  start(run);
}

void Kubelet::dead(const RunPointer& run) {
  if (run->dying || run->pod.leaving) return;
  run->dying = true;
  tell(run, EventType::normal, "Killing",
       fmt::format("Container {} failed liveness probe, will be restarted", run->container));
  later(run, std::min(pre_stop(main_container_of(*run->object)), grace_of(*run->object)),
        &Kubelet::end_unwell);
}

void Kubelet::end_unwell(const RunPointer& run) {
  if (run->job) parts_.programs.job_killed(run->pod);
  process_ended(run, killed);
}

void Kubelet::leave(const RunPointer& run) {
  run->pod.leaving = true;
  if (run->state != State::running || run->simulated) {
    if (run->state != State::running) ++run->life;
    return anyway(run, parts_.settings.controller_delay, &Kubelet::erase);
  }
  tell(run, EventType::normal, "Killing", fmt::format("Stopping container {}", run->container));
  anyway(run, std::min(pre_stop(main_container_of(*run->object)), grace_of(*run->object)),
         &Kubelet::stop);
}

void Kubelet::stop(const RunPointer& run) {
  if (run->state == State::running) {
    end_process(run, run->job ? killed : 0);
    run->job ? parts_.programs.job_killed(run->pod) : parts_.programs.ended(run->pod);
  }
  anyway(run, 1s, &Kubelet::erase);
}

void Kubelet::erase(const RunPointer& run) {
  parts_.objects.erase(pod_ref({run->pod.name_space, run->pod.name}));
}

void Kubelet::forget(const RunPointer& run) {
  if (run->state == State::running && !run->simulated) {
    end_process(run, killed);
    run->job ? parts_.programs.job_killed(run->pod) : parts_.programs.ended(run->pod);
  }
  run->gone = true;
  ++run->life;
  addresses_.erase(run->pod.address);
  runs_.erase({run->pod.name_space, run->pod.name});
}

}  // namespace ostler::lab
