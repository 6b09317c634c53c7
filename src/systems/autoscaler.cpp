// What a HorizontalPodAutoscaler is to a release: holding it, releasing it, and what it is
// remembered by.
#include "ostler/systems/autoscaler.hpp"

#include "ostler/base/text.hpp"
#include "ostler/systems/workload.hpp"

namespace ostler {
namespace {

Json member_or_null(const Json& object, const char* pointer) {
  return value_at(object, pointer);
}

/// The part of a merge patch that makes minimum and behaviour what `wanted` says.
Json spec_patch(const Json& now, const Json& wanted) {
  Json from = Json::object(), to = Json::object();
  for (const char* name : {"minReplicas", "behavior"}) {
    const Json& current = value_at(value_at(now, "/spec"), std::string("/") + name);
    if (!current.is_null()) from[name] = current;
    const Json& target = value_at(wanted, std::string("/") + name);
    if (!target.is_null()) to[name] = target;
  }
  return merge_patch_between(from, to);
}

}  // namespace

Json autoscaler_snapshot(const Json& autoscaler) {
  Json annotations = breadcrumbs_of(autoscaler);
  const auto held = annotation(autoscaler, held_annotation);
  annotations[held_annotation] = held ? Json(*held) : Json(nullptr);
  return {{"minReplicas", member_or_null(autoscaler, "/spec/minReplicas")},
          {"behavior", member_or_null(autoscaler, "/spec/behavior")},
          {"annotations", std::move(annotations)}};
}

bool same_autoscaling(const Json& one, const Json& other) {
  return value_at(one, "/minReplicas") == value_at(other, "/minReplicas") &&
         value_at(one, "/behavior") == value_at(other, "/behavior");
}

bool is_held(const Json& autoscaler) {
  return annotation(autoscaler, held_annotation) &&
         text_at(autoscaler, "/spec/behavior/scaleDown/selectPolicy") == "Disabled";
}

std::string autoscaler_text(const Json& autoscaler) {
  const bool down = text_at(autoscaler, "/spec/behavior/scaleDown/selectPolicy") != "Disabled";
  return fmt::format(
      "minimum {}, maximum {}, {} running, scaling down {}",
      number_at(autoscaler, "/spec/minReplicas", 1), number_at(autoscaler, "/spec/maxReplicas"),
      number_at(autoscaler, "/status/currentReplicas"), down ? "allowed" : "disabled");
}

Result<std::int64_t> replicas_now(const KubernetesLook& kubernetes, const Json& autoscaler) {
  const std::int64_t running = number_at(autoscaler, "/status/currentReplicas");
  if (running > 0) return running;
  if (text_at(autoscaler, "/spec/scaleTargetRef/kind") != "Deployment")
    return number_at(autoscaler, "/spec/minReplicas", 1);
  OSTLER_TRY(
      const Json deployment,
      get_present(kubernetes, deployment_ref(text_at(autoscaler, "/metadata/namespace"),
                                             text_at(autoscaler, "/spec/scaleTargetRef/name"))));
  return wanted_replicas(deployment);
}

Json hold_patch(const Json& autoscaler, std::int64_t replicas, const Breadcrumb& breadcrumb) {
  const std::int64_t floor = number_at(autoscaler, "/spec/minReplicas", 1);
  const std::int64_t most = number_at(autoscaler, "/spec/maxReplicas", replicas);
  const Json note{{"minReplicas", member_or_null(autoscaler, "/spec/minReplicas")},
                  {"behavior", member_or_null(autoscaler, "/spec/behavior")}};
  Json annotations = annotations_of(breadcrumb);
  annotations[held_annotation] = to_bytes(note);
  return {{"metadata", {{"annotations", std::move(annotations)}}},
          {"spec",
           {{"minReplicas", std::max(floor, std::min(replicas, most))},
            {"behavior", {{"scaleDown", {{"selectPolicy", "Disabled"}}}}}}}};
}

Result<Json> release_patch(const Json& autoscaler, const Breadcrumb& breadcrumb) {
  const auto note = parse_json(annotation(autoscaler, held_annotation).value_or(""),
                               "annotation ostler.dev/held");
  if (!note.ok())
    return Failure{
        FailureKind::refused, note.failure().message,
        "Put the autoscaler's minimum and behaviour back by hand and delete the annotation.", ""};
  Json annotations = annotations_of(breadcrumb);
  annotations[held_annotation] = nullptr;
  return Json{{"metadata", {{"annotations", std::move(annotations)}}},
              {"spec", spec_patch(autoscaler, *note)}};
}

Result<void> restore_autoscaler(Kubernetes& kubernetes, const ObjectRef& ref,
                                const Json& snapshot) {
  const auto changed = restore_guarded(kubernetes, ref, [&](const Json& now) -> Result<Json> {
    const Json current = autoscaler_snapshot(now);
    if (current == snapshot) return Json::object();
    if (!same_autoscaling(current, snapshot) && !has_breadcrumb(now))
      return diverged(ref.text(), autoscaler_text(now), "held by ostler, or as before");
    Json patch{{"metadata", {{"annotations", value_at(snapshot, "/annotations")}}}};
    if (Json spec = spec_patch(now, snapshot); !spec.empty()) patch["spec"] = std::move(spec);
    return patch;
  });
  if (!changed.ok()) return changed.failure();
  return {};
}

}  // namespace ostler
