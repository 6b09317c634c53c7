// The names of fields: what strict field validation refuses (k8s.io/api, Traefik's CRDs).
#include "lab/objects/field_names.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

#include <map>
#include <sstream>

namespace ostler::lab {
namespace {

/// One type a line: its name, then its fields, each with the type of what it holds (or of the items
/// of the list that it holds) where that is known here. An indented line goes on with the one
/// before.
constexpr const char* type_lines =
    R"(
Meta name generateName namespace selfLink uid resourceVersion generation creationTimestamp
  deletionTimestamp deletionGracePeriodSeconds labels annotations ownerReferences:Owner
  finalizers managedFields
Owner apiVersion kind name uid controller blockOwnerDeletion
Selector matchLabels matchExpressions:Requirement
Requirement key operator values
ConfigMap apiVersion kind metadata:Meta immutable data binaryData
Secret apiVersion kind metadata:Meta immutable data stringData type
Namespace apiVersion kind metadata:Meta spec status
Pod apiVersion kind metadata:Meta spec:PodSpec status
Service apiVersion kind metadata:Meta spec:ServiceSpec status
Deployment apiVersion kind metadata:Meta spec:DeploymentSpec status
ReplicaSet apiVersion kind metadata:Meta spec:ReplicaSetSpec status
StatefulSet apiVersion kind metadata:Meta spec:StatefulSetSpec status
Job apiVersion kind metadata:Meta spec:JobSpec status
CronJob apiVersion kind metadata:Meta spec:CronJobSpec status
HorizontalPodAutoscaler apiVersion kind metadata:Meta spec:AutoscalerSpec status
PodDisruptionBudget apiVersion kind metadata:Meta spec:BudgetSpec status
Ingress apiVersion kind metadata:Meta spec:IngressSpec status
Lease apiVersion kind metadata:Meta spec:LeaseSpec
Scale apiVersion kind metadata:Meta spec:ScaleSpec status
IngressRoute apiVersion kind metadata:Meta spec:IngressRouteSpec
TraefikService apiVersion kind metadata:Meta spec:TraefikServiceSpec
DeploymentSpec replicas selector:Selector template:Template strategy:Strategy minReadySeconds
  revisionHistoryLimit paused progressDeadlineSeconds
Strategy type rollingUpdate:RollingUpdate
RollingUpdate maxUnavailable maxSurge
ReplicaSetSpec replicas minReadySeconds selector:Selector template:Template
StatefulSetSpec replicas selector:Selector template:Template volumeClaimTemplates serviceName
  podManagementPolicy updateStrategy revisionHistoryLimit minReadySeconds
  persistentVolumeClaimRetentionPolicy ordinals
JobSpec parallelism completions activeDeadlineSeconds podFailurePolicy successPolicy
  backoffLimit backoffLimitPerIndex maxFailedIndexes selector:Selector manualSelector
  template:Template ttlSecondsAfterFinished completionMode suspend podReplacementPolicy
  managedBy
CronJobSpec schedule timeZone startingDeadlineSeconds concurrencyPolicy suspend
  jobTemplate:JobTemplate successfulJobsHistoryLimit failedJobsHistoryLimit
JobTemplate metadata:Meta spec:JobSpec
Template metadata:Meta spec:PodSpec
PodSpec volumes initContainers:Container containers:Container ephemeralContainers restartPolicy
  terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName
  serviceAccount automountServiceAccountToken nodeName hostNetwork hostPID hostIPC
  shareProcessNamespace securityContext:PodSecurity imagePullSecrets hostname subdomain affinity
  schedulerName tolerations:Toleration hostAliases priorityClassName priority dnsConfig
  readinessGates runtimeClassName enableServiceLinks preemptionPolicy overhead
  topologySpreadConstraints:Spread setHostnameAsFQDN os hostUsers schedulingGates resourceClaims
  resources hostnameOverride workloadRef schedulingGroup
PodSecurity seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot supplementalGroups
  supplementalGroupsPolicy fsGroup sysctls fsGroupChangePolicy seccompProfile appArmorProfile
  seLinuxChangePolicy
Toleration key operator value effect tolerationSeconds
Spread maxSkew topologyKey whenUnsatisfiable labelSelector:Selector minDomains
  nodeAffinityPolicy nodeTaintsPolicy matchLabelKeys
Container name image command args workingDir ports:ContainerPort envFrom:EnvFrom env:Env
  resources:Resources resizePolicy restartPolicy restartPolicyRules volumeMounts:Mount
  volumeDevices livenessProbe:Probe readinessProbe:Probe startupProbe:Probe lifecycle:Lifecycle
  terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext:Security stdin
  stdinOnce tty
ContainerPort name hostPort containerPort protocol hostIP
EnvFrom prefix configMapRef secretRef
Env name value valueFrom:EnvSource
EnvSource fieldRef resourceFieldRef configMapKeyRef secretKeyRef fileKeyRef
Resources limits requests claims
Mount name readOnly recursiveReadOnly mountPath subPath mountPropagation subPathExpr
Probe exec httpGet:HttpGet tcpSocket grpc initialDelaySeconds timeoutSeconds periodSeconds
  successThreshold failureThreshold terminationGracePeriodSeconds
HttpGet path port host scheme httpHeaders
Lifecycle postStart:Handler preStop:Handler stopSignal
Handler exec httpGet:HttpGet tcpSocket sleep:Sleep
Sleep seconds
Security capabilities privileged seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot
  readOnlyRootFilesystem allowPrivilegeEscalation procMount seccompProfile appArmorProfile
ServiceSpec ports:ServicePort selector clusterIP clusterIPs type externalIPs sessionAffinity
  loadBalancerIP loadBalancerSourceRanges externalName externalTrafficPolicy healthCheckNodePort
  publishNotReadyAddresses sessionAffinityConfig ipFamilies ipFamilyPolicy
  allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy trafficDistribution
ServicePort name protocol appProtocol port targetPort nodePort
AutoscalerSpec scaleTargetRef:Reference minReplicas maxReplicas metrics:Metric behavior:Behavior
Reference kind name apiVersion
Metric type object pods resource containerResource external
Behavior scaleUp:ScalingRules scaleDown:ScalingRules
ScalingRules stabilizationWindowSeconds selectPolicy policies:ScalingPolicy tolerance
ScalingPolicy type value periodSeconds
BudgetSpec minAvailable selector:Selector maxUnavailable unhealthyPodEvictionPolicy
IngressSpec ingressClassName defaultBackend:IngressBackend tls:IngressTls rules:IngressRule
IngressBackend service:IngressService resource
IngressService name port:IngressPort
IngressPort name number
IngressTls hosts secretName
IngressRule host http:IngressPaths
IngressPaths paths:IngressPath
IngressPath path pathType backend:IngressBackend
LeaseSpec holderIdentity leaseDurationSeconds acquireTime renewTime leaseTransitions strategy
  preferredHolder
ScaleSpec replicas
IngressRouteSpec routes:Route entryPoints tls parentRefs
Route match kind priority syntax services:Balanced middlewares observability
TraefikServiceSpec weighted:Weighted mirroring highestRandomWeight
Weighted services:Balanced sticky
Balanced name kind namespace sticky port scheme strategy passHostHeader responseForwarding
  serversTransport weight nativeLB nodePortLB healthCheck passiveHealthCheck
)";

using Fields = std::map<std::string, std::string, std::less<>>;

const std::map<std::string, Fields, std::less<>>& types() {
  static const auto read = [] {
    std::map<std::string, Fields, std::less<>> result;
    std::istringstream lines(type_lines);
    std::string type;
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string field;
      if (!line.starts_with(' ')) words >> type;
      while (words >> field) {
        const std::size_t colon = field.find(':');
        result[type][field.substr(0, colon)] =
            colon == std::string::npos ? "" : field.substr(colon + 1);
      }
    }
    return result;
  }();
  return read;
}

void take(Json& value, const std::string& type, const std::string& at,
          std::vector<std::string>& taken) {
  const auto fields = types().find(type);
  if (fields == types().end()) return;
  if (value.is_array()) {
    for (std::size_t item = 0; item < value.size(); ++item)
      take(value[item], type, fmt::format("{}[{}]", at, item), taken);
    return;
  }
  if (!value.is_object()) return;
  for (auto member = value.begin(); member != value.end();) {
    const std::string place = at.empty() ? member.key() : at + "." + member.key();
    const auto known = fields->second.find(member.key());
    // Directives of a strategic patch are no fields.
    if (known == fields->second.end() && !member.key().starts_with('$')) {
      taken.push_back(place);
      member = value.erase(member);
      continue;
    }
    if (known != fields->second.end() && !known->second.empty())
      take(*member, known->second, place, taken);
    ++member;
  }
}

}  // namespace

std::vector<std::string> take_unknown_fields(const ApiKind& kind, Json& object) {
  std::vector<std::string> taken;
  take(object, kind.kind, "", taken);
  return taken;
}

}  // namespace ostler::lab
