// The controller of Deployments: rolls out, scales, pauses, remembers.
#include "lab/cluster/deployments.hpp"

#include "lab/objects/json_fields.hpp"

#include "ostler/systems/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace ostler::lab {
namespace {

constexpr const char* hash_label = "pod-template-hash";
constexpr const char* revision_note = "deployment.kubernetes.io/revision";
constexpr const char* history_note = "deployment.kubernetes.io/revision-history";
constexpr const char* desired_note = "deployment.kubernetes.io/desired-replicas";
constexpr const char* most_note = "deployment.kubernetes.io/max-replicas";

std::optional<std::int64_t> note_number(const Json& object, const char* name) {
  const std::string& text = text_of(field(object, "metadata", "annotations", name));
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

ReplicaSetView view_of(const Name& name, const std::shared_ptr<const Json>& object) {
  const Json &spec = field(*object, "spec"), &status = field(*object, "status");
  ReplicaSetView set;
  set.name = name;
  set.object = object;
  set.uid = text_of(field(*object, "metadata", "uid"));
  set.owner_uid = text_of(field(controller_of(*object), "uid"));
  set.template_hash = text_of(field(*object, "metadata", "labels", hash_label));
  set.wanted = number_of(field(spec, "replicas"), 1);
  set.pods = number_of(field(status, "replicas"));
  set.ready = number_of(field(status, "readyReplicas"));
  set.available = number_of(field(status, "availableReplicas"));
  set.terminating = number_of(field(status, "terminatingReplicas"));
  set.revision = note_number(*object, revision_note).value_or(0);
  set.desired = note_number(*object, desired_note);
  set.most = note_number(*object, most_note);
  set.observed = number_of(field(status, "observedGeneration")) >=
                 number_of(field(*object, "metadata", "generation"));
  return set;
}

std::uint32_t fnv32(std::string_view bytes) {
  std::uint32_t hash = 2166136261u;
  for (const unsigned char byte : bytes) hash = (hash ^ byte) * 16777619u;
  return hash;
}

/// The Deployment's annotations that its newest ReplicaSet carries as well.
Json copied_notes(const Json& deployment) {
  static const std::set<std::string> own{"kubectl.kubernetes.io/last-applied-configuration",
                                         revision_note, history_note, desired_note, most_note};
  Json notes = Json::object();
  for (const auto& [name, value] : object_of(field(deployment, "metadata", "annotations")).items())
    if (!own.contains(name)) notes[name] = value;
  return notes;
}

Json size_notes(const RolloutRules& rules) {
  return {{desired_note, std::to_string(rules.replicas)},
          {most_note, std::to_string(rules.replicas + rules.surge)}};
}

/// Whether the controller has anything to do about the change: its own statuses tell it nothing.
bool asks_for_a_look(const Change& change) {
  if (!change.before || !change.after) return true;
  for (const char* name : {"generation", "annotations", "deletionTimestamp"})
    if (field(*change.before, "metadata", name) != field(*change.after, "metadata", name))
      return true;
  return false;
}

}  // namespace

/// One reaction's view of its Deployment, and what it will write at the end.
struct Deployments::Look {
  explicit Look(std::shared_ptr<const Json> deployment)
      : object(std::move(deployment)),
        rules(*object),
        conditions(field(*object, "status", "conditions")) {}

  std::shared_ptr<const Json> object;
  RolloutRules rules;
  Json conditions;
  std::string hash, revision;
  std::vector<ReplicaSetView> sets;  ///< oldest first, the newest last
  bool has_newest = false;

  ReplicaSets all() const { return sets; }
  ReplicaSets old() const { return all().first(sets.size() - (has_newest ? 1 : 0)); }
  ReplicaSetView* newest() { return has_newest ? &sets.back() : nullptr; }
  const std::string& name_space() const { return text_of(field(*object, "metadata", "namespace")); }
  const std::string& name() const { return text_of(field(*object, "metadata", "name")); }
};

Deployments::Deployments(ClusterParts& parts)
    : parts_(parts),
      reactions_(parts.world, parts.settings.controller_delay,
                 [this](const Name& n) { react(n); }) {}

void Deployments::deployment_changed(const Change& change) {
  if (!change.after) hashes_.erase(text_of(field(*change.before, "metadata", "uid")));
  if (change.after && asks_for_a_look(change)) reactions_.soon(name_of(change.ref));
}

void Deployments::replica_set_changed(const Change& change) {
  const Json& now = change.after ? *change.after : *change.before;
  const Json& owner = controller_of(now);
  if (text_of(field(owner, "kind")) != "Deployment") return;
  const Name name = name_of(change.ref);
  const Name deployment{name.name_space, text_of(field(owner, "name"))};
  const std::string& uid = text_of(field(now, "metadata", "uid"));
  Sets& sets = sets_[text_of(field(owner, "uid"))];
  const auto known = std::find_if(sets.begin(), sets.end(),
                                  [&uid](const auto& set) { return set.second.uid == uid; });
  if (change.after) {
    const std::uint64_t order = known == sets.end() ? ++made_ : known->first;
    ReplicaSetView& set = sets[order] = view_of(name, change.after);
    set.order = order;
    owners_[uid] = deployment;
  } else if (known != sets.end()) {
    sets.erase(known);
    owners_.erase(uid);
    if (sets.empty()) sets_.erase(text_of(field(owner, "uid")));
  }
  reactions_.soon(deployment);
}

void Deployments::pod_changed(const PodChange& change) {
  // Only a Deployment that recreates waits for old Pods to be gone; ReplicaSets tell the rest.
  if (change.after && !change.after->ended()) return;
  if (const auto owner = owners_.find(change.any().owner_uid); owner != owners_.end())
    reactions_.soon(owner->second);
}

void Deployments::react(const Name& name) {
  auto object = parts_.objects.find(deployment_ref(name.name_space, name.name));
  if (!object || field(*object, "metadata", "deletionTimestamp").is_string()) return;
  Look look(std::move(object));
  look.hash = hash_of(*look.object);
  find_newest(look);
  if (look.has_newest) mark_newest(look);
  note_pause(look);
  const ReplicaSets all = look.all();
  const bool scaled = std::any_of(all.begin(), all.end(), [&look](const ReplicaSetView& set) {
    return set.wanted > 0 && set.desired && *set.desired != look.rules.replicas;
  });
  if (look.rules.paused || scaled) {
    scale_only(look);
    finish(look, Judging::counts_only);
  } else {
    look.rules.rolling ? roll(look) : replace(look);
    finish(look, Judging::progress);
  }
}

const std::string& Deployments::hash_of(const Json& deployment) {
  Hashed& known = hashes_[text_of(field(deployment, "metadata", "uid"))];
  const std::int64_t generation = number_of(field(deployment, "metadata", "generation"));
  if (known.generation != generation || known.hash.empty())
    known = {generation, safe_encoded(fnv32(to_bytes(field(deployment, "spec", "template"))))};
  return known.hash;
}

void Deployments::find_newest(Look& look) {
  const auto sets = sets_.find(text_of(field(*look.object, "metadata", "uid")));
  if (sets == sets_.end()) return;
  const ReplicaSetView* newest = nullptr;
  look.sets.reserve(sets->second.size() + 1);
  for (const auto& [order, set] : sets->second) {
    if (!newest && set.template_hash == look.hash)
      newest = &set;
    else
      look.sets.push_back(set);
  }
  look.has_newest = newest != nullptr;
  if (newest) look.sets.push_back(*newest);
}

void Deployments::make_newest(Look& look) {
  const Json& spec = field(*look.object, "spec");
  std::int64_t revision = 0;
  for (const ReplicaSetView& set : look.old()) revision = std::max(revision, set.revision);
  look.revision = std::to_string(revision + 1);
  Json pattern = field(spec, "template");
  pattern["metadata"]["labels"][hash_label] = look.hash;
  Json selector = field(spec, "selector");
  selector["matchLabels"][hash_label] = look.hash;
  Json notes = copied_notes(*look.object);
  notes.update(size_notes(look.rules));
  notes[revision_note] = look.revision;
  const Name name{look.name_space(), look.name() + "-" + look.hash};
  const std::int64_t size = next_size(look.rules, wanted_of(look.old()), 0);
  Json set{{"apiVersion", "apps/v1"}, {"kind", "ReplicaSet"}};
  set["metadata"] = {{"name", name.name},
                     {"namespace", name.name_space},
                     {"labels", field(pattern, "metadata", "labels")},
                     {"annotations", std::move(notes)},
                     {"ownerReferences", Json::array({owner_reference(*look.object)})}};
  set["spec"] = {
      {"replicas", size}, {"selector", std::move(selector)}, {"template", std::move(pattern)}};
  if (look.rules.ready_seconds > 0) set["spec"]["minReadySeconds"] = look.rules.ready_seconds;
  look.sets.push_back(view_of(name, parts_.objects.put(std::move(set))));
  look.has_newest = true;
  if (look.rules.deadline_seconds)
    set_condition(look.conditions,
                  {"Progressing", "True", "NewReplicaSetCreated",
                   fmt::format("Created new replica set \"{}\"", name.name)},
                  parts_.world, ConditionTimes::update);
  if (size > 0)
    parts_.events.tell(*look.object,
                       {EventType::normal, "ScalingReplicaSet",
                        fmt::format("Scaled up replica set {} from 0 to {}", name.name, size),
                        "deployment-controller"});
}

void Deployments::mark_newest(Look& look) {
  ReplicaSetView& newest = *look.newest();
  const Json& notes = object_of(field(*newest.object, "metadata", "annotations"));
  std::int64_t revision = 1;
  for (const ReplicaSetView& set : look.old()) revision = std::max(revision, set.revision + 1);
  Json changed = Json::object(), patch = Json::object();
  const Json copied = copied_notes(*look.object);
  for (const auto& [name, value] : copied.items())
    if (field(notes, name.c_str()) != value) changed[name] = value;
  if (newest.revision < revision) {
    changed[revision_note] = std::to_string(revision);
    const std::string& history = text_of(field(notes, history_note));
    if (newest.revision > 0)
      changed[history_note] =
          (history.empty() ? "" : history + ",") + std::to_string(newest.revision);
    newest.revision = revision;
  }
  look.revision = std::to_string(newest.revision);
  if (!changed.empty()) patch["metadata"]["annotations"] = std::move(changed);
  if (number_of(field(*newest.object, "spec", "minReadySeconds")) != look.rules.ready_seconds)
    patch["spec"]["minReadySeconds"] = look.rules.ready_seconds;
  if (!patch.empty()) parts_.objects.edit(replica_set_ref(newest.name), patch);
  if (look.rules.deadline_seconds && condition_of(look.conditions, "Progressing").is_null())
    set_condition(look.conditions,
                  {"Progressing", "True", "FoundNewReplicaSet",
                   fmt::format("Found new replica set \"{}\"", newest.name.name)},
                  parts_.world, ConditionTimes::update);
}

void Deployments::note_pause(Look& look) const {
  if (!look.rules.deadline_seconds) return;
  const std::string& reason =
      text_of(field(condition_of(look.conditions, "Progressing"), "reason"));
  if (reason == "ProgressDeadlineExceeded") return;
  if (look.rules.paused && reason != "DeploymentPaused")
    set_condition(look.conditions,
                  {"Progressing", "Unknown", "DeploymentPaused", "Deployment is paused"},
                  parts_.world, ConditionTimes::update);
  if (!look.rules.paused && reason == "DeploymentPaused")
    set_condition(look.conditions,
                  {"Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed"},
                  parts_.world, ConditionTimes::update);
}

void Deployments::roll(Look& look) {
  if (!look.has_newest) make_newest(look);
  const std::int64_t has = look.newest()->wanted;
  if (has != look.rules.replicas) {
    const std::int64_t next = has > look.rules.replicas
                                  ? look.rules.replicas
                                  : next_size(look.rules, wanted_of(look.all()), has);
    if (resize(look, look.newest()->name.name, next)) return;
  }
  for (const Scaling& set : shrinking(look.rules, look.old(), *look.newest()))
    resize(look, set.name, set.replicas);
}

void Deployments::replace(Look& look) {
  bool scaled = false;
  for (const ReplicaSetView& set : look.old()) scaled = resize(look, set.name.name, 0) || scaled;
  if (scaled || old_pods_run(look)) return;
  if (!look.has_newest) make_newest(look);
  resize(look, look.newest()->name.name, look.rules.replicas);
}

bool Deployments::old_pods_run(const Look& look) const {
  if (pods_of(look.old()) > 0) return true;
  for (const ReplicaSetView& set : look.old())
    for (const auto& [order, pod] : parts_.pods.owned_by(set.uid))
      if (!pod->ended()) return true;
  return false;
}

void Deployments::scale_only(Look& look) {
  const ReplicaSets all = look.all();
  std::vector<const ReplicaSetView*> active;
  for (const ReplicaSetView& set : all)
    if (set.wanted > 0) active.push_back(&set);
  if (active.size() <= 1) {
    // Nothing runs: the newest is what shall; else the only one that runs.
    const ReplicaSetView* only = active.empty() ? nullptr : active.front();
    if (!only && !all.empty()) only = &all.back();
    if (only) resize(look, only->name.name, look.rules.replicas);
    return;
  }
  const bool saturated = look.has_newest && look.newest()->wanted == look.rules.replicas &&
                         look.newest()->desired == look.rules.replicas &&
                         look.newest()->available == look.rules.replicas;
  if (saturated) {
    for (const ReplicaSetView& set : look.old()) resize(look, set.name.name, 0);
  } else if (look.rules.rolling) {
    for (const Scaling& set :
         proportional(look.rules, all, number_of(field(*look.object, "status", "replicas"))))
      resize(look, set.name, set.replicas, true);
  }
}

bool Deployments::resize(Look& look, const std::string& set, std::int64_t replicas, bool always) {
  ReplicaSetView* target = nullptr;
  for (ReplicaSetView& one : look.sets)
    if (one.name.name == set) target = &one;
  if (!target || (!always && target->wanted == replicas)) return false;
  const bool sized = target->wanted != replicas;
  const bool noted = target->desired == look.rules.replicas &&
                     target->most == look.rules.replicas + look.rules.surge;
  if (!sized && noted) return false;
  parts_.objects.edit(replica_set_ref(target->name),
                      {{"metadata", {{"annotations", size_notes(look.rules)}}},
                       {"spec", {{"replicas", replicas}}}});
  if (sized)
    parts_.events.tell(*look.object, {EventType::normal, "ScalingReplicaSet",
                                      fmt::format("Scaled {} replica set {} from {} to {}",
                                                  target->wanted < replicas ? "up" : "down", set,
                                                  target->wanted, replicas),
                                      "deployment-controller"});
  target->wanted = replicas;
  return sized;
}

void Deployments::prune(const Look& look) {
  const std::int64_t many = static_cast<std::int64_t>(look.old().size()) - *look.rules.history;
  if (many <= 0) return;
  std::vector<ReplicaSetView> old(look.old().begin(), look.old().end());
  std::stable_sort(old.begin(), old.end(), [](const ReplicaSetView& a, const ReplicaSetView& b) {
    return a.revision < b.revision;
  });
  for (std::int64_t at = 0; at < many; ++at) {
    const ReplicaSetView& set = old[static_cast<std::size_t>(at)];
    if (set.pods == 0 && set.wanted == 0 && set.observed)
      parts_.objects.erase(replica_set_ref(set.name));
  }
}

void Deployments::finish(Look& look, Judging judging) {
  const RolloutScene scene{*look.object, look.rules, look.all(), look.newest()};
  const Name name{look.name_space(), look.name()};
  const ObjectRef ref = deployment_ref(name.name_space, name.name);
  const Json status = deployment_status(scene, std::move(look.conditions), parts_.world, judging);
  if (rollout_complete(*look.object, status, look.rules) || look.rules.paused) prune(look);
  Json patch = merge_patch_between(object_of(field(*look.object, "status")), status);
  Json change = Json::object();
  if (!look.revision.empty() &&
      text_of(field(*look.object, "metadata", "annotations", revision_note)) != look.revision)
    change["metadata"]["annotations"][revision_note] = look.revision;
  // The revision goes with the status: by itself it would look like somebody's wish.
  if (!patch.empty() || !change.empty()) change["status"] = std::move(patch);
  if (!change.empty()) parts_.objects.edit(ref, change);
  if (const auto deadline = progress_deadline(scene, status, parts_.world);
      deadline && judging == Judging::progress)
    reactions_.at(name, std::max(*deadline, parts_.world.now() + parts_.settings.controller_delay));
}

}  // namespace ostler::lab
