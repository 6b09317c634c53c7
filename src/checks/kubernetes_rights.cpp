// kubernetes.rights: every right that the steps of a release and their undo need, asked for before
// the first of them.
#include "ostler/base/side_by_side.hpp"
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"

namespace ostler {

namespace {

struct Needed {
  const char* group;
  const char* resource;
  const char* subresource;
  const char* verbs;
};

/// In the namespace of a cell. An undo needs what its step needs and, for what a step removes, to
/// create it again.
constexpr Needed in_cell[] = {
    {"apps", "deployments", "", "get list create patch delete"},
    {"apps", "replicasets", "", "list"},
    {"", "pods", "", "list"},
    {"", "pods", "log", "get"},
    {"", "services", "", "get create patch delete"},
    {"", "configmaps", "", "get create patch delete"},
    {"batch", "jobs", "", "get list create patch delete"},
    {"discovery.k8s.io", "endpointslices", "", "list"},
    {"autoscaling", "horizontalpodautoscalers", "", "get patch"},
    {"traefik.io", "traefikservices", "", "get list patch"},
};

constexpr std::size_t questions_at_once = 8;

std::vector<AccessQuestion> questions_for(const std::string& name_space) {
  std::vector<AccessQuestion> questions;
  for (const Needed& needed : in_cell)
    for (const std::string& verb : split(needed.verbs, ' '))
      questions.push_back({verb, needed.group, needed.resource, needed.subresource, name_space});
  return questions;
}

std::string text(const AccessQuestion& question) {
  return fmt::format("{} {}{}", question.verb, question.resource,
                     question.subresource.empty() ? "" : "/" + question.subresource);
}

Finding ask(const std::string& name_space, const std::vector<AccessQuestion>& questions,
            const Looks& looks) {
  const std::string subject = "namespace " + name_space;
  std::vector<Result<bool>> answers(questions.size(), false);
  side_by_side(questions.size(), questions_at_once, [&](std::size_t index) {
    answers[index] = looks.kubernetes().allowed(questions[index]);
  });
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i]) return not_seen(subject, answers[i].failure());
    if (!*answers[i]) missing.push_back(text(questions[i]));
  }
  if (missing.empty()) return passed(subject, fmt::format("all {} rights", questions.size()));
  return failed(subject, "may not " + join(missing, ", "), "every right of a release and its undo",
                "Bind a Role with these verbs to the account of the kubeconfig's context.");
}

std::vector<Finding> measure(const CheckSubject& subject, const Looks& looks) {
  std::map<std::string, std::vector<AccessQuestion>> by_namespace;
  for (const CellConfig& cell : subject.environment->cells)
    by_namespace[cell.name_space] = questions_for(cell.name_space);
  const TraefikConfig& traefik = subject.environment->traefik;
  auto& at_proxies = by_namespace[traefik.name_space];
  at_proxies.push_back({"list", "", "pods", "", traefik.name_space});
  if (traefik.through_api_server)
    at_proxies.push_back({"get", "", "pods", "proxy", traefik.name_space});
  std::vector<Finding> findings;
  for (const auto& [name_space, questions] : by_namespace)
    findings.push_back(ask(name_space, questions, looks));
  return findings;
}

}  // namespace

extern const CheckKind kubernetes_rights_check{
    "kubernetes.rights",
    "OSTLER-K002",
    "kubernetes",
    "the account may do all that the steps and their undo need",
    "Bind a Role with the missing verbs to the account; nothing beyond them is needed.",
    measure};

}  // namespace ostler
