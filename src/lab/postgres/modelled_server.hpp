#pragma once

#include "lab/postgres/modelled_catalog.hpp"

#include "ostler/lab/modelled_postgres.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace ostler::lab {

class ModelledSession;
struct ModelledServer;

enum class ModelledLock {
  row,       ///< stands in nobody's way
  share,     ///< keeps writers away: CREATE INDEX
  exclusive  ///< keeps everybody away: ALTER TABLE
};

/// How one code's orders meet the tables as they are now.
struct ModelledInsert {
  std::uint64_t version = 0;            ///< of the catalog that it was worked out for
  std::string code, words;              ///< how it fails, or empty
  std::vector<std::uint64_t*> without;  ///< counts of rows that have no value in a column
};

/// One database.
struct ModelledDatabase {
  std::string name;
  bool odoo = false;
  ModelledCatalog catalog;    ///< committed
  std::uint64_t version = 1;  ///< counts the commits that changed it
  std::int64_t counter = 2;   ///< base_registry_signaling: a sequence knows no transactions

  ModelledSession* writer = nullptr;          ///< the one whose transaction has changed something
  std::map<std::string, ModelledLock> locks;  ///< of the writer, by table
  Instant locked{0};                          ///< since when it has the first of them
  std::vector<Instant> waiting;               ///< since when somebody waits for one of these locks
  std::map<std::int64_t, int> advisory;       ///< key -> pid of the holder

  std::unordered_set<std::uint64_t> orders;    ///< hashes of uuids; only ever looked up
  std::map<std::string, std::uint64_t> rows;   ///< by table, where anybody counts them
  std::map<std::string, std::uint64_t> nulls;  ///< "table.column" -> rows without a value
  std::map<std::string, ModelledInsert> checkouts, tills;  ///< by the code's version
  std::uint64_t broken_orders = 0;

  std::map<std::string, std::string> crons;  ///< running -> application name of who runs it
  std::set<std::string> jobs;                ///< started
};

/// What a handler of a statement works with.
using ModelledValues = std::vector<SqlValue>;
using ModelledHandler =
    std::function<Result<SqlRows>(ModelledSession& session, const ModelledValues& values)>;

/// The handler of a statement, or null when the model does not know it. A statement is read once a
/// thread. Stays until the thread asks for thousands of others.
const ModelledHandler* handler_of(const std::string& statement);

/// That parameter, or an empty text.
std::string parameter_of(const ModelledValues& values, std::size_t at);
bool holds_text(const std::string& statement, std::string_view part);

// The rooms in which handlers are looked for.
std::optional<ModelledHandler> schema_look(const std::string& statement);
std::optional<ModelledHandler> odoo_statement(const std::string& statement);
std::optional<ModelledHandler> ledger_statement(const std::string& statement);
std::optional<ModelledHandler> activity_statement(const std::string& statement);
std::optional<ModelledHandler> definition_statement(const std::string& statement);

/// The server's part that sessions share.
struct ModelledServer {
  ModelledServer(World& in, ModelledPostgresSettings with);

  World& world;
  ModelledPostgresSettings settings;
  std::mutex mutex;  ///< looks at several databases come from several threads
  std::map<std::string, ModelledDatabase> databases;
  std::map<int, ModelledSession*> sessions;  ///< by pid
  int last_pid = 1000;
  bool stopped = false;
  Instant replica_lag{0};
  std::vector<std::pair<Instant, std::uint64_t>> written{{Instant{0}, 0x3000148}};  ///< time, LSN

  ModelledDatabase* database(const std::string& name);
  std::uint64_t lsn() const { return written.back().second; }
  std::uint64_t replayed() const;
  void wrote(std::uint64_t bytes);
};

/// One session. Its functions other than run() do not lock the server.
class ModelledSession final : public SqlSession {
 public:
  ModelledSession(ModelledServer& server, ModelledDatabase& database, std::string user,
                  const SqlOptions& options, bool replica, std::string place);
  ~ModelledSession() override;
  ModelledSession(const ModelledSession&) = delete;
  ModelledSession& operator=(const ModelledSession&) = delete;

  Result<SqlRows> run(const std::string& statement,
                      const std::vector<SqlValue>& parameters) override;
  int backend_pid() const override { return pid_; }

  ModelledServer& server() { return server_; }
  ModelledDatabase& database() { return database_; }
  const std::string& user() const { return user_; }
  /// As whom it acts: its user, unless it has set a role.
  const std::string& role() const {
    return !local_role_.empty() ? local_role_ : !role_.empty() ? role_ : user_;
  }
  const std::string& application() const { return application_; }
  bool replica() const { return replica_; }
  bool alive() const { return alive_; }
  /// When its transaction began; nothing outside one.
  std::optional<Instant> began() const { return began_; }

  /// As this session sees it.
  const ModelledCatalog& catalog() const { return draft_ ? *draft_ : database_.catalog; }
  /// Changes the catalog, in the open transaction or in one of its own. An effect that fails must
  /// have changed nothing.
  Result<void> write(const std::string& table, ModelledLock lock,
                     const std::function<Result<void>(ModelledCatalog&)>& effect);
  /// A failure when somebody else's lock keeps readers of that table away.
  Result<void> read(const std::string& table) const;

  void begin();
  void commit();
  void roll_back();
  /// The server ends it: pg_terminate_backend, or the server's own end.
  void terminate();
  /// pg_cancel_backend: the statement under way ends, which is the next one's failure for a hand.
  void cancel() { cancelled_ = true; }
  bool take_cancelled() { return std::exchange(cancelled_, false); }

  bool lock_advisory(std::int64_t key);
  bool unlock_advisory(std::int64_t key);

  Failure failure(const std::string& code, const std::string& words) const;

 private:
  Result<SqlRows> control(const std::string& statement, bool& known);
  void set(const std::string& statement);

  ModelledServer& server_;
  ModelledDatabase& database_;
  std::string user_, application_, place_;
  std::string role_, local_role_;  ///< the second until its transaction ends
  bool read_only_ = true, replica_ = false, alive_ = true, failed_ = false, cancelled_ = false;
  int pid_;
  std::optional<Instant> began_;
  std::optional<ModelledCatalog> draft_;
  std::map<std::int64_t, int> advisory_;  ///< key -> how often taken
};

// Answers.

SqlRows answer_rows(std::vector<SqlRow> rows);
SqlRows answer_value(std::string value);
SqlRows answer_truth(bool value);
SqlRows answer_column(const std::vector<std::string>& values);
/// What a statement without rows answers.
Result<SqlRows> answer_done(const Result<void>& done);

/// The kind that a code has for ostler's clients.
FailureKind kind_of_code(const std::string& code);

}  // namespace ostler::lab
