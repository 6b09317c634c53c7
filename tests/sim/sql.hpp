// The network between a simulated process and its databases.
#pragma once

#include "sim/process.hpp"

#include "ostler/transport/sql.hpp"

namespace ostler::sim {

/// Sessions of `inner`, over a network that refuses, breaks before a statement arrives and breaks
/// after it was done. A session that broke stays ended.
class SimSql final : public SqlConnector {
 public:
  SimSql(Process& process, Faults& faults, Trace& trace, SqlConnector& inner)
      : process_(process), faults_(faults), trace_(trace), inner_(inner) {}
  Result<std::unique_ptr<SqlSession>> connect(const Secret& dsn,
                                              const SqlOptions& options) override;

 private:
  Process& process_;
  Faults& faults_;
  Trace& trace_;
  SqlConnector& inner_;
};

}  // namespace ostler::sim
