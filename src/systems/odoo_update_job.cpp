// The Kubernetes Job that runs `odoo -u` for one tenant, and the module that keeps it from dropping
// anything.
#include "ostler/base/text.hpp"
#include "ostler/systems/odoo.hpp"
#include "ostler/systems/workload.hpp"

#include <set>

namespace ostler {
namespace {

constexpr const char* mount_path = "/mnt/ostler";

constexpr const char* guard_code =
    R"py("""Keeps what the new code no longer declares, while an update of ostler runs.

Odoo ends an update by removing the fields, models and relations whose XML id vanished, and drops their columns
and tables with them. The old version may still need those: it runs on the same database until the release is
over, and again after a rollback. Loaded by --load in the update's process only. Odoo 16 to 18.
"""
import logging

from odoo.addons.base.models import ir_model

_logger = logging.getLogger(__name__)


def _drop_column(self):
    for field in self:
        _logger.info("column kept: %s.%s", field.model.replace(".", "_"), field.name)
    return True


def _drop_table(self):
    for model in self:
        _logger.info("table kept: %s", model.model.replace(".", "_"))
    return True


def _module_data_uninstall(self):
    for relation in self:
        _logger.info("relation kept: %s", relation.name)
    self.unlink()


ir_model.IrModelFields._drop_column = _drop_column
ir_model.IrModel._drop_table = _drop_table
ir_model.IrModelRelation._module_data_uninstall = _module_data_uninstall
)py";

constexpr const char* guard_manifest = R"py({
    "name": "ostler guard",
    "summary": "Keeps columns and tables while an update of ostler runs",
    "version": "1.0",
    "license": "LGPL-3",
    "depends": ["base"],
    "installable": False,
}
)py";

std::string short_key(const std::string& key) {
  return key.substr(0, 8);
}

/// Lower-case letters, digits and single dashes, as names of Kubernetes objects want them.
std::string fit_name(const std::string& text, std::size_t limit) {
  std::string name;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (std::isalnum(byte)) {
      name += static_cast<char>(std::tolower(byte));
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  name = name.substr(0, limit);
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? "x" : name;
}

/// What the web workload's command line says about where things are; everything else of it is a
/// server's business.
struct CommandLine {
  std::vector<std::string> command, words, options;
  std::string addons_path, load = "base,web";
};

CommandLine read_command_line(const Json& container) {
  static const std::set<std::string> kept{
      "-c", "--config",       "--db_host", "--db_port",     "--db_user",
      "-r", "--db_password",  "-w",        "--db_sslmode",  "--data-dir",
      "-D", "--upgrade-path", "--pg_path", "--without-demo"};
  CommandLine line;
  std::vector<std::string> rest;
  bool in_words = true;
  const auto read = [&](const char* member, std::vector<std::string>& leading) {
    for (const Json& word : value_at(container, std::string("/") + member)) {
      if (!word.is_string()) continue;
      const std::string text = word.get<std::string>();
      in_words = in_words && !starts_with(text, "-");
      (in_words ? leading : rest).push_back(text);
    }
  };
  read("command", line.command);
  read("args", line.words);
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const auto equal = rest[i].find('=');
    const bool joined = starts_with(rest[i], "--") && equal != std::string::npos;
    const std::string name = joined ? rest[i].substr(0, equal) : rest[i];
    const bool valued = kept.contains(name) || name == "--addons-path" || name == "--load";
    if (!valued || (!joined && i + 1 >= rest.size())) continue;
    const std::string value = joined ? rest[i].substr(equal + 1) : rest[++i];
    if (name == "--addons-path")
      line.addons_path = value;
    else if (name == "--load")
      line.load = value;
    else if (starts_with(name, "--"))
      line.options.push_back(name + "=" + value);
    else
      line.options.insert(line.options.end(), {name, value});
  }
  return line;
}

void set_variable(Json& list, const std::string& name, const std::string& value) {
  if (!list.is_array()) list = Json::array();
  for (Json& one : list)
    if (text_at(one, "/name") == name) {
      one = {{"name", name}, {"value", value}};
      return;
    }
  list.push_back({{"name", name}, {"value", value}});
}

Json update_container(const UpdateAim& aim, const Json& web_container, const std::string& key) {
  const CommandLine line = read_command_line(web_container);
  Json container{{"name", text_at(web_container, "/name", "odoo")}, {"image", aim.image}};
  for (const char* name : {"envFrom", "env", "volumeMounts", "resources", "securityContext",
                           "imagePullPolicy", "workingDir"})
    if (web_container.contains(name)) container[name] = web_container[name];
  const std::string own_path = line.addons_path.empty() ? aim.addons_path : line.addons_path;
  std::vector<std::string> arguments = line.words;
  arguments.insert(arguments.end(), line.options.begin(), line.options.end());
  arguments.insert(
      arguments.end(),
      {"-d", aim.database, "-u", join(aim.modules, ","), "--no-http", "--stop-after-init",
       "--workers=0", "--max-cron-threads=0", "--load=" + line.load + "," + guard_module,
       fmt::format("--addons-path={}{}{}", mount_path, own_path.empty() ? "" : ",", own_path)});
  if (!line.command.empty()) container["command"] = line.command;
  container["args"] = arguments;
  set_variable(container["env"], "ODOO_PGAPPNAME", update_application_prefix(key) + "{pid}");
  set_variable(container["env"], "PGOPTIONS",
               "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0");
  set_variable(container["env"], "ODOO_QUEUE_JOB_CHANNELS", "root:0");
  container["volumeMounts"].push_back(
      {{"name", guard_config_map},
       {"mountPath", fmt::format("{}/{}", mount_path, guard_module)},
       {"readOnly", true}});
  return container;
}

}  // namespace

Json guard_config_map_object(const std::string& name_space, const Breadcrumb& breadcrumb) {
  // No breadcrumb of its own would do, since all tenants of a cell share it; the newest writer's is
  // as good as any.
  return {{"apiVersion", "v1"},
          {"kind", "ConfigMap"},
          {"metadata",
           {{"name", guard_config_map},
            {"namespace", name_space},
            {"annotations", annotations_of(breadcrumb)}}},
          {"data", {{"__init__.py", guard_code}, {"__manifest__.py", guard_manifest}}}};
}

std::string update_label_value(const std::string& database) {
  return fit_name(database, 63);
}

std::string update_job_name(const std::string& database, const std::string& key, int run) {
  const std::string name =
      fmt::format("ostler-update-{}-{}", fit_name(database, 30), short_key(key));
  return run <= 1 ? name : fmt::format("{}-{}", name, run);
}

std::string update_application_prefix(const std::string& key) {
  return "odoo-mig-" + short_key(key) + "-";
}

Result<Json> update_job(const UpdateAim& aim, const Json& web, const std::string& name,
                        const std::string& key, const Breadcrumb& breadcrumb) {
  OSTLER_TRY(const std::string main, main_container(web));
  const Json& pods = value_at(web, "/spec/template/spec");
  Json pod = Json::object();
  for (const char* member :
       {"serviceAccountName", "imagePullSecrets", "securityContext", "volumes", "nodeSelector",
        "tolerations", "priorityClassName", "dnsConfig", "dnsPolicy", "hostAliases",
        "enableServiceLinks", "automountServiceAccountToken", "runtimeClassName"})
    if (pods.contains(member)) pod[member] = pods[member];
  pod["restartPolicy"] = "Never";
  pod["containers"] = Json::array();
  for (const Json& container : value_at(pods, "/containers"))
    if (text_at(container, "/name") == main)
      pod["containers"].push_back(update_container(aim, container, key));
  pod["volumes"].push_back(
      {{"name", guard_config_map}, {"configMap", {{"name", guard_config_map}}}});
  const Json labels{{"app.kubernetes.io/managed-by", "ostler"},
                    {update_label, update_label_value(aim.database)}};
  Json spec{{"backoffLimit", 0}, {"ttlSecondsAfterFinished", 604800}};
  if (aim.deadline_s > 0) spec["activeDeadlineSeconds"] = aim.deadline_s;
  // A node that is drained must not end a migration half-way.
  spec["template"] = {
      {"metadata",
       {{"labels", labels},
        {"annotations", {{"cluster-autoscaler.kubernetes.io/safe-to-evict", "false"}}}}},
      {"spec", std::move(pod)}};
  Json annotations = annotations_of(breadcrumb);
  annotations["ostler.dev/key"] = key;
  return Json{{"apiVersion", "batch/v1"},
              {"kind", "Job"},
              {"metadata",
               {{"name", name},
                {"namespace", aim.name_space},
                {"labels", labels},
                {"annotations", std::move(annotations)}}},
              {"spec", std::move(spec)}};
}

bool job_ended(const Json& job) {
  for (const Json& condition : value_at(job, "/status/conditions")) {
    const std::string type = text_at(condition, "/type");
    if ((type == "Complete" || type == "Failed") && text_at(condition, "/status") == "True")
      return true;
  }
  return false;
}

Result<std::vector<Json>> update_jobs(const KubernetesLook& kubernetes,
                                      const std::string& name_space, const std::string& database) {
  OSTLER_TRY(
      std::vector<Json> jobs,
      kubernetes.list(job_ref(name_space, ""),
                      {fmt::format("{}={}", update_label, update_label_value(database)), ""}));
  std::sort(jobs.begin(), jobs.end(), [](const Json& a, const Json& b) {
    const auto order = [](const Json& job) {
      return std::make_pair(text_at(job, "/metadata/creationTimestamp"),
                            text_at(job, "/metadata/name"));
    };
    return order(a) < order(b);
  });
  return jobs;
}

Result<JobLook> look_at_job(const KubernetesLook& kubernetes, const std::string& name_space,
                            const std::string& name) {
  static const std::set<std::string> hopeless{
      "ErrImagePull",      "ImagePullBackOff",           "InvalidImageName",
      "ErrImageNeverPull", "CreateContainerConfigError", "CreateContainerError"};
  JobLook seen;
  OSTLER_TRY(const auto job, kubernetes.get(job_ref(name_space, name)));
  if (!job) return seen;
  seen.there = true;
  seen.ended = job_ended(*job);
  for (const Json& condition : value_at(*job, "/status/conditions")) {
    if (text_at(condition, "/type") == "Complete" && text_at(condition, "/status") == "True")
      seen.succeeded = true;
    if (text_at(condition, "/type") == "Failed" &&
        text_at(condition, "/reason") == "DeadlineExceeded")
      seen.trouble = "it ran longer than its deadline";
  }
  OSTLER_TRY(const std::vector<Json> pods,
             kubernetes.list({"v1", "Pod", name_space, ""}, {"job-name=" + name, ""}));
  for (const Json& pod : pods) {
    seen.pod = text_at(pod, "/metadata/name");
    for (const Json& status : value_at(pod, "/status/containerStatuses")) {
      const Json& ended = value_at(status, "/state/terminated");
      if (ended.is_object()) seen.exit_code = static_cast<int>(number_at(ended, "/exitCode", -1));
      const std::string waiting = text_at(status, "/state/waiting/reason");
      if (hopeless.contains(waiting))
        seen.trouble =
            sanitize(fmt::format("{} ({})", waiting, text_at(status, "/state/waiting/message")));
    }
  }
  return seen;
}

}  // namespace ostler
