// What an update's process is told, and what it says.
#include "lab/odoo/odoo_process.hpp"

#include "ostler/base/clock.hpp"
#include "ostler/base/text.hpp"
#include "ostler/systems/odoo.hpp"

namespace ostler::lab {
namespace {

/// In its container every process is the first.
constexpr const char* own_pid = "1";

std::vector<std::string> listed(const std::string& value) {
  std::vector<std::string> names;
  for (const std::string& name : split(value, ','))
    if (!trim(name).empty()) names.push_back(trim(name));
  return names;
}

bool names_guard(const std::string& modules) {
  const std::vector<std::string> names = listed(modules);
  return std::find(names.begin(), names.end(), guard_module) != names.end();
}

}  // namespace

UpdateOptions read_update_options(const RunningPod& pod) {
  UpdateOptions options;
  const auto variable = pod.environment.find("ODOO_PGAPPNAME");
  options.application_name =
      replace_all(variable == pod.environment.end() ? "odoo-{pid}" : variable->second, "{pid}",
                  own_pid)
          .substr(0, 63);
  const std::vector<std::string>& words = pod.arguments;
  for (std::size_t at = 0; at < words.size(); ++at) {
    std::string name = words[at], value;
    if (const std::size_t equals = name.find('=');
        starts_with(name, "--") && equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    } else if (at + 1 < words.size()) {
      value = words[at + 1];
    }
    if (name == "-d" || name == "--database") options.database = value;
    if (name == "-u" || name == "--update") options.modules = listed(value);
    if (name == "--load") options.guarded = names_guard(value);
  }
  return options;
}

void OdooLog::write(std::string& log, std::string_view level, std::string_view logger,
                    std::string_view text) const {
  std::string stamp = format_utc(world_.wall());  // 2026-11-24T09:12:44.102Z
  stamp[10] = ' ';
  stamp[19] = ',';
  stamp.pop_back();
  log += fmt::format("{} {} {} {} {}: {} \n", stamp, own_pid, level, database_, logger, text);
}

std::string traceback_of(const Failure& failure) {
  static const std::map<std::string, std::string> names{
      {"42703", "UndefinedColumn"},     {"42P01", "UndefinedTable"},
      {"23502", "NotNullViolation"},    {"23505", "UniqueViolation"},
      {"23503", "ForeignKeyViolation"}, {"40001", "SerializationFailure"},
      {"40P01", "DeadlockDetected"},    {"55P03", "LockNotAvailable"},
      {"57014", "QueryCanceled"},       {"57P01", "AdminShutdown"},
      {"3D000", "InvalidCatalogName"},  {"42501", "InsufficientPrivilege"}};
  std::string name = "Exception";
  if (failure.code == parse_error)
    name = "odoo.tools.convert.ParseError";
  else if (const auto found = names.find(failure.code); found != names.end())
    name = "psycopg2.errors." + found->second;
  else if (session_lost(failure))
    name = "psycopg2.OperationalError";
  else if (!failure.code.empty())
    name = "psycopg2.DatabaseError";
  return "Traceback (most recent call last):\n" + name + ": " + failure.message;
}

bool session_lost(const Failure& failure) {
  return failure.kind == FailureKind::unknown || starts_with(failure.code, "08") ||
         starts_with(failure.code, "57P");
}

std::string python_list(const std::vector<std::string>& names) {
  return "['" + join(names, "', '") + "']";
}

}  // namespace ostler::lab
