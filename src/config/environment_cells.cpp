// Reads the cells of environment.yaml: what is released as one, in which wave, for which tenants.
#include "environment_parts.hpp"
#include "values.hpp"

#include "ostler/base/text.hpp"

#include <map>
#include <set>

namespace ostler {
namespace {

constexpr std::size_t longest_database_name = 63;

/// Who claimed something that only one cell may have.
using Claims = std::map<std::string, int>;

void claim(Claims& claims, const std::string& key, const Field& field, std::string_view what,
           Report& report) {
  const auto [first, fresh] = claims.emplace(key, field.span.line);
  if (fresh) return;
  report.error(
      field.span, fmt::format("{} stands twice in 'cells'", what),
      {fmt::format(
          "The first one stands in line {}; each belongs to one cell and has one part in it.",
          first->second)});
}

struct Uniqueness {
  Claims names, workloads, routes, tenants;
};

std::string read_database_name(const Field& field, Report& report) {
  std::string text = read_text(field, report);
  const bool fits =
      text.size() <= longest_database_name && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
      });
  if (text.empty() || (fits && text[0] != '-')) return text;
  report.error(
      field.span,
      fmt::format("{} must be a database's name, found {}", field.name, found(*field.node, report)),
      {"A tenant's database has letters, digits, '_', '-' and '.', at most 63."});
  return "";
}

WorkloadsConfig read_workloads(const Field& field, const std::string& name_space,
                               Uniqueness& unique, Report& report) {
  WorkloadsConfig result;
  MapReader map(field, report);
  if (!map.usable()) return result;
  const auto read = [&](const Field& workload) {
    const std::string name = read_kubernetes_name(workload, report);
    if (!name.empty()) {
      claim(unique.workloads, name_space + "/" + name, workload,
            fmt::format("the workload '{}'", name), report);
    }
    return name;
  };
  result.web = read(map.required("web"));
  result.cron = read(map.optional("cron"));
  result.queue = read(map.optional("queue"));
  return result;
}

std::string read_route(const Field& field, const std::string& name_space, Uniqueness& unique,
                       Report& report) {
  MapReader map(field, report);
  if (!map.usable()) return "";
  map.refuse_future({"gateway", "ingress"});
  const Field traefik = map.required("traefik");
  const std::string name = read_kubernetes_name(traefik, report);
  if (!name.empty())
    claim(unique.routes, name_space + "/" + name, traefik, fmt::format("the route '{}'", name),
          report);
  return name;
}

TenantsConfig read_tenants(const Field& field, const KnownNames& names, Uniqueness& unique,
                           const Reading& reading) {
  Report& report = reading.report;
  TenantsConfig result;
  MapReader map(field, report);
  if (!map.usable()) return result;
  map.refuse_future({"parallel", "waves", "retry"});
  result.place = report.source().place(field.span);
  const Field server = map.required("server");
  result.server = read_name(server, report);
  if (!names.servers.empty())
    check_known(server, result.server, names.servers, "PostgreSQL server", report);
  const Field query = map.optional("query"), list = map.optional("names");
  if (!!query == !!list) {
    report.error(field.span, fmt::format("{} must have either 'query' or 'names'", field.name),
                 {"A query gives the databases' names in its first column; names lists them."});
  }
  result.query = read_long_text(query, report);
  for (const Field& item : list_items(list, report)) {
    const std::string name = read_database_name(item, report);
    if (name.empty()) continue;
    claim(unique.tenants, result.server + "/" + name, item,
          fmt::format("the tenant '{}' of server '{}'", name, result.server), report);
    result.names.push_back(name);
  }
  result.stop_loss =
      static_cast<int>(read_integer(map.optional("stopLoss"), {1, 100000}, report).value_or(1));
  return result;
}

CellConfig read_cell(const Field& field, const KnownNames& names, Uniqueness& unique,
                     const Reading& reading) {
  Report& report = reading.report;
  CellConfig cell;
  MapReader map(field, report);
  if (!map.usable()) return cell;
  map.refuse_future({"freezes", "calendar", "windows", "cache", "probes"});
  cell.place = report.source().place(field.span);
  const Field name = map.required("name");
  // Names of cells become names and labels of Kubernetes objects.
  cell.name = read_kubernetes_label(name, report);
  if (!cell.name.empty()) {
    const auto [first, fresh] = unique.names.emplace(cell.name, name.span.line);
    if (!fresh) {
      report.error(
          name.span, fmt::format("there are two cells '{}'", cell.name),
          {fmt::format("The first one stands in line {}; rename one of them.", first->second)});
    }
  }
  const Field wave = map.required("wave");
  cell.wave = read_name(wave, report);
  if (!names.waves.empty()) check_known(wave, cell.wave, names.waves, "wave", report);
  cell.name_space = read_kubernetes_label(map.required("namespace"), report);
  cell.workloads = read_workloads(map.required("workloads"), cell.name_space, unique, report);
  cell.autoscaler = read_kubernetes_name(map.optional("autoscaler"), report);
  cell.route = read_route(map.required("route"), cell.name_space, unique, report);
  cell.port = static_cast<int>(read_integer(map.optional("port"), {1, 65535}, report).value_or(0));
  cell.tenants = read_tenants(map.required("tenants"), names, unique, reading);
  return cell;
}

}  // namespace

std::vector<CellConfig> read_cells(const Field& field, const KnownNames& names,
                                   const Reading& reading) {
  std::vector<CellConfig> all;
  Uniqueness unique;
  for (const Field& item : list_items(field, reading.report))
    all.push_back(read_cell(item, names, unique, reading));
  return all;
}

}  // namespace ostler
