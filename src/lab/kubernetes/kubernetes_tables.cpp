// What `kubectl get` shows: tables (kubernetes' pkg/printers/internalversion).
#include "lab/kubernetes/kubernetes_tables.hpp"

#include "lab/kubernetes/kubernetes_cells.hpp"

#include <fmt/format.h>

#include <map>

namespace ostler::lab {
namespace {

const std::vector<Column> plain{{"Name"}, {"Age"}};

/// The columns of that kind, and what fills them.
struct Layout {
  std::vector<Column> columns;
  Json (*cells)(const Json& object, WallTime now);
};

Json plain_cells(const Json& object, WallTime now) {
  return Json::array({text_at(object, "/metadata/name"), age(object, now)});
}

const Layout& layout_of(const ApiKind& kind) {
  static const std::vector<Column> wide{
      {"Containers", "string", 1}, {"Images", "string", 1}, {"Selector", "string", 1}};
  static const auto with_wide = [](std::vector<Column> columns) {
    columns.insert(columns.end(), wide.begin(), wide.end());
    return columns;
  };
  static const std::map<std::string_view, Layout> layouts{
      {"Pod",
       {{{"Name"},
         {"Ready"},
         {"Status"},
         {"Restarts"},
         {"Age"},
         {"IP", "string", 1},
         {"Node", "string", 1},
         {"Nominated Node", "string", 1},
         {"Readiness Gates", "string", 1}},
        pod_cells}},
      {"Deployment",
       {with_wide({{"Name"}, {"Ready"}, {"Up-to-date"}, {"Available"}, {"Age"}}),
        deployment_cells}},
      {"ReplicaSet",
       {with_wide({{"Name"},
                   {"Desired", "integer"},
                   {"Current", "integer"},
                   {"Ready", "integer"},
                   {"Age"}}),
        replica_set_cells}},
      {"StatefulSet",
       {{{"Name"}, {"Ready"}, {"Age"}, {"Containers", "string", 1}, {"Images", "string", 1}},
        stateful_set_cells}},
      {"Job",
       {with_wide({{"Name"}, {"Status"}, {"Completions"}, {"Duration"}, {"Age"}}), job_cells}},
      {"Service",
       {{{"Name"},
         {"Type"},
         {"Cluster-IP"},
         {"External-IP"},
         {"Port(s)"},
         {"Age"},
         {"Selector", "string", 1}},
        service_cells}},
      {"HorizontalPodAutoscaler",
       {{{"Name"}, {"Reference"}, {"Targets"}, {"MinPods"}, {"MaxPods"}, {"Replicas"}, {"Age"}},
        autoscaler_cells}},
      {"PodDisruptionBudget",
       {{{"Name"},
         {"Min Available"},
         {"Max Unavailable"},
         {"Allowed Disruptions", "integer"},
         {"Age"}},
        budget_cells}},
      {"Node",
       {{{"Name"},
         {"Status"},
         {"Roles"},
         {"Age"},
         {"Version"},
         {"Internal-IP", "string", 1},
         {"External-IP", "string", 1},
         {"OS-Image", "string", 1},
         {"Kernel-Version", "string", 1},
         {"Container-Runtime", "string", 1}},
        node_cells}},
      {"Event",
       {{{"Last Seen"},
         {"Type"},
         {"Reason"},
         {"Object"},
         {"Subobject", "string", 1},
         {"Source", "string", 1},
         {"Message"},
         {"First Seen", "string", 1},
         {"Count", "string", 1},
         {"Name", "string", 1}},
        event_cells}},
      {"Namespace", {{{"Name"}, {"Status"}, {"Age"}}, namespace_cells}},
      {"ConfigMap", {{{"Name"}, {"Data"}, {"Age"}}, config_map_cells}},
      {"Secret", {{{"Name"}, {"Type"}, {"Data"}, {"Age"}}, secret_cells}},
      {"Lease", {{{"Name"}, {"Holder"}, {"Age"}}, lease_cells}},
      {"EndpointSlice",
       {{{"Name"}, {"AddressType"}, {"Ports"}, {"Endpoints"}, {"Age"}}, endpoint_slice_cells}},
  };
  static const Layout others{plain, plain_cells};
  static const Layout custom{{{"Name"}, {"Age", "date"}}, plain_cells};
  const auto found = layouts.find(kind.kind);
  if (found != layouts.end()) return found->second;
  return kind.custom ? custom : others;
}

}  // namespace

std::string human_duration(std::chrono::seconds duration) {
  const std::int64_t seconds = duration.count();
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  // The rest is left out when it is zero.
  const auto pair = [](std::int64_t whole, const char* unit, std::int64_t rest, const char* part) {
    return rest == 0 ? fmt::format("{}{}", whole, unit)
                     : fmt::format("{}{}{}{}", whole, unit, rest, part);
  };
  const std::int64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
  if (seconds < 120) return fmt::format("{}s", seconds);
  if (minutes < 10) return pair(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return fmt::format("{}m", minutes);
  if (hours < 8) return pair(hours, "h", minutes % 60, "m");
  if (hours < 48) return fmt::format("{}h", hours);
  if (days < 8) return pair(days, "d", hours % 24, "h");
  if (days < 730) return fmt::format("{}d", days);
  if (days < 365L * 8) return pair(days / 365, "y", days % 365, "d");
  return fmt::format("{}y", days / 365);
}

Json table_of(const ApiKind& kind, const std::vector<const Json*>& objects, WallTime now,
              RowObject form, const Json& metadata) {
  const Layout& layout = layout_of(kind);
  Json table{{"kind", "Table"},
             {"apiVersion", "meta.k8s.io/v1"},
             {"metadata", metadata},
             {"columnDefinitions", Json::array()},
             {"rows", Json::array()}};
  for (const Column& column : layout.columns)
    table["columnDefinitions"].push_back(
        {{"name", column.name},
         {"type", column.type},
         {"format", std::string_view(column.name) == "Name" ? "name" : ""},
         {"description", ""},
         {"priority", column.priority}});
  for (const Json* object : objects) {
    Json row{{"cells", layout.cells(*object, now)}};
    if (form == RowObject::metadata)
      row["object"] = {{"kind", "PartialObjectMetadata"},
                       {"apiVersion", "meta.k8s.io/v1"},
                       {"metadata", value_at(*object, "/metadata")}};
    else if (form == RowObject::whole)
      row["object"] = *object;
    else
      row["object"] = nullptr;
    table["rows"].push_back(std::move(row));
  }
  return table;
}

}  // namespace ostler::lab
