// kubernetes.identity: the cluster that answers is the one that the environment means.
#include "ostler/model/kind.hpp"

namespace ostler {

namespace {

std::vector<Finding> measure(const CheckSubject& subject, const Looks& looks) {
  const KubernetesConfig& config = subject.environment->kubernetes;
  const std::string cluster = "cluster " + looks.kubernetes().server();
  const auto uid = looks.kubernetes().cluster_uid();
  if (!uid) return {not_seen(cluster, uid.failure())};
  if (*uid == config.cluster_uid) return {passed(cluster, "uid " + *uid)};
  Finding wrong = failed(cluster, "uid " + *uid, "uid " + config.cluster_uid,
                         "Choose the right kubeconfig and context; only if this is the right "
                         "cluster, correct kubernetes.clusterUid.");
  wrong.place = config.cluster_uid_place;
  return {wrong};
}

}  // namespace

extern const CheckKind kubernetes_identity_check{
    "kubernetes.identity",
    "OSTLER-K001",
    "kubernetes",
    "the cluster is the one that the environment names",
    "Compare the context with kubernetes.clusterUid, the uid of the namespace kube-system.",
    measure};

}  // namespace ostler
