// Statements on their way to a database: refused, lost, done without an answer.
#include "sim/sql.hpp"

namespace ostler::sim {
namespace {

using lab::Instant;

Instant latency(Chance& chance) {
  return Instant{static_cast<std::int64_t>(chance.between(200, 3'000))};
}

class SimSession final : public SqlSession {
 public:
  SimSession(Process& process, Faults& faults, Trace& trace, std::unique_ptr<SqlSession> inner)
      : process_(process), faults_(faults), trace_(trace), inner_(std::move(inner)) {
    pid_ = inner_->backend_pid();
  }

  Result<SqlRows> run(const std::string& statement,
                      const std::vector<SqlValue>& parameters) override {
    process_.must_live();
    if (!inner_) return broken();
    const Fault fault =
        faults_.draw({Fault::request_lost, Fault::answer_lost, Fault::reset}, "a statement");
    process_.wait(latency(faults_.details()));
    if (fault == Fault::request_lost) return end();
    Result<SqlRows> result = inner_->run(statement, parameters);
    trace_.note("SQL", statement);
    process_.wait(latency(faults_.details()));
    if (fault == Fault::answer_lost || fault == Fault::reset) return end();
    return result;
  }

  int backend_pid() const override { return pid_; }

 private:
  Failure broken() const {
    return {FailureKind::unknown, "the session ended while a statement ran", "", "08006"};
  }
  // The server notices and rolls back what was open.
  Failure end() {
    inner_.reset();
    return broken();
  }

  Process& process_;
  Faults& faults_;
  Trace& trace_;
  std::unique_ptr<SqlSession> inner_;
  int pid_ = 0;
};

}  // namespace

Result<std::unique_ptr<SqlSession>> SimSql::connect(const Secret& dsn, const SqlOptions& options) {
  process_.must_live();
  const Fault fault = faults_.draw({Fault::request_lost, Fault::failed_before}, "connecting");
  process_.wait(latency(faults_.details()));
  if (fault != Fault::none)
    return Failure{FailureKind::transient, "the database does not accept connections", "", "08001"};
  OSTLER_TRY(std::unique_ptr<SqlSession> session, inner_.connect(dsn, options));
  return std::unique_ptr<SqlSession>(
      std::make_unique<SimSession>(process_, faults_, trace_, std::move(session)));
}

}  // namespace ostler::sim
