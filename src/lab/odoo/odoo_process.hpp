#pragma once

#include "ostler/base/result.hpp"
#include "ostler/lab/pods.hpp"
#include "ostler/lab/world.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ostler::lab {

/// What `odoo -d DATABASE -u LIST` was told, by its arguments and environment.
struct UpdateOptions {
  std::string database;
  std::vector<std::string> modules;  ///< of -u
  bool guarded = false;              ///< --load names ostler's guard module
  std::string application_name;      ///< how its sessions call themselves in PostgreSQL
};
UpdateOptions read_update_options(const RunningPod& pod);

/// Lines in the form of Odoo's log.
class OdooLog {
 public:
  OdooLog(const World& world, std::string database)
      : world_(world), database_(std::move(database)) {}
  void info(std::string& log, std::string_view logger, std::string_view text) const {
    write(log, "INFO", logger, text);
  }
  void write(std::string& log, std::string_view level, std::string_view logger,
             std::string_view text) const;

 private:
  const World& world_;
  std::string database_;
};

/// A failure as Python's traceback names it, with psycopg2's names for PostgreSQL's codes.
std::string traceback_of(const Failure& failure);
/// The code of a failure inside a data file, which Odoo wraps.
inline constexpr const char* parse_error = "ParseError";
/// Whether the session is gone after it.
bool session_lost(const Failure& failure);
/// "['a', 'b']"
std::string python_list(const std::vector<std::string>& names);

}  // namespace ostler::lab
