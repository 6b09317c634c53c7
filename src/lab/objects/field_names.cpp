// The names and types of fields: what strict field validation and decoding refuse (k8s.io/api,
// Traefik's CRDs).
#include "lab/objects/field_names.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

#include <limits>
#include <map>
#include <sstream>

namespace ostler::lab {
namespace {

/// One type a line: its name, then its fields, each with the type of what it holds (or of the items
/// of the list that it holds) where that is known here: another line's, or string, bool, int32,
/// int64, texts (strings by name). An indented line goes on with the one before.
constexpr const char* type_lines =
    R"(
Meta name:string generateName:string namespace:string selfLink uid:string
  resourceVersion:string generation creationTimestamp deletionTimestamp
  deletionGracePeriodSeconds labels:texts annotations:texts ownerReferences:Owner finalizers
  managedFields
Owner apiVersion kind name uid controller blockOwnerDeletion
Selector matchLabels:texts matchExpressions:Requirement
Requirement key operator values
ConfigMap apiVersion kind metadata:Meta immutable data:texts binaryData
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
DeploymentSpec replicas:int32 selector:Selector template:Template strategy:Strategy
  minReadySeconds:int32 revisionHistoryLimit:int32 paused:bool progressDeadlineSeconds:int32
Strategy type rollingUpdate:RollingUpdate
RollingUpdate maxUnavailable maxSurge
ReplicaSetSpec replicas:int32 minReadySeconds:int32 selector:Selector template:Template
StatefulSetSpec replicas:int32 selector:Selector template:Template volumeClaimTemplates
  serviceName:string podManagementPolicy updateStrategy revisionHistoryLimit:int32
  minReadySeconds:int32 persistentVolumeClaimRetentionPolicy ordinals
JobSpec parallelism:int32 completions:int32 activeDeadlineSeconds:int64 podFailurePolicy
  successPolicy backoffLimit:int32 backoffLimitPerIndex maxFailedIndexes selector:Selector
  manualSelector template:Template ttlSecondsAfterFinished:int32 completionMode suspend:bool
  podReplacementPolicy managedBy
CronJobSpec schedule:string timeZone startingDeadlineSeconds concurrencyPolicy:string
  suspend:bool jobTemplate:JobTemplate successfulJobsHistoryLimit failedJobsHistoryLimit
JobTemplate metadata:Meta spec:JobSpec
Template metadata:Meta spec:PodSpec
PodSpec volumes initContainers:Container containers:Container ephemeralContainers
  restartPolicy:string terminationGracePeriodSeconds:int64 activeDeadlineSeconds:int64
  dnsPolicy:string nodeSelector:texts serviceAccountName:string serviceAccount
  automountServiceAccountToken nodeName:string hostNetwork:bool hostPID hostIPC
  shareProcessNamespace securityContext:PodSecurity imagePullSecrets hostname subdomain
  affinity schedulerName tolerations:Toleration hostAliases priorityClassName priority:int32
  dnsConfig readinessGates runtimeClassName enableServiceLinks preemptionPolicy overhead
  topologySpreadConstraints:Spread setHostnameAsFQDN os hostUsers schedulingGates
  resourceClaims resources hostnameOverride workloadRef schedulingGroup
PodSecurity seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot supplementalGroups
  supplementalGroupsPolicy fsGroup sysctls fsGroupChangePolicy seccompProfile appArmorProfile
  seLinuxChangePolicy
Toleration key operator value effect tolerationSeconds
Spread maxSkew topologyKey whenUnsatisfiable labelSelector:Selector minDomains
  nodeAffinityPolicy nodeTaintsPolicy matchLabelKeys
Container name:string image:string command args workingDir:string ports:ContainerPort
  envFrom:EnvFrom env:Env resources:Resources resizePolicy restartPolicy restartPolicyRules
  volumeMounts:Mount volumeDevices livenessProbe:Probe readinessProbe:Probe startupProbe:Probe
  lifecycle:Lifecycle terminationMessagePath terminationMessagePolicy imagePullPolicy:string
  securityContext:Security stdin stdinOnce tty
ContainerPort name:string hostPort:int32 containerPort:int32 protocol:string hostIP
EnvFrom prefix configMapRef secretRef
Env name:string value:string valueFrom:EnvSource
EnvSource fieldRef resourceFieldRef configMapKeyRef secretKeyRef fileKeyRef
Resources limits requests claims
Mount name readOnly recursiveReadOnly mountPath subPath mountPropagation subPathExpr
Probe exec httpGet:HttpGet tcpSocket grpc initialDelaySeconds:int32 timeoutSeconds:int32
  periodSeconds:int32 successThreshold:int32 failureThreshold:int32
  terminationGracePeriodSeconds
HttpGet path:string port host:string scheme:string httpHeaders
Lifecycle postStart:Handler preStop:Handler stopSignal
Handler exec httpGet:HttpGet tcpSocket sleep:Sleep
Sleep seconds:int64
Security capabilities privileged seLinuxOptions windowsOptions runAsUser runAsGroup
  runAsNonRoot readOnlyRootFilesystem allowPrivilegeEscalation procMount seccompProfile
  appArmorProfile
ServiceSpec ports:ServicePort selector:texts clusterIP:string clusterIPs type:string
  externalIPs sessionAffinity loadBalancerIP loadBalancerSourceRanges externalName:string
  externalTrafficPolicy healthCheckNodePort publishNotReadyAddresses sessionAffinityConfig
  ipFamilies ipFamilyPolicy allocateLoadBalancerNodePorts loadBalancerClass
  internalTrafficPolicy trafficDistribution
ServicePort name:string protocol:string appProtocol port:int32 targetPort nodePort:int32
AutoscalerSpec scaleTargetRef:Reference minReplicas:int32 maxReplicas:int32 metrics:Metric
  behavior:Behavior
Reference kind name apiVersion
Metric type object pods resource containerResource external
Behavior scaleUp:ScalingRules scaleDown:ScalingRules
ScalingRules stabilizationWindowSeconds:int32 selectPolicy:string policies:ScalingPolicy
  tolerance
ScalingPolicy type:string value:int32 periodSeconds:int32
BudgetSpec minAvailable selector:Selector maxUnavailable unhealthyPodEvictionPolicy
IngressSpec ingressClassName defaultBackend:IngressBackend tls:IngressTls rules:IngressRule
IngressBackend service:IngressService resource
IngressService name port:IngressPort
IngressPort name number
IngressTls hosts secretName
IngressRule host http:IngressPaths
IngressPaths paths:IngressPath
IngressPath path pathType backend:IngressBackend
LeaseSpec holderIdentity:string leaseDurationSeconds:int32 acquireTime renewTime
  leaseTransitions:int32 strategy preferredHolder
ScaleSpec replicas:int32
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

/// The word for what was sent, as the server's decoder says it.
std::string found_word(const Json& value) {
  if (value.is_boolean()) return "bool";
  if (value.is_number_float()) return "number " + to_bytes(value);
  return value.type_name();
}

bool is_int(const Json& value, bool wide) {
  if (!value.is_number_integer()) return false;
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  return wide || (value <= most && value >= -most - 1);
}

/// What a value of that type would be, when this one is none; null fits everywhere.
std::string misfit(const Json& value, const std::string& type) {
  if (value.is_null() || type.empty()) return "";
  if (type == "string") return value.is_string() ? "" : "string";
  if (type == "bool") return value.is_boolean() ? "" : "boolean";
  if (type == "int32" || type == "int64")
    return is_int(value, type == "int64") ? "" : "numeric (int or float)";
  return value.is_structured() ? "" : "map";
}

WrongType wrong_type_at(const Json& value, const std::string& type, const std::string& owner,
                        const std::string& place, const std::string& plain) {
  const std::string wanted = misfit(value, type);
  if (!wanted.empty()) {
    const std::string go = wanted == "map" && type != "texts" ? "v1." + type : type;
    return {place, found_word(value),
            fmt::format("json: cannot unmarshal {} into Go struct field {}.{} of type {}",
                        found_word(value), owner == "Meta" ? "ObjectMeta" : owner, plain,
                        type == "texts" ? "map[string]string" : go),
            fmt::format(".{}: expected {}, got {}", place, wanted, value.type_name())};
  }
  const auto below = [&place](const std::string& name) {
    return place.empty() ? name : place + "." + name;
  };
  if (type == "texts" && value.is_object()) {
    for (const auto& [name, text] : value.items())
      if (WrongType wrong = wrong_type_at(text, "string", owner, below(name), plain);
          !wrong.place.empty())
        return wrong;
    return {};
  }
  const auto fields = types().find(type);
  if (fields == types().end()) return {};
  if (value.is_array())
    for (std::size_t item = 0; item < value.size(); ++item)
      if (WrongType wrong =
              wrong_type_at(value[item], type, owner, fmt::format("{}[{}]", place, item), plain);
          !wrong.place.empty())
        return wrong;
  if (!value.is_object()) return {};
  for (const auto& [name, member] : value.items()) {
    const auto known = fields->second.find(name);
    if (known == fields->second.end()) continue;
    WrongType wrong = wrong_type_at(member, known->second, type, below(name),
                                    plain.empty() ? name : plain + "." + name);
    if (!wrong.place.empty()) return wrong;
  }
  return {};
}

}  // namespace

std::optional<WrongType> wrong_type(const std::string& kind, const Json& object) {
  WrongType wrong = wrong_type_at(object, kind, kind, "", "");
  if (wrong.place.empty()) return std::nullopt;
  return wrong;
}

std::vector<std::string> take_unknown_fields(const ApiKind& kind, Json& object) {
  std::vector<std::string> taken;
  take(object, kind.kind, "", taken);
  return taken;
}

}  // namespace ostler::lab
