// PostgreSQL in memory: one server of rules, and what connects to it.
#include "tests/fakes/fake_sql.hpp"

namespace ostler {

namespace {

bool is_plain(const std::string& statement) {
  for (const char* word :
       {"BEGIN", "COMMIT", "ROLLBACK", "SET ", "begin", "commit", "rollback", "set "}) {
    if (statement.rfind(word, 0) == 0) return true;
  }
  return false;
}

}  // namespace

void FakeSqlServer::on(std::string pattern, Handler handler, std::string database) {
  const std::lock_guard lock(mutex_);
  rules_.push_back({std::move(pattern), std::move(database), std::move(handler)});
}

void FakeSqlServer::on_rows(std::string pattern, std::vector<SqlRow> rows, std::string database) {
  SqlRows answer;
  answer.affected = rows.size();
  answer.rows = std::move(rows);
  on(
      std::move(pattern), [answer](const Call&) -> Result<SqlRows> { return answer; },
      std::move(database));
}

std::vector<FakeSqlServer::Call> FakeSqlServer::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::vector<std::string> FakeSqlServer::unexpected() const {
  const std::lock_guard lock(mutex_);
  return unexpected_;
}

int FakeSqlServer::count(std::string_view pattern) const {
  const std::lock_guard lock(mutex_);
  int found = 0;
  for (const Call& call : calls_) found += call.statement.find(pattern) != std::string::npos;
  return found;
}

int FakeSqlServer::next_backend() {
  const std::lock_guard lock(mutex_);
  return ++backends_;
}

Result<SqlRows> FakeSqlServer::run(const Call& call) {
  Handler handler;
  {
    const std::lock_guard lock(mutex_);
    calls_.push_back(call);
    for (const Rule& rule : rules_) {
      if (call.statement.find(rule.pattern) == std::string::npos) continue;
      if (!rule.database.empty() && rule.database != call.database) continue;
      handler = rule.handler;
    }
    if (!handler && !is_plain(call.statement)) {
      unexpected_.push_back(call.statement);
      return Failure{FailureKind::permanent, "no rule for the statement: " + call.statement, "",
                     "fake"};
    }
  }
  if (auto failure = faults.take(Faults::When::before, call.statement)) return *failure;
  Result<SqlRows> answer = handler ? handler(call) : Result<SqlRows>(SqlRows{});
  if (auto failure = faults.take(Faults::When::after, call.statement)) return *failure;
  return answer;
}

FakeSqlSession::FakeSqlSession(std::shared_ptr<FakeSqlServer> server, SqlOptions options)
    : server_(std::move(server)), options_(std::move(options)), pid_(server_->next_backend()) {}

Result<SqlRows> FakeSqlSession::run(const std::string& statement,
                                    const std::vector<SqlValue>& parameters) {
  return server_->run(
      {options_.database, statement, parameters, options_.access, options_.application_name, -1});
}

FakeSqlConnector::FakeSqlConnector(std::shared_ptr<FakeSqlServer> fake) : server(std::move(fake)) {}

Result<std::unique_ptr<SqlSession>> FakeSqlConnector::connect(const Secret&,
                                                              const SqlOptions& options) {
  const std::lock_guard lock(mutex_);
  connected.push_back(options);
  if (auto failure = server->faults.take(Faults::When::before, "connect " + options.database)) {
    return *failure;
  }
  return std::unique_ptr<SqlSession>(std::make_unique<FakeSqlSession>(server, options));
}

FakePostgres::FakePostgres(std::string name, std::size_t replicas)
    : server(std::make_shared<FakeSqlServer>()), name_(std::move(name)), replicas_(replicas) {}

Result<SqlRows> FakePostgres::query(const std::string& database, const std::string& statement,
                                    const std::vector<SqlValue>& parameters) const {
  return server->run({database, statement, parameters, SqlAccess::read_only, "ostler", -1});
}

Result<SqlRows> FakePostgres::query_replica(std::size_t index, const std::string& database,
                                            const std::string& statement,
                                            const std::vector<SqlValue>& parameters) const {
  return server->run(
      {database, statement, parameters, SqlAccess::read_only, "ostler", static_cast<int>(index)});
}

Result<std::unique_ptr<SqlSession>> FakePostgres::session(const std::string& database,
                                                          const std::string& application_name) {
  if (auto failure = server->faults.take(Faults::When::before, "connect " + database)) {
    return *failure;
  }
  SqlOptions options;
  options.database = database;
  options.application_name = application_name;
  options.access = SqlAccess::read_write;
  return std::unique_ptr<SqlSession>(std::make_unique<FakeSqlSession>(server, options));
}

}  // namespace ostler
