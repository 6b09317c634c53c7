// How a kubelet asks its containers whether they start, live and are ready.
#include "lab/cluster/probes.hpp"

#include "lab/objects/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ostler::lab {
namespace {

constexpr int program_port = 8069;

Probe probe_from(const Json& given, const Json& container, const std::string& address) {
  Probe probe;
  if (!given.is_object()) return probe;
  const Json& http = field(given, "httpGet");
  probe.how = http.is_object() ? Probe::How::http : Probe::How::connect;
  const Json& port = http.is_object() ? field(http, "port") : field(given, "tcpSocket", "port");
  probe.port = static_cast<int>(number_of(port, program_port));
  if (port.is_string())
    for (const Json& one : field(container, "ports"))
      if (field(one, "name") == port)
        probe.port = static_cast<int>(number_of(field(one, "containerPort")));
  const auto seconds = [&given](const char* name, std::int64_t otherwise) {
    return std::chrono::seconds(number_of(field(given, name), otherwise));
  };
  probe.first = seconds("initialDelaySeconds", 0);
  probe.period = seconds("periodSeconds", 10);
  probe.timeout = seconds("timeoutSeconds", 1);
  probe.failures_allowed = static_cast<int>(number_of(field(given, "failureThreshold"), 3));
  probe.successes_needed = static_cast<int>(number_of(field(given, "successThreshold"), 1));
  const std::string& path = text_of(field(http, "path"));
  probe.request.url = fmt::format("http://{}:{}{}{}", address, probe.port,
                                  path.empty() || path.front() != '/' ? "/" : "", path);
  probe.request.headers = {{"host", fmt::format("{}:{}", address, probe.port)},
                           {"user-agent", "kube-probe/1.36"},
                           {"accept", "*/*"}};
  for (const Json& header : field(http, "httpHeaders"))
    probe.request.headers.emplace_back(text_of(field(header, "name")),
                                       text_of(field(header, "value")));
  return probe;
}

bool is_set(const Probe& probe) {
  return probe.how != Probe::How::none;
}

}  // namespace

Prober::Prober(ClusterParts& parts, Told told) : parts_(parts), told_(std::move(told)) {}

void Prober::read(ContainerRun& run, const Json& pod) {
  const Json& container = main_container_of(pod);
  const std::string& address = run.pod.address;
  run.startup = probe_from(field(container, "startupProbe"), container, address);
  run.readiness = probe_from(field(container, "readinessProbe"), container, address);
  run.liveness = probe_from(field(container, "livenessProbe"), container, address);
}

void Prober::begin(const RunPointer& run) {
  const Instant now = parts_.world.now();
  for (Probe* probe : {&run->startup, &run->readiness, &run->liveness}) {
    probe->failures = probe->successes = 0;
    probe->due = is_set(*probe) ? now + probe->first : Instant::max();
  }
  run->started = !is_set(run->startup);
  run->ready = run->started && !is_set(run->readiness);
  plan(run);
}

void Prober::plan(const RunPointer& run) {
  const Instant due =
      run->started ? std::min(run->readiness.due, run->liveness.due) : run->startup.due;
  if (due == Instant::max()) return;
  parts_.world.at(due, [this, run, life = run->life] {
    if (run->life == life && run->state == ContainerRun::State::running) act(run);
  });
}

void Prober::act(const RunPointer& run) {
  const Instant now = parts_.world.now();
  const std::uint64_t life = run->life;
  if (run->started || start_up(run)) {
    Probe &readiness = run->readiness, &liveness = run->liveness;
    const bool ask_ready = readiness.due <= now, ask_alive = liveness.due <= now;
    std::optional<Served> served;
    if (ask_ready) {
      readiness.due = std::max(now, readiness.due) + readiness.period;
      const bool same = ask_alive && readiness.how == liveness.how && run->listens &&
                        readiness.how == Probe::How::http &&
                        readiness.request.url == liveness.request.url &&
                        readiness.port == program_port;
      if (same) served = parts_.programs.serve(run->pod, readiness.request);
      check_readiness(run, served ? judge(readiness, *served) : ask(*run, readiness));
    }
    if (ask_alive && run->life == life) {
      liveness.due = std::max(now, liveness.due) + liveness.period;
      if (!run->pod.leaving)
        check_liveness(run, served ? judge(liveness, *served) : ask(*run, liveness));
    }
  }
  if (run->life == life) plan(run);
}

bool Prober::start_up(const RunPointer& run) {
  Probe& probe = run->startup;
  probe.due = parts_.world.now() + probe.period;
  const Verdict verdict = ask(*run, probe);
  if (!verdict.good) {
    if (probe.failures++ == 0) tell_unhealthy(*run, "Startup", verdict);
    if (probe.failures >= probe.failures_allowed) told_.dead(run);
    return false;
  }
  run->started = true;
  if (is_set(run->readiness))
    run->readiness.due = parts_.world.now();
  else
    run->ready = true;
  if (is_set(run->liveness)) run->liveness.due = parts_.world.now() + run->liveness.period;
  told_.ready_changed(run);
  return true;
}

Prober::Verdict Prober::judge(const Probe& probe, const Served& served) const {
  if (served.took > probe.timeout)
    return {false, probe.timeout,
            fmt::format("Get \"{}\": context deadline exceeded (Client.Timeout exceeded while "
                        "awaiting headers)",
                        probe.request.url)};
  const int status = served.response.status;
  if (status >= 200 && status < 400) return {true, served.took, ""};
  return {false, served.took, fmt::format("HTTP probe failed with statuscode: {}", status)};
}

Prober::Verdict Prober::ask(const ContainerRun& run, const Probe& probe) const {
  if (!run.listens || probe.port != program_port)
    return {false, Instant{0},
            fmt::format("Get \"{}\": dial tcp {}:{}: connect: connection refused",
                        probe.request.url, run.pod.address, probe.port)};
  if (probe.how != Probe::How::http) return {true, Instant{0}, ""};
  return judge(probe, parts_.programs.serve(run.pod, probe.request));
}

void Prober::check_readiness(const RunPointer& run, const Verdict& verdict) {
  Probe& probe = run->readiness;
  if (verdict.good) {
    probe.failures = 0;
    if (run->ready) return;
    if (++probe.successes >= probe.successes_needed) become(run, true, verdict.took);
    return;
  }
  probe.successes = 0;
  if (probe.failures++ == 0) tell_unhealthy(*run, "Readiness", verdict);
  if (run->ready && probe.failures >= probe.failures_allowed) become(run, false, verdict.took);
}

void Prober::become(const RunPointer& run, bool ready, Instant after) {
  const auto turn = [this, run, ready, life = run->life] {
    if (run->life != life || run->ready == ready) return;
    run->ready = ready;
    told_.ready_changed(run);
  };
  if (after == Instant{0})
    turn();
  else
    parts_.world.after(after, turn);
}

void Prober::check_liveness(const RunPointer& run, const Verdict& verdict) {
  Probe& probe = run->liveness;
  if (verdict.good) {
    probe.failures = 0;
    return;
  }
  if (probe.failures++ == 0) tell_unhealthy(*run, "Liveness", verdict);
  if (probe.failures >= probe.failures_allowed) told_.dead(run);
}

void Prober::tell_unhealthy(const ContainerRun& run, const char* which, const Verdict& verdict) {
  parts_.events.tell(*run.object,
                     {EventType::warning, "Unhealthy",
                      fmt::format("{} probe failed: {}", which, verdict.words), "kubelet"});
}

}  // namespace ostler::lab
