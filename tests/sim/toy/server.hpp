// The systems of the toy world behind one door: guarded values, a migration with a ledger, and
// records that are written once.
#pragma once

#include "sim/stage.hpp"

#include <map>
#include <set>
#include <string>

namespace ostler::sim {

class ToyServer final : public lab::Door {
 public:
  struct Value {
    std::string value;
    std::uint64_t version = 1;  ///< changes with every write
    std::uint64_t epoch = 0, opno = 0;
    bool foreign = false;  ///< a foreign hand wrote it once
  };

  lab::Served answer(const HttpRequest& request) override;

  void foreign_write(const std::string& name);
  const Value& at(const std::string& name) const { return values.at(name); }
  bool migrated() const { return migrated_; }
  bool has_record(const std::string& name) const { return records_.contains(name); }

  /// What stands there at the beginning, by name.
  std::map<std::string, Value> values;
  /// Writes of these values to a target are refused: "image=new".
  std::set<std::string> refused;
  std::function<void(const Effect&)> on_effect;

 private:
  lab::Served get_value(const std::string& name) const;
  lab::Served put_value(const std::string& name, const Json& body);
  lab::Served migrate(const std::string& way, const Json& body);
  /// Whether an older run than the newest is named; a new one takes the fence over.
  bool is_of_an_older_run(const std::string& run);
  lab::Served put_record(const std::string& name, const HttpRequest& request);

  std::map<std::string, std::string> records_;
  bool migrated_ = false;
  std::pair<std::uint64_t, std::uint64_t> fence_{0, 0};  ///< of the newest run
  std::vector<std::string> runs_;                        ///< in the order in which they came
};

}  // namespace ostler::sim
