// Decides what each SQL statement of a migration may do while the old version still runs.
#include "model/sql_reading.hpp"

#include "ostler/model/survey.hpp"

namespace ostler {

namespace {

using Class = StatementClass;

SqlVerdict expand(std::string reason = "adds what the old version does not see") {
  return {Class::expand, std::move(reason)};
}
SqlVerdict contract(std::string reason) {
  return {Class::contract, std::move(reason)};
}
SqlVerdict refused(std::string reason) {
  return {Class::refused, std::move(reason)};
}

SqlVerdict create_index(SqlCursor& at, const SqlFileState& file, bool unique) {
  const bool concurrently = at.take("CONCURRENTLY");
  if (at.take("IF")) {
    if (concurrently)
      return refused(
          "IF NOT EXISTS also skips an invalid index that a broken attempt left: leave it out");
    at.take("NOT");
    at.take("EXISTS");
  }
  if (!at.is("ON")) at.name();
  if (!at.take("ON")) return refused("the index's table cannot be read");
  at.take("ONLY");
  if (file.has_new_table(at.name())) return expand("is an index of a table that is new here");
  if (!concurrently)
    return refused(
        "builds the index under a lock that stops writes: say CREATE INDEX CONCURRENTLY, in a file "
        "of its own");
  if (unique) return contract("forbids rows that the old version may write");
  return {Class::concurrent, "builds the index beside reads and writes"};
}

SqlVerdict create_table(SqlCursor& at, SqlFileState& file) {
  const bool surely_new = !at.take("IF");
  if (!surely_new) {
    at.take("NOT");
    at.take("EXISTS");
  }
  const std::string table = at.name();
  if (at.is("PARTITION") && at.peek(1).is("OF"))
    return refused(
        "locks the parent against reads and writes: create the table alone with a CHECK of its "
        "bounds, then ALTER TABLE ... ATTACH PARTITION");
  if (surely_new) file.new_tables.insert(table);
  return expand("is a new table");
}

SqlVerdict create(SqlCursor& at, SqlFileState& file) {
  if (at.take("OR")) at.take("REPLACE");
  for (const char* word : {"GLOBAL", "LOCAL", "TEMPORARY", "TEMP", "UNLOGGED", "RECURSIVE"})
    at.take(word);
  if (at.take("TABLE")) return create_table(at, file);
  if (at.take("UNIQUE")) {
    at.take("INDEX");
    return create_index(at, file, true);
  }
  if (at.take("INDEX")) return create_index(at, file, false);
  if (at.take("TYPE")) {
    file.new_types.insert(at.name());
    return expand();
  }
  if (at.is("POLICY")) return contract("hides rows that the old version may need");
  if (at.is("RULE")) return refused("rewrites the old version's own statements: write a trigger");
  for (const char* word :
       {"VIEW", "MATERIALIZED", "FUNCTION", "PROCEDURE", "AGGREGATE", "TRIGGER", "CONSTRAINT",
        "DOMAIN", "SEQUENCE", "SCHEMA", "EXTENSION", "STATISTICS", "COLLATION", "CAST", "OPERATOR"})
    if (at.is(word)) return expand();
  return refused("is nothing that a migration of a tenant may create");
}

SqlVerdict drop(SqlCursor& at) {
  if (at.take("INDEX") && !at.is("CONCURRENTLY"))
    return refused(
        "waits for every reader and stops those behind it: say DROP INDEX CONCURRENTLY, in a later "
        "release");
  for (const char* word : {"DATABASE", "ROLE", "USER", "TABLESPACE", "SUBSCRIPTION"})
    if (at.is(word)) return refused("is nothing that a migration of a tenant may drop");
  return contract("drops what the old version may need");
}

SqlVerdict alter_type(const SqlCursor& at) {
  if (at.contains("ADD", "VALUE")) return expand("adds a value to an enumeration");
  if (at.contains("OWNER", "TO")) return expand("changes the owner of a type");
  if (at.contains("RENAME")) return contract("renames what the old version still writes");
  return refused("changes a type that tables may use: add a new column of another type");
}

SqlVerdict alter_domain(const SqlCursor& at) {
  if (at.contains("DROP", "NOT")) return expand("allows more than before");
  if (at.contains("ADD") && !at.contains("NOT", "VALID"))
    return refused(
        "reads every table that uses the domain under a lock that stops writes: add NOT VALID, "
        "and VALIDATE CONSTRAINT in a later file");
  return contract("changes what the old version may write");
}

SqlVerdict alter(SqlCursor& at, SqlFileState& file) {
  if (at.take("TABLE")) return classify_alter_table(at, file);
  if (at.take("TYPE")) return alter_type(at);
  if (at.take("DOMAIN")) return alter_domain(at);
  if (at.take("INDEX")) {
    if (at.contains("TABLESPACE")) return refused("copies the index under an exclusive lock");
    return expand("touches an index only");
  }
  if (at.take("SEQUENCE")) {
    if (at.contains("RENAME") || at.contains("RESTART") || at.contains("SCHEMA"))
      return contract("changes a sequence that the old version draws from");
    return expand("touches a sequence only");
  }
  for (const char* word : {"VIEW", "FUNCTION", "PROCEDURE", "MATERIALIZED", "TRIGGER", "SCHEMA",
                           "STATISTICS", "EXTENSION", "POLICY", "AGGREGATE", "COLLATION"})
    if (at.is(word)) return contract("changes what the old version may use under that name");
  if (at.is("PUBLICATION")) return expand("touches a publication only");
  return refused("is nothing that a migration of a tenant may alter");
}

SqlVerdict change_rows(SqlCursor& at, const SqlFileState& file, const char* what) {
  at.take("ONLY");
  if (file.has_new_table(at.name())) return expand("writes only into a table that is new here");
  return refused(fmt::format(
      "{} rows in one transaction, under its locks: do it in batches in the module's migration "
      "script",
      what));
}

SqlVerdict insert(SqlCursor& at, const SqlFileState& file) {
  at.take("INTO");
  const bool few = at.contains("VALUES") && !at.contains("SELECT");
  if (few) return expand("adds rows");
  return change_rows(at, file, "inserts");
}

SqlVerdict reindex(const SqlCursor& at) {
  if (at.contains("CONCURRENTLY")) return {Class::concurrent, "rebuilds beside reads and writes"};
  return refused("builds under a lock that stops writes: say REINDEX ... CONCURRENTLY");
}

SqlVerdict refresh(const SqlCursor& at) {
  if (at.contains("CONCURRENTLY")) return expand("refreshes beside reads");
  return refused("stops readers of the view: say REFRESH MATERIALIZED VIEW CONCURRENTLY");
}

SqlVerdict by_first_word(SqlCursor& at, SqlFileState& file) {
  if (at.take("CREATE")) return create(at, file);
  if (at.take("ALTER")) return alter(at, file);
  if (at.take("DROP")) return drop(at);
  if (at.take("INSERT")) return insert(at, file);
  if (at.take("UPDATE")) return change_rows(at, file, "changes");
  if (at.take("REINDEX")) return reindex(at);
  if (at.take("REFRESH")) return refresh(at);
  if (at.is("COMMENT") || at.is("GRANT") || at.is("ANALYZE") || at.is("SECURITY"))
    return expand("changes no rows and no structure");
  if (at.is("DELETE") || at.is("TRUNCATE"))
    return contract("deletes rows that the old version may need");
  if (at.is("REVOKE")) return contract("takes rights that the old version may need");
  if (at.is("VACUUM") || at.is("CLUSTER"))
    return refused("may rewrite the table under an exclusive lock: it belongs to maintenance");
  for (const char* word : {"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE",
                           "ABORT", "PREPARE", "LOCK"})
    if (at.is(word)) return refused("transactions and locks are ostler's: leave the statement out");
  if (at.is("SET") || at.is("RESET"))
    return refused("settings of the session are ostler's: leave the statement out");
  if (at.is("COPY")) return refused("COPY needs a client's file: say INSERT ... VALUES");
  if (at.is("DO") || at.is("CALL"))
    return refused("runs code that cannot be judged: write its statements out");
  return refused("is not a statement that ostler knows to be safe");
}

}  // namespace

std::vector<Statement> read_statements(std::string_view sql) {
  const std::vector<SqlPiece> pieces = split_sql(sql);
  std::vector<Statement> statements;
  SqlFileState file;
  for (const SqlPiece& piece : pieces) {
    SqlCursor at(piece.tokens);
    SqlVerdict verdict = piece.trouble.empty() ? by_first_word(at, file) : refused(piece.trouble);
    if (verdict.statement_class == Class::concurrent && pieces.size() > 1)
      verdict = refused(
          "cannot run in a transaction with the others of this file: give it a file of its own");
    statements.push_back(
        {piece.text, piece.line, verdict.statement_class, std::move(verdict.reason)});
  }
  return statements;
}

}  // namespace ostler
