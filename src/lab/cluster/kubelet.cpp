// The kubelets until a container runs: admission, volumes, images, environment, start.
#include "lab/cluster/kubelet.hpp"

#include "lab/cluster/pod_environment.hpp"
#include "lab/cluster/pod_status.hpp"
#include "lab/objects/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ostler::lab {
namespace {

using namespace std::chrono_literals;
using State = ContainerRun::State;

/// Always, unless the image is named by something that does not move.
bool always_pulls(const Json& container) {
  const std::string& policy = text_of(field(container, "imagePullPolicy"));
  if (!policy.empty()) return policy == "Always";
  const std::string& image = text_of(field(container, "image"));
  if (image.find('@') != std::string::npos) return false;
  const std::size_t colon = image.find(':', image.rfind('/') + 1);
  return colon == std::string::npos || image.substr(colon) == ":latest";
}

std::vector<std::string> arguments_of(const Json& container) {
  std::vector<std::string> words;
  const Json &command = field(container, "command"), &args = field(container, "args");
  for (std::size_t at = 1; command.is_array() && at < command.size(); ++at)
    words.push_back(text_of(command[at]));
  for (const Json& word : args) words.push_back(text_of(word));
  return words;
}

std::map<std::string, std::string> texts_of(const Json& object) {
  std::map<std::string, std::string> texts;
  for (const auto& [name, value] : object_of(object).items()) texts[name] = text_of(value);
  return texts;
}

}  // namespace

const Json& main_container_of(const Json& pod) {
  const Json& containers = field(pod, "spec", "containers");
  if (!containers.is_array() || containers.empty()) return no_value();
  for (const Json& container : containers)
    if (text_of(field(container, "name")) == "odoo") return container;
  return containers.front();
}

Kubelet::Kubelet(ClusterParts& parts, const Nodes& nodes)
    : parts_(parts),
      nodes_(nodes),
      prober_(parts, {[this](const RunPointer& run) { write(run); },
                      [this](const RunPointer& run) { dead(run); }}) {}

void Kubelet::later(const RunPointer& run, Instant delay, Act act) {
  parts_.world.after(delay, [this, run, act, life = run->life] {
    if (!run->gone && run->life == life) (this->*act)(run);
  });
}

void Kubelet::anyway(const RunPointer& run, Instant delay, Act act) {
  parts_.world.after(delay, [this, run, act] {
    if (!run->gone) (this->*act)(run);
  });
}

void Kubelet::pod_changed(const PodChange& change) {
  const PodView& pod = change.any();
  if (outside_.contains(pod.name)) {
    if (!change.after) outside_.erase(pod.name);
    return;
  }
  const auto known = runs_.find(pod.name);
  if (known == runs_.end()) {
    if (change.after && !pod.node.empty() && !pod.ended()) admit(pod);
    return;
  }
  const RunPointer run = known->second;
  if (!change.after) return forget(run);
  run->object = change.after->object;
  if (pod.terminating && !run->pod.leaving) leave(run);
}

void Kubelet::admit(const PodView& pod) {
  auto run = std::make_shared<ContainerRun>();
  const Json& container = main_container_of(*pod.object);
  const NodeView* node = nodes_.find(pod.node);
  run->object = pod.object;
  run->uid = pod.uid;
  run->container = text_of(field(container, "name"));
  run->job = pod.owner_kind == "Job";
  run->simulated = node != nullptr && node->simulated();
  run->pod.name = pod.name.name;
  run->pod.name_space = pod.name.name_space;
  run->pod.uid = pod.uid;
  run->pod.address = new_address();
  run->pod.node = pod.node;
  run->pod.zone = node == nullptr ? "" : node->zone;
  run->pod.image = text_of(field(container, "image"));
  run->pod.arguments = arguments_of(container);
  run->pod.labels = texts_of(pod.labels());
  runs_[pod.name] = run;
  addresses_[run->pod.address] = run;
  if (pod.terminating)
    leave(run);
  else
    later(run, parts_.settings.controller_delay, &Kubelet::prepare);
}

std::string Kubelet::new_address() {
  // Below 16 are the addresses of what runs outside.
  constexpr std::uint32_t networks = 240, hosts = 250;
  std::string address;
  do {
    const std::uint32_t number = given_addresses_++ % (networks * hosts);
    address = fmt::format("10.88.{}.{}", 16 + number / hosts, 2 + number % hosts);
  } while (addresses_.contains(address));
  return address;
}

void Kubelet::prepare(const RunPointer& run) {
  if (run->state == State::creating) write(run);
  if (run->simulated) return later(run, parts_.settings.start, &Kubelet::play);
  if (const std::string trouble = missing_volume(parts_.objects, *run->object); !trouble.empty()) {
    run->patience = std::clamp<Instant>(run->patience * 2, 500ms, 122s);
    tell(run, EventType::warning, "FailedMount", trouble);
    return later(run, run->patience, &Kubelet::prepare);
  }
  const bool at_hand = images_[run->pod.node].contains(run->pod.image);
  if (!at_hand)
    later(run, parts_.settings.pull, &Kubelet::pulled);
  else if (always_pulls(main_container_of(*run->object)))
    pulled(run);
  else
    later(run, parts_.settings.start, &Kubelet::start);
}

void Kubelet::pulled(const RunPointer& run) {
  std::string trouble = parts_.programs.pull_trouble(run->pod.image);
  if (!trouble.empty()) return cannot_pull(run, std::move(trouble));
  images_[run->pod.node].insert(run->pod.image);
  run->patience = Instant{0};
  later(run, parts_.settings.start, &Kubelet::start);
}

void Kubelet::cannot_pull(const RunPointer& run, std::string trouble) {
  run->state = State::waiting;
  run->reason = "ErrImagePull";
  run->message = std::move(trouble);
  run->patience = std::clamp<Instant>(run->patience * 2, 10s, 300s);
  tell(run, EventType::warning, "Failed",
       fmt::format("Failed to pull image \"{}\": {}", run->pod.image, run->message));
  write(run);
  later(run, 2s, &Kubelet::back_off);
}

void Kubelet::back_off(const RunPointer& run) {
  const std::string words = fmt::format("Back-off pulling image \"{}\"", run->pod.image);
  run->reason = "ImagePullBackOff";
  run->message = fmt::format("{}: ErrImagePull: {}", words, run->message);
  tell(run, EventType::normal, "BackOff", words);
  write(run);
  later(run, run->patience - 2s, &Kubelet::prepare);
}

void Kubelet::start(const RunPointer& run) {
  auto environment = environment_of(parts_.objects, *run->object, main_container_of(*run->object));
  if (!environment.ok()) {
    run->state = State::waiting;
    run->reason = environment.failure().code;
    run->message = environment.failure().message;
    tell(run, EventType::warning, "Failed", "Error: " + run->message);
    write(run);
    return later(run, 10s, &Kubelet::start);
  }
  ++run->life;
  run->pod.environment = std::move(*environment);
  run->pod.started = parts_.world.now();
  run->state = State::running;
  run->reason.clear();
  run->message.clear();
  run->dying = false;
  run->exit_code.reset();
  run->started_at = timestamp(parts_.world);
  run->log.clear();
  Prober::read(*run, *run->object);
  run->job ? run_job(run) : run_server(run);
  const std::uint64_t life = run->life;
  prober_.begin(run);
  if (run->life == life) write(run);
}

void Kubelet::run_server(const RunPointer& run) {
  Programs::Start begun = parts_.programs.start(run->pod);
  run->log = std::move(begun.log);
  const auto when_alive = [this, run, life = run->life](Instant delay, auto act) {
    parts_.world.after(delay, [run, life, act] {
      if (!run->gone && run->life == life) act();
    });
  };
  if (begun.listens_after == Instant{0})
    run->listens = true;
  else
    when_alive(begun.listens_after, [run] { run->listens = true; });
  if (begun.ends_with)
    when_alive(begun.ends_after,
               [this, run, code = *begun.ends_with] { process_ended(run, code); });
}

void Kubelet::run_job(const RunPointer& run) {
  run->parts = parts_.programs.job(run->pod);
  run->part = 0;
  plan_part(run);
}

void Kubelet::plan_part(const RunPointer& run) {
  const bool more = run->part < run->parts.size();
  later(run, more ? run->parts[run->part].after : Instant{0}, &Kubelet::do_part);
}

void Kubelet::do_part(const RunPointer& run) {
  if (run->part >= run->parts.size()) return process_ended(run, 0);
  const std::optional<int> exit_code = run->parts[run->part++].act(run->log);
  if (exit_code)
    process_ended(run, *exit_code);
  else
    plan_part(run);
}

void Kubelet::play(const RunPointer& run) {
  run->state = State::running;
  run->started = run->ready = true;
  run->started_at = timestamp(parts_.world);
  write(run);
  if (run->job) later(run, 1s, &Kubelet::end_played);
}

void Kubelet::write(const RunPointer& run) {
  const Json status = pod_status(*run, field(*run->object, "status"),
                                 node_address(nodes_, run->pod.node), parts_.world);
  write_status(parts_.objects, pod_ref({run->pod.name_space, run->pod.name}), *run->object, status);
}

void Kubelet::tell(const RunPointer& run, EventType type, std::string reason, std::string message) {
  parts_.events.tell(*run->object, {type, std::move(reason), std::move(message), "kubelet"});
}

const RunningPod* Kubelet::listening(const std::string& address) const {
  const auto found = addresses_.find(address);
  return found != addresses_.end() && found->second->listens ? &found->second->pod : nullptr;
}

const RunningPod* Kubelet::listening(const Name& name) const {
  const auto found = runs_.find(name);
  return found != runs_.end() && found->second->listens ? &found->second->pod : nullptr;
}

std::optional<std::string> Kubelet::log(const Name& name) const {
  if (const auto found = runs_.find(name); found != runs_.end()) return found->second->log;
  if (parts_.pods.find(name)) return "";
  return std::nullopt;
}

}  // namespace ostler::lab
