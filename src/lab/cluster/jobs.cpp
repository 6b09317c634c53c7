// The controller of Jobs.
#include "lab/cluster/jobs.hpp"

#include "lab/cluster/replica_sets.hpp"
#include "lab/objects/json_fields.hpp"

#include <algorithm>

namespace ostler::lab {
namespace {

using namespace std::chrono_literals;

bool finished(const Json& status) {
  for (const char* type : {"Complete", "Failed"})
    if (text_of(field(condition_of(field(status, "conditions"), type), "status")) == "True")
      return true;
  return false;
}

}  // namespace

/// One reaction's view of its Job, and the status that it will write at the end.
struct Jobs::Look {
  Name name;
  std::shared_ptr<const Json> object;
  Json status;
  std::vector<PodPointer> active;
  std::int64_t succeeded = 0, failed = 0, ready = 0, terminating = 0;

  const Json& spec() const { return field(*object, "spec"); }
  const std::string& uid() const { return text_of(field(*object, "metadata", "uid")); }
};

Jobs::Jobs(ClusterParts& parts, Quotas& quotas)
    : parts_(parts),
      quotas_(quotas),
      reactions_(parts.world, parts.settings.controller_delay,
                 [this](const Name& name) { react(name); }) {}

void Jobs::job_changed(const Change& change) {
  if (change.after)
    reactions_.soon(name_of(change.ref));
  else
    counted_.erase(text_of(field(*change.before, "metadata", "uid")));
}

void Jobs::pod_changed(const PodChange& change) {
  const PodView& pod = change.any();
  if (pod.owner_kind != "Job") return;
  // A Pod that is taken away counts as failed, also when nothing of it is left at the next look.
  if (!change.after && !pod.ended())
    if (const auto job = counted_.find(pod.owner_uid); job != counted_.end())
      job->second.ended.try_emplace(pod.uid, false);
  reactions_.soon({pod.name.name_space, pod.owner_name});
}

void Jobs::react(const Name& name) {
  Look look;
  look.name = name;
  look.object = parts_.objects.find(job_ref(name.name_space, name.name));
  if (!look.object) return;
  look.status = object_of(field(*look.object, "status"));
  if (finished(look.status)) return remove_later(look);
  const bool suspended = flag_of(field(look.spec(), "suspend"));
  if (!suspended && field(look.status, "startTime").is_null())
    look.status["startTime"] = timestamp(parts_.world);
  Counted& counted = counted_[look.uid()];
  count(look, counted);
  if (const auto end = verdict(look))
    conclude(look, *end);
  else if (!field(*look.object, "metadata", "deletionTimestamp").is_string())
    suspended ? suspend(look) : run(look, counted);
  set_count(look.status, "active", static_cast<std::int64_t>(look.active.size()));
  set_count(look.status, "succeeded", look.succeeded);
  set_count(look.status, "failed", look.failed);
  look.status["ready"] = look.ready;
  look.status["terminating"] = look.terminating;
  look.status["uncountedTerminatedPods"] = Json::object();
  write_status(parts_.objects, job_ref(name.name_space, name.name), *look.object, look.status);
}

void Jobs::count(Look& look, Counted& counted) const {
  const std::size_t known = counted.ended.size();
  for (const auto& [order, pod] : parts_.pods.owned_by(look.uid())) {
    if (pod->ended() || pod->terminating) {
      counted.ended.insert_or_assign(pod->uid, pod->phase == "Succeeded");
      look.terminating += pod->terminating && !pod->ended();
    } else {
      look.active.push_back(pod);
      look.ready += pod->ready;
    }
  }
  for (const auto& [uid, good] : counted.ended) ++(good ? look.succeeded : look.failed);
  if (counted.ended.size() == known) return;
  counted.patience = std::clamp<Instant>(counted.patience * 2, 10s, 600s);
  counted.next_try = parts_.world.now() + counted.patience;
}

std::optional<Condition> Jobs::verdict(const Look& look) const {
  const Json& conditions = field(look.status, "conditions");
  if (const Json& failure = condition_of(conditions, "FailureTarget"); failure.is_object())
    return Condition{"Failed", "True", text_of(field(failure, "reason")),
                     text_of(field(failure, "message"))};
  if (look.succeeded > 0 && look.active.empty())
    return Condition{"Complete", "True", "CompletionsReached",
                     "Reached expected number of succeeded pods"};
  if (look.failed > number_of(field(look.spec(), "backoffLimit"), 6))
    return Condition{"Failed", "True", "BackoffLimitExceeded",
                     "Job has reached the specified backoff limit"};
  const Json &limit = field(look.spec(), "activeDeadlineSeconds"),
             &started = field(look.status, "startTime");
  if (limit.is_number_integer() && started.is_string() &&
      instant_of(parts_.world, text_of(started)) + std::chrono::seconds(number_of(limit)) <=
          parts_.world.now())
    return Condition{"Failed", "True", "DeadlineExceeded",
                     "Job was active longer than specified deadline"};
  return std::nullopt;
}

void Jobs::conclude(Look& look, const Condition& verdict) {
  end_active(look);
  Json& conditions = look.status["conditions"];
  const bool good = verdict.type == "Complete";
  set_condition(
      conditions,
      {good ? "SuccessCriteriaMet" : "FailureTarget", "True", verdict.reason, verdict.message},
      parts_.world, ConditionTimes::probe);
  // The real one says so only when the last Pod has ended.
  if (look.terminating > 0) return;
  set_condition(conditions, verdict, parts_.world, ConditionTimes::probe);
  if (good) look.status["completionTime"] = timestamp(parts_.world);
}

void Jobs::end_active(Look& look) {
  for (const PodPointer& pod : look.active) {
    parts_.objects.remove(pod_ref(pod->name), Json::object());
    const PodPointer left = parts_.pods.find(pod->name);
    if (left && left->terminating) ++look.terminating;
  }
  look.active.clear();
  look.ready = 0;
}

void Jobs::run(Look& look, Counted& counted) {
  Json& conditions = look.status["conditions"];
  if (condition_of(conditions, "Suspended").is_object() &&
      text_of(field(condition_of(conditions, "Suspended"), "status")) == "True") {
    set_condition(conditions, {"Suspended", "False", "JobResumed", "Job resumed"}, parts_.world,
                  ConditionTimes::probe);
    look.status["startTime"] = timestamp(parts_.world);
  }
  if (conditions.is_null()) look.status.erase("conditions");
  if (const Json& limit = field(look.spec(), "activeDeadlineSeconds"); limit.is_number_integer())
    reactions_.at(look.name,
                  std::max(instant_of(parts_.world, text_of(field(look.status, "startTime"))) +
                               std::chrono::seconds(number_of(limit)),
                           parts_.world.now() + parts_.settings.controller_delay));
  if (!look.active.empty()) return;
  if (parts_.world.now() < counted.next_try) return reactions_.at(look.name, counted.next_try);
  Json pod = pod_from(field(look.spec(), "template"), *look.object, parts_.world);
  Json& labels = pod["metadata"]["labels"];
  for (const char* label : {"batch.kubernetes.io/job-name", "job-name"})
    labels[label] = look.name.name;
  for (const char* label : {"batch.kubernetes.io/controller-uid", "controller-uid"})
    labels[label] = look.uid();
  if (const auto refused = quotas_.refusal(pod)) {
    parts_.events.tell(*look.object, {EventType::warning, "FailedCreate",
                                      "Error creating: " + *refused, "job-controller"});
    return reactions_.at(look.name, parts_.world.now() + 10s);
  }
  const Name name{look.name.name_space, text_of(field(pod, "metadata", "name"))};
  parts_.objects.put(std::move(pod));
  look.active.push_back(parts_.pods.find(name));
}

void Jobs::suspend(Look& look) {
  end_active(look);
  look.status.erase("startTime");
  set_condition(look.status["conditions"], {"Suspended", "True", "JobSuspended", "Job suspended"},
                parts_.world, ConditionTimes::probe);
}

void Jobs::remove_later(const Look& look) {
  const Json& lives = field(look.spec(), "ttlSecondsAfterFinished");
  if (!lives.is_number_integer()) return;
  std::string ended;
  for (const char* type : {"Complete", "Failed"})
    if (const Json& end = condition_of(field(look.status, "conditions"), type); end.is_object())
      ended = text_of(field(end, "lastTransitionTime"));
  const Instant due = instant_of(parts_.world, ended) + std::chrono::seconds(number_of(lives));
  if (due <= parts_.world.now())
    parts_.objects.erase(job_ref(look.name.name_space, look.name.name));
  else
    reactions_.at(look.name, due);
}

}  // namespace ostler::lab
