// kubernetes.workloads: web, cron and queue are at rest and whole, and nothing of an earlier
// release is left over.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/autoscaler.hpp"
#include "ostler/systems/workload.hpp"

namespace ostler {

namespace {

constexpr const char* finish_first =
    "Look with 'ostler status' for the run that left it, and resume that or roll it back.";

/// A Pod that updates its database whenever it starts would run beside the release's own update,
/// and both may die.
std::string updating_argument(const Json& deployment) {
  for (const Json& container : value_at(deployment, "/spec/template/spec/containers"))
    for (const char* list : {"/command", "/args"})
      for (const Json& argument : value_at(container, list)) {
        const std::string text = text_at(argument, "");
        for (const char* word : {"-u", "-i", "--update", "--init"})
          if (text == word || starts_with(text, std::string(word) + "=")) return text;
      }
  return "";
}

std::vector<Finding> judge_workload(const ObjectRef& ref, const Json& deployment) {
  std::vector<Finding> findings;
  const RolloutState state = rollout_state(deployment);
  if (flag_at(deployment, "/spec/paused"))
    findings.push_back(failed(ref.text(), "its rollout is paused", "not paused",
                              "Resume it with kubectl rollout resume."));
  if (!state.converged)
    findings.push_back(failed(ref.text(), state.text(), "rolled out, every replica available",
                              "Wait for the rollout, or repair what keeps it from ending."));
  if (const auto fenced = annotation(deployment, fenced_annotation))
    findings.push_back(failed(ref.text(),
                              fmt::format("still fenced at 0 of {} replicas", sanitize(*fenced)),
                              "not fenced", finish_first));
  if (const std::string argument = updating_argument(deployment); !argument.empty())
    findings.push_back(
        failed(ref.text(), fmt::format("every start updates the database ({})", sanitize(argument)),
               "no -u and no -i in command and args",
               "Take the argument out; the release updates each tenant once."));
  if (!findings.empty()) return findings;
  std::string found = fmt::format("{} of {} available", state.available, state.wanted);
  auto container = main_container(deployment);
  if (!container) return {not_seen(ref.text(), container.failure())};
  const std::string image = container_image(deployment, *container);
  if (image.find('@') == std::string::npos)
    found += fmt::format(", image by tag ({}), which may move", sanitize(image));
  return {passed(ref.text(), found)};
}

std::vector<Finding> look_at_workload(const ObjectRef& ref, const Looks& looks) {
  const auto object = looks.kubernetes().get(ref);
  if (!object) return {not_seen(ref.text(), object.failure())};
  if (!object->has_value())
    return {failed(ref.text(), "it does not exist", "a Deployment",
                   "Correct the cell's workloads and namespace.")};
  return judge_workload(ref, **object);
}

void look_at_leftovers(const CellConfig& cell, const Looks& looks, std::vector<Finding>& findings) {
  const ObjectRef canary = deployment_ref(cell.name_space, cell.workloads.web + "-canary");
  const auto left = looks.kubernetes().get(canary);
  if (!left)
    findings.push_back(not_seen(canary.text(), left.failure()));
  else if (left->has_value())
    findings.push_back(failed(canary.text(), "a canary is there", "none", finish_first));
  if (cell.autoscaler.empty()) return;
  const ObjectRef ref = autoscaler_ref(cell.name_space, cell.autoscaler);
  const auto autoscaler = looks.kubernetes().get(ref);
  if (!autoscaler)
    findings.push_back(not_seen(ref.text(), autoscaler.failure()));
  else if (!autoscaler->has_value())
    findings.push_back(failed(ref.text(), "it does not exist", "a HorizontalPodAutoscaler",
                              "Correct the cell's autoscaler, or leave it out."));
  else if (is_held(**autoscaler))
    findings.push_back(failed(ref.text(), "still held by a run", "not held", finish_first));
}

std::vector<Finding> measure(const CheckSubject& subject, const Looks& looks) {
  std::vector<Finding> findings;
  for (const CellConfig& cell : subject.environment->cells) {
    for (const std::string& name :
         {cell.workloads.web, cell.workloads.cron, cell.workloads.queue}) {
      if (name.empty()) continue;
      for (Finding& finding : look_at_workload(deployment_ref(cell.name_space, name), looks))
        findings.push_back(std::move(finding));
    }
    look_at_leftovers(cell, looks, findings);
  }
  return findings;
}

}  // namespace

extern const CheckKind kubernetes_workloads_check{
    "kubernetes.workloads",
    "OSTLER-K003",
    "kubernetes",
    "web, cron and queue are rolled out and whole, with no leftovers of a release",
    "Wait for running rollouts; finish or undo the run that left a canary, a fence or a held "
    "autoscaler.",
    measure};

}  // namespace ostler
