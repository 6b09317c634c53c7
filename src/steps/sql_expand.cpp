// sql.expand: runs a release's additive SQL files in one tenant, each in one transaction with its
// row in the ledger, and reads the schema back before it believes them.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/model/survey.hpp"
#include "ostler/systems/tenant.hpp"
#include "ostler/systems/workload.hpp"

#include <regex>

namespace ostler {
namespace {

struct File {
  std::string version, name, text, checksum, undo_text;
  std::vector<Statement> statements;
  bool concurrent() const {
    return std::any_of(statements.begin(), statements.end(), [](const Statement& statement) {
      return statement.statement_class == StatementClass::concurrent;
    });
  }
};

/// The index that a file builds beside reads and writes, or an empty text.
std::string index_of(const File& file) {
  static const std::regex create(
      R"re(CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+([\w".]+)\s+ON\b)re", std::regex::icase);
  std::smatch match;
  for (const Statement& statement : file.statements)
    if (std::regex_search(statement.text, match, create)) return match[1];
  return "";
}

enum class IndexState { absent, valid, invalid };

Result<IndexState> index_state(const Query& query, const std::string& index) {
  const auto valid = ask_text(
      query, "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)", {index});
  if (!valid.ok()) return valid.failure();
  return valid->empty()  ? IndexState::absent
         : *valid == "t" ? IndexState::valid
                         : IndexState::invalid;
}

constexpr const char* ledger_exists = "SELECT to_regclass('public.ostler_migration') IS NOT NULL";

/// What stands there of these files: {"ledger": bool, "applied": {version: checksum}, "indexes":
/// [names]}. Indexes are looked up by themselves, since they are not built in one transaction with
/// the ledger's row.
Result<Json> read_ledger(const Query& query, const std::vector<File>& files) {
  OSTLER_TRY(const bool exists, ask_truth(query, ledger_exists));
  Json found{{"ledger", exists}, {"applied", Json::object()}, {"indexes", Json::array()}};
  for (const File& file : files) {
    const std::string index = index_of(file);
    if (index.empty()) continue;
    OSTLER_TRY(const IndexState state, index_state(query, index));
    if (state != IndexState::absent) found["indexes"].push_back(index);
  }
  if (!exists) return found;
  std::vector<std::string> versions;
  for (const File& file : files) versions.push_back(file.version);
  OSTLER_TRY(const SqlRows rows,
             query("SELECT version, checksum FROM ostler_migration WHERE version = ANY($1::text[])",
                   {array_text(versions)}));
  for (const SqlRow& row : rows.rows)
    found["applied"][row.at(0).value_or("")] = row.at(1).value_or("");
  return found;
}

/// One session on the tenant, with its locks and what it runs under.
class Migrator {
 public:
  Migrator(Systems& systems, std::string database, const Guard& guard, Attempt& attempt)
      : systems_(systems), database_(std::move(database)), guard_(guard), attempt_(attempt) {}

  Result<void> open(const std::string& server) {
    OSTLER_TRY(session_, systems_.postgres(server).session(
                             database_, fmt::format("ostler-{}-{}", guard_.run, guard_.step)));
    OSTLER_CHECK(wait_until(
        systems_.looks(), attempt_, Milliseconds{500},
        "the migration lock of database " + database_, [&]() -> Result<bool> {
          OSTLER_TRY(const std::string who, try_lock_tenant(*session_, database_));
          if (!who.empty())
            attempt_.progress(fmt::format("database {} is locked by {}", database_, who));
          return who.empty();
        }));
    OSTLER_TRY(owner_, become_owner(query()));
    return {};
  }

  Query query() const { return query_of(*session_); }

  /// `done` is what came of the work under the lock.
  Result<void> close(Result<void> done) {
    const auto unlocked = unlock_tenant(*session_, database_);
    return done.ok() ? unlocked : done;
  }

  /// Runs `body` in a transaction as the owner, again with growing patience while somebody holds a
  /// lock it needs. Waiting long for a lock would stop everybody who comes after.
  Result<void> in_ladder(const std::string& what, const std::function<Result<void>()>& body) {
    Clock& clock = systems_.looks().clock();
    int patience_ms = 200;
    Milliseconds pause{500};
    for (int attempts = 1;; ++attempts) {
      const auto done = in_transaction(*session_, [&]() -> Result<void> {
        if (!owner_.empty()) OSTLER_CHECK(run(owner_));
        OSTLER_CHECK(run(fmt::format("SET LOCAL lock_timeout = '{}ms'", patience_ms)));
        OSTLER_CHECK(run("SET LOCAL statement_timeout = '60s'"));
        return body();
      });
      if (done.ok()) return done;
      const std::string& code = done.failure().code;
      if (code != "55P03" && code != "40P01" && code != "40001")
        return with_context(done.failure(), what);
      if (attempt_.cancellation().requested())
        return Failure{FailureKind::cancelled, what + " was ended while it waited for a lock", "",
                       ""};
      if (clock.boot() + BootTime(pause) >= attempt_.deadline())
        return Failure{
            FailureKind::timeout,
            fmt::format("{}: no lock within {} tries: {}", what, attempts, done.failure().message),
            "Look for long transactions in that database (pg_stat_activity).", code};
      attempt_.progress(fmt::format("{}: somebody holds a lock, try {} in {}", what, attempts + 1,
                                    format_duration(pause)));
      clock.sleep_for(pause, attempt_.cancellation());
      patience_ms = std::min(patience_ms * 2, 2000);
      pause = std::min(pause * 2, Milliseconds{10000});
    }
  }

  /// Statements that build beside reads and writes: outside a transaction, without a lock timeout,
  /// since it would leave an invalid index behind.
  Result<void> run_concurrently(const std::vector<Statement>& statements,
                                const std::string& index) {
    const auto left = std::chrono::duration_cast<Milliseconds>(attempt_.deadline() -
                                                               systems_.looks().clock().boot());
    OSTLER_CHECK(run("SET lock_timeout = 0"));
    OSTLER_CHECK(
        run(fmt::format("SET statement_timeout = {}", std::max<std::int64_t>(left.count(), 1000))));
    if (!owner_.empty()) OSTLER_CHECK(run(replace_all(owner_, "SET LOCAL ROLE", "SET ROLE")));
    Result<void> done;
    for (const Statement& statement : statements) {
      done = build(statement.text, index);
      if (!done.ok()) break;
    }
    if (!owner_.empty()) OSTLER_CHECK(run("SET ROLE NONE"));
    OSTLER_CHECK(run("SET statement_timeout = '10s'"));
    OSTLER_CHECK(run("SET lock_timeout = '2s'"));
    return done;
  }

  Result<void> run(const std::string& statement, const std::vector<SqlValue>& parameters = {}) {
    const auto done = session_->run(statement, parameters);
    if (!done.ok()) return done.failure();
    return {};
  }

 private:
  Result<void> build(const std::string& text, const std::string& index) {
    if (index.empty()) return run(text);
    OSTLER_TRY(const IndexState before, index_state(query(), index));
    if (before == IndexState::valid) {
      attempt_.note(fmt::format("index {} is there already and valid", index));
      return {};
    }
    if (before == IndexState::invalid) OSTLER_CHECK(run("DROP INDEX CONCURRENTLY " + index));
    attempt_.progress("building index " + index);
    OSTLER_CHECK(run(text));
    OSTLER_TRY(const IndexState after, index_state(query(), index));
    if (after == IndexState::valid) return {};
    return Failure{FailureKind::permanent,
                   fmt::format("index {} of database {} is not valid", index, database_),
                   "Drop it with DROP INDEX CONCURRENTLY and look for what ended its build.", ""};
  }

  Systems& systems_;
  std::string database_;
  const Guard& guard_;
  Attempt& attempt_;
  std::unique_ptr<SqlSession> session_;
  std::string owner_;
};

/// What the file's statements say they add and the catalog does not have.
Result<std::vector<std::string>> missing_objects(const Query& query, const File& file) {
  static const std::regex table_of(
      R"re(ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?([\w".]+))re", std::regex::icase);
  static const std::regex column(R"re(ADD\s+COLUMN\s+(?:IF\s+NOT\s+EXISTS\s+)?("[^"]+"|\w+))re",
                                 std::regex::icase);
  static const std::regex relation(
      R"re(^\s*CREATE\s+(?:UNLOGGED\s+)?(?:TABLE|(?:UNIQUE\s+)?INDEX(?:\s+CONCURRENTLY)?)\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w".]+))re",
      std::regex::icase);
  std::vector<std::string> missing;
  for (const Statement& statement : file.statements) {
    std::smatch match;
    if (std::regex_search(statement.text, match, relation) && match[1].str() != "ON" &&
        match[1].str() != "on") {
      OSTLER_TRY(const bool there,
                 ask_truth(query, "SELECT to_regclass($1) IS NOT NULL", {match[1].str()}));
      if (!there) missing.push_back(match[1]);
    }
    if (!std::regex_search(statement.text, match, table_of)) continue;
    const std::string table = match[1];
    for (auto at = std::sregex_iterator(statement.text.begin(), statement.text.end(), column);
         at != std::sregex_iterator(); ++at) {
      const std::string name = replace_all((*at)[1], "\"", "");
      const auto count = ask_text(
          query,
          "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND "
          "NOT attisdropped AND attname IN ($2::text, lower($2::text))",
          {table, name});
      if (!count.ok()) return count.failure();
      if (*count == "0") missing.push_back(table + "." + name);
    }
  }
  return missing;
}

class SqlExpand final : public Step {
 public:
  SqlExpand(std::string server, std::string database, std::vector<File> files)
      : server_(std::move(server)), database_(std::move(database)), files_(std::move(files)) {}

  Result<Observation> observe(const Looks& looks, const Json* before) const override {
    Observation seen;
    OSTLER_TRY(seen.snapshot, read_ledger(query_of(looks.postgres(server_), database_), files_));
    const Json& applied = value_at(seen.snapshot, "/applied");
    std::size_t done = 0, foreign = 0;
    for (const File& file : files_) {
      const std::string checksum = text_at(applied, "/" + file.version);
      if (checksum == file.checksum)
        ++done;
      else if (!checksum.empty())
        ++foreign;
    }
    seen.found = fmt::format("{} of {} files applied in {}{}", done, files_.size(), database_,
                             foreign == 0 ? "" : fmt::format(", {} with another text", foreign));
    if (done == files_.size())
      seen.state = TargetState::applied;
    else if (before != nullptr &&
             (applied != value_at(*before, "/applied") ||
              value_at(seen.snapshot, "/indexes") != value_at(*before, "/indexes")))
      seen.state = foreign > 0 ? TargetState::diverged : TargetState::partial;
    return seen;
  }

  Result<void> apply(Systems& systems, const Json&, const Guard& guard,
                     Attempt& attempt) const override {
    Migrator migrator(systems, database_, guard, attempt);
    OSTLER_CHECK(migrator.open(server_));
    return migrator.close(expand(migrator, guard, attempt));
  }

  Result<void> revert(Systems& systems, const Json& before, const Guard& guard,
                      Attempt& attempt) const override {
    Migrator migrator(systems, database_, guard, attempt);
    OSTLER_CHECK(migrator.open(server_));
    return migrator.close(withdraw(migrator, before, attempt));
  }

 private:
  static bool has(const Json& list, const std::string& text) {
    return std::find(list.begin(), list.end(), Json(text)) != list.end();
  }

  std::string what(const File& file) const {
    return fmt::format("migration {} in {}", file.name, database_);
  }

  Result<void> expand(Migrator& migrator, const Guard& guard, Attempt& attempt) const {
    OSTLER_TRY(const Json ledger, read_ledger(migrator.query(), files_));
    for (const File& file : files_) {
      const std::string found = text_at(value_at(ledger, "/applied"), "/" + file.version);
      if (!found.empty() && found != file.checksum)
        return Failure{FailureKind::refused,
                       fmt::format("{} was applied with another text (checksum {}, expected {})",
                                   what(file), found.substr(0, 12), file.checksum.substr(0, 12)),
                       "Never change a file that was applied: add another one.", "diverged"};
    }
    if (!flag_at(ledger, "/ledger"))
      OSTLER_CHECK(migrator.in_ladder("ledger of " + database_, [&] {
        return migrator.run(
            "CREATE TABLE IF NOT EXISTS ostler_migration (version text PRIMARY KEY, name text NOT "
            "NULL, checksum text NOT "
            "NULL, run text NOT NULL, epoch bigint NOT NULL, opno bigint NOT NULL, applied_at "
            "timestamptz NOT NULL DEFAULT "
            "now())");
      }));
    for (const File& file : files_) {
      if (!text_at(value_at(ledger, "/applied"), "/" + file.version).empty()) continue;
      attempt.progress(what(file));
      OSTLER_CHECK(expand_one(migrator, file, guard));
      OSTLER_TRY(const std::vector<std::string> missing, missing_objects(migrator.query(), file));
      if (!missing.empty())
        return Failure{
            FailureKind::permanent,
            fmt::format("{} is done, and the schema lacks {}", what(file), join(missing, ", ")), "",
            ""};
    }
    return {};
  }

  Result<void> expand_one(Migrator& migrator, const File& file, const Guard& guard) const {
    const auto enter = [&] {
      return migrator.run(
          "INSERT INTO ostler_migration (version, name, checksum, run, epoch, opno) VALUES ($1, "
          "$2, $3, $4, $5, $6)",
          {file.version, file.name, file.checksum, guard.run, std::to_string(guard.epoch),
           std::to_string(guard.opno)});
    };
    if (file.concurrent()) {
      OSTLER_CHECK(migrator.run_concurrently(file.statements, index_of(file)));
      return migrator.in_ladder(what(file), enter);
    }
    return migrator.in_ladder(what(file), [&]() -> Result<void> {
      for (const Statement& statement : file.statements) {
        auto done = migrator.run(statement.text);
        if (!done.ok()) return with_context(done.failure(), fmt::format("line {}", statement.line));
      }
      return enter();
    });
  }

  Result<void> withdraw(Migrator& migrator, const Json& before, Attempt& attempt) const {
    OSTLER_TRY(const Json ledger, read_ledger(migrator.query(), files_));
    for (auto file = files_.rbegin(); file != files_.rend(); ++file) {
      const std::string found = text_at(value_at(ledger, "/applied"), "/" + file->version);
      const std::string index = index_of(*file);
      const bool half_built = !index.empty() && has(value_at(ledger, "/indexes"), index) &&
                              !has(value_at(before, "/indexes"), index);
      if ((found.empty() && !half_built) ||
          !text_at(value_at(before, "/applied"), "/" + file->version).empty())
        continue;
      if (!found.empty() && found != file->checksum)
        return diverged(what(*file), "applied with another text", "applied as in this release");
      if (file->undo_text.empty()) {
        OSTLER_CHECK(drop_ruin(migrator, index));
        attempt.note(fmt::format("{} stays: it has no .down.sql", what(*file)),
                     {{"left", file->name}});
        continue;
      }
      attempt.progress("undoing " + what(*file));
      OSTLER_CHECK(withdraw_one(migrator, *file, ledger));
    }
    if (flag_at(before, "/ledger") || !flag_at(ledger, "/ledger")) return {};
    OSTLER_TRY(const std::string rows,
               ask_text(migrator.query(), "SELECT count(*) FROM ostler_migration"));
    if (rows != "0") return {};
    return migrator.in_ladder("ledger of " + database_,
                              [&] { return migrator.run("DROP TABLE ostler_migration"); });
  }

  /// An index whose build broke off is of no use to anybody and slows every write.
  static Result<void> drop_ruin(Migrator& migrator, const std::string& index) {
    if (index.empty()) return {};
    OSTLER_TRY(const IndexState state, index_state(migrator.query(), index));
    if (state != IndexState::invalid) return {};
    return migrator.run("DROP INDEX CONCURRENTLY " + index);
  }

  Result<void> withdraw_one(Migrator& migrator, const File& file, const Json& ledger) const {
    const std::vector<Statement> undo = read_statements(file.undo_text);
    const auto forget = [&]() -> Result<void> {
      if (!flag_at(ledger, "/ledger")) return {};
      return migrator.run("DELETE FROM ostler_migration WHERE version = $1", {file.version});
    };
    const std::string index = index_of(file);
    if (!index.empty()) {
      OSTLER_TRY(const IndexState state, index_state(migrator.query(), index));
      // Already gone after an undo that broke off between the index and the ledger's row.
      if (state != IndexState::absent) OSTLER_CHECK(migrator.run_concurrently(undo, ""));
      return migrator.in_ladder("undoing " + what(file), forget);
    }
    if (undo.size() == 1 && undo.front().statement_class == StatementClass::concurrent) {
      OSTLER_CHECK(migrator.run_concurrently(undo, ""));
      return migrator.in_ladder("undoing " + what(file), forget);
    }
    return migrator.in_ladder("undoing " + what(file), [&]() -> Result<void> {
      for (const Statement& statement : undo) OSTLER_CHECK(migrator.run(statement.text));
      return forget();
    });
  }

  std::string server_, database_;
  std::vector<File> files_;
};

Result<std::vector<File>> read_files(const Json& list) {
  const auto wrong = [](const std::string& trouble) {
    return Failure{FailureKind::permanent, "parameter 'files': " + trouble, "", ""};
  };
  if (!list.is_array() || list.empty()) return wrong("expected a list with at least one file");
  std::vector<File> files;
  for (const Json& one : list) {
    if (!one.is_object()) return wrong("expected objects");
    Parameters read(one);
    File file;
    file.version = read.text("version");
    file.name = read.text("name");
    file.text = read.text("text");
    file.checksum = read.text("checksum");
    file.undo_text = read.text("undo_text", "");
    if (auto whole = read.finish(); !whole.ok()) return wrong(whole.failure().message);
    file.statements = read_statements(file.text);
    for (const Statement& statement : file.statements)
      if (statement.statement_class == StatementClass::contract ||
          statement.statement_class == StatementClass::refused)
        return wrong(fmt::format("{} line {} is no expansion: {}", file.name, statement.line,
                                 statement.reason));
    files.push_back(std::move(file));
  }
  return files;
}

Result<std::unique_ptr<Step>> make(const Json& parameters) {
  Parameters read(parameters);
  const std::string server = read.text("server"), database = read.text("database");
  const Json files = read.json("files");
  OSTLER_CHECK(read.finish());
  OSTLER_TRY(std::vector<File> list, read_files(files));
  return std::unique_ptr<Step>(std::make_unique<SqlExpand>(server, database, std::move(list)));
}

}  // namespace

extern const StepKind sql_expand_step{
    "sql.expand",
    "migrate",
    "runs additive SQL files in a tenant, each in one transaction with its ledger row, and reads "
    "the schema back",
    "runs each file's .down.sql; a file without one stays and is named",
    RecoveryClass::ledger,
    false,
    Milliseconds{1800000},
    R"({"server": "main", "database": "shop_a", "files": [{"version": "0001", "name": "0001_order_channel",
        "text": "ALTER TABLE sale_order ADD COLUMN sales_channel text;",
        "checksum": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        "undo_text": "ALTER TABLE sale_order DROP COLUMN sales_channel;"}]})",
    make,
    true};

}  // namespace ostler
