// One tenant's database behind a FakeSqlServer: the tables that steps read and write, with
// transactions, so that a failure between two statements leaves what a real server would leave.
#pragma once

#include "tests/fakes/fake_sql.hpp"

#include "ostler/base/json.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ostler {

/// Attach one to a FakeSqlServer; it must live as long. Knows one transaction at a time; a BEGIN
/// while one is open means that the session before it broke, and rolls it back. Statements that
/// change something count as writes, COMMIT included; `fail` makes one of them fail.
class FakeTenant {
 public:
  struct State {
    std::set<std::string> tables{"sale_order", "res_partner"};
    std::set<std::string> columns{"sale_order.id", "sale_order.amount", "res_partner.id"};
    std::set<std::string> not_null{"sale_order.amount"};  ///< without a default
    std::set<std::string> indexes, invalid_indexes;
    std::map<std::string, std::string> versions{
        {"base", "18.0.1.3"}, {"sale_omni", "18.0.1.0"}, {"pos_retail", "18.0.1.0"}};
    std::map<std::string, std::string> transit;  ///< module -> "to upgrade"
    bool ledger = false, update_ledger = false, guard_row = false;
    std::map<std::string, std::string> migrations;  ///< version -> checksum
    std::set<std::string> updates;                  ///< digests
    int counter = 7;

    Json to_json() const;
  };

  explicit FakeTenant(FakeSqlServer& server);

  State state;
  std::vector<std::string> running_crons,
      started_jobs;  ///< one look each, then done, when `work_ends`
  bool work_ends = true;
  std::string locked_by;         ///< holder of the advisory lock, if somebody else has it
  int lock_timeouts = 0;         ///< so many writes to tables end with 55P03
  std::vector<SqlRow> blocking;  ///< rows of the lock watcher: pid, count, seconds
  std::vector<std::string> cancelled, terminated;
  int writes = 0;
  int held_locks = 0;
  std::vector<std::string> surprises;

  enum class Moment { before, after };
  void fail(int write, Moment moment, Failure failure);

 private:
  struct Planned {
    int write = -1;
    Moment moment = Moment::before;
    Failure failure;
  };

  Result<SqlRows> write(const std::function<void()>& effect);
  /// The connection is gone, and with it the transaction that was open.
  Failure broken();

  std::vector<std::string> once(std::vector<std::string>& work);
  Result<SqlRows> answer(const FakeSqlServer::Call& call);
  Result<SqlRows> ledgers(const FakeSqlServer::Call& call);
  Result<SqlRows> ddl(const FakeSqlServer::Call& call);
  bool known(const std::string& relation) const;
  std::string fingerprint() const;

  std::optional<State> saved_;
  Planned planned_;
};

}  // namespace ostler
