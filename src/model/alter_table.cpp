// The verdicts over the actions of ALTER TABLE: which lock PostgreSQL takes, which work it does
// under it, and whether the old version still finds what it needs.
#include "model/sql_reading.hpp"

#include "ostler/base/text.hpp"

namespace ostler {

namespace {

using Class = StatementClass;

SqlVerdict expand(std::string reason) {
  return {Class::expand, std::move(reason)};
}
SqlVerdict contract(std::string reason) {
  return {Class::contract, std::move(reason)};
}
SqlVerdict refused(std::string reason) {
  return {Class::refused, std::move(reason)};
}

constexpr const char* later_not_null =
    "may read the whole table under an exclusive lock, and refuses rows of the old version: in a "
    "later release add CHECK (... IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT in a file of its "
    "own, then SET NOT NULL";

/// Types whose columns are added without touching a row. A domain may carry a constraint and then
/// rewrites the table.
bool is_plain_type(const std::string& type, const SqlFileState& file) {
  static const std::set<std::string> plain{
      "bigint",    "bit",      "bool",      "boolean",     "box",       "bytea",    "char",
      "character", "cidr",     "circle",    "date",        "daterange", "decimal",  "double",
      "float",     "float4",   "float8",    "inet",        "int",       "int2",     "int4",
      "int4range", "int8",     "int8range", "integer",     "interval",  "json",     "jsonb",
      "line",      "lseg",     "macaddr",   "money",       "name",      "numeric",  "numrange",
      "oid",       "path",     "point",     "polygon",     "real",      "regclass", "smallint",
      "text",      "time",     "timestamp", "timestamptz", "timetz",    "tsquery",  "tsrange",
      "tstzrange", "tsvector", "uuid",      "varbit",      "varchar",   "xml",      "bpchar",
      "citext",    "hstore",   "geometry",  "geography"};
  return plain.contains(type) || file.new_types.contains(type);
}

bool ends_default(const SqlToken& token) {
  for (const char* word : {"NOT", "NULL", "CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY", "REFERENCES",
                           "GENERATED", "COLLATE"})
    if (token.is(word)) return true;
  return false;
}

/// Whether a DEFAULT at the cursor is computed once, not for every row.
bool is_constant_default(SqlCursor& at) {
  static const std::set<std::string> stable{"NOW",
                                            "TRANSACTION_TIMESTAMP",
                                            "STATEMENT_TIMESTAMP",
                                            "CURRENT_SETTING",
                                            "VARCHAR",
                                            "NUMERIC",
                                            "CHAR",
                                            "TIMESTAMP",
                                            "TIME",
                                            "DECIMAL",
                                            "CURRENT_TIMESTAMP"};
  int depth = 0;
  while (!at.at_end() && (depth > 0 || !ends_default(at.peek()))) {
    const SqlToken token = at.next();
    if (token.is("(")) ++depth;
    if (token.is(")")) --depth;
    const bool is_call =
        (token.kind == SqlToken::Kind::word || token.kind == SqlToken::Kind::quoted_name) &&
        at.is("(");
    if (is_call && !stable.contains(token.text)) return false;
  }
  return true;
}

SqlVerdict generated(SqlCursor& at) {
  if (at.contains("IDENTITY"))
    return refused(
        "rewrites the table under an exclusive lock: add an integer column, then a sequence as its "
        "default");
  if (at.contains("VIRTUAL")) return expand("adds a column without touching a row");
  return refused(
      "rewrites the table under an exclusive lock: add a plain column and a trigger that fills it");
}

SqlVerdict column_constraints(SqlCursor& at) {
  bool has_default = false, not_null = false;
  while (!at.at_end()) {
    if (at.take("GENERATED")) return generated(at);
    if (at.is("CHECK"))
      return refused(
          "reads the whole table under an exclusive lock: add the column alone, the CHECK later as "
          "NOT VALID");
    if (at.is("UNIQUE") || at.is("PRIMARY"))
      return refused(
          "builds an index under an exclusive lock: add the column alone, then CREATE UNIQUE INDEX "
          "CONCURRENTLY in a later release");
    if (at.take("DEFAULT")) {
      if (!is_constant_default(at))
        return refused(
            "rewrites the table when the default is computed for every row: add the column "
            "without it, then ALTER COLUMN ... SET DEFAULT");
      has_default = true;
      continue;
    }
    if (at.is("NOT") && at.peek(1).is("NULL")) not_null = true;
    at.next();
  }
  if (not_null && !has_default)
    return refused("fails as soon as the table has rows: add DEFAULT, or leave NOT NULL out");
  return expand("adds a column that the old version does not see");
}

SqlVerdict add_column(SqlCursor& at, const std::string& table, SqlFileState& file) {
  const bool surely_new = !at.take("IF");
  if (!surely_new) {
    at.take("NOT");
    at.take("EXISTS");
  }
  const std::string column = at.name();
  if (surely_new) file.new_columns.insert(table + "." + column);
  std::string type = at.name();
  if (starts_with(type, "pg_catalog.")) type.erase(0, 11);
  if (type.find("serial") != std::string::npos)
    return refused(
        "rewrites the table under an exclusive lock: add an integer column, then a sequence as its "
        "default");
  if (!is_plain_type(type, file))
    return refused(fmt::format(
        "adds a column of the type '{}', which is not known to be a plain one: a domain with a "
        "constraint rewrites the table under an exclusive lock",
        type));
  return column_constraints(at);
}

/// The columns in the parentheses at the cursor.
std::vector<std::string> column_list(SqlCursor& at) {
  std::vector<std::string> columns;
  if (!at.take("(")) return columns;
  while (!at.at_end() && !at.take(")")) {
    columns.push_back(at.name());
    at.take(",");
  }
  return columns;
}

SqlVerdict add_foreign_key(SqlCursor& at, const std::string& table, const SqlFileState& file) {
  at.take("FOREIGN");
  at.take("KEY");
  const std::vector<std::string> columns = column_list(at);
  if (!at.contains("NOT", "VALID"))
    return refused(
        "reads both tables under a lock that stops writes: add NOT VALID, and VALIDATE CONSTRAINT "
        "in a later file");
  const bool all_new = std::all_of(columns.begin(), columns.end(), [&](const std::string& column) {
    return file.new_columns.contains(table + "." + column);
  });
  if (all_new && !columns.empty()) return expand("binds a column that is new here");
  return contract("forbids rows that the old version may write");
}

SqlVerdict add_constraint(SqlCursor& at, const std::string& table, SqlFileState& file) {
  if (at.take("CONSTRAINT")) file.new_constraints.insert(table + "." + at.name());
  if (at.is("FOREIGN")) return add_foreign_key(at, table, file);
  if (at.is("UNIQUE") || at.is("PRIMARY")) {
    if (at.contains("USING", "INDEX"))
      return contract("forbids rows that the old version may write");
    return refused(
        "builds an index under an exclusive lock: CREATE UNIQUE INDEX CONCURRENTLY, then ADD "
        "CONSTRAINT ... USING INDEX, in a later release");
  }
  if (at.is("EXCLUDE"))
    return refused("builds an index under an exclusive lock, and cannot be added as NOT VALID");
  if (!at.contains("NOT", "VALID"))
    return refused(
        "reads the whole table under an exclusive lock: add NOT VALID, and VALIDATE CONSTRAINT in "
        "a later file");
  return contract("forbids rows that the old version may write");
}

bool starts_constraint(const SqlCursor& at) {
  for (const char* word : {"CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY", "FOREIGN", "EXCLUDE"})
    if (at.is(word)) return true;
  return false;
}

SqlVerdict alter_column(SqlCursor& at, const std::string& table, const SqlFileState& file) {
  const bool is_new = file.new_columns.contains(table + "." + at.name());
  if (at.take("SET")) {
    if (at.is("DEFAULT")) return expand("applies to new rows only");
    if (at.is("NOT")) return refused(later_not_null);
    if (at.is("STATISTICS") || at.is("STORAGE") || at.is("COMPRESSION") || at.is("("))
      return expand("changes how PostgreSQL stores or plans, not what is stored");
  } else if (at.take("DROP")) {
    if (at.is("NOT")) return expand("allows more than before");
    return is_new ? expand("changes a column that is new here")
                  : contract("takes away what the old version's writes may rest on");
  } else if (at.is("RESET")) {
    return expand("changes how PostgreSQL plans, not what is stored");
  }
  if (at.is("TYPE") || at.is("DATA"))
    return refused(
        "may rewrite the table under an exclusive lock, and the old version knows the old type: "
        "add a new column, fill it by a trigger and in batches, drop the old one in a later "
        "release");
  return refused("is not an action that ostler knows to be safe");
}

SqlVerdict validate(SqlCursor& at, const std::string& table, const SqlFileState& file) {
  at.take("CONSTRAINT");
  if (file.new_constraints.contains(table + "." + at.name()))
    return refused(
        "reads the table while the lock of ADD CONSTRAINT is still held: give it a file of its own "
        "behind this one");
  return expand("reads the table beside reads and writes");
}

SqlVerdict other_action(SqlCursor& at) {
  if (at.take("RENAME"))
    return at.is("CONSTRAINT") ? expand("renames a constraint, which no query names")
                               : contract("renames what the old version still uses");
  if (at.take("SET")) {
    if (at.is("(") || at.is("WITHOUT"))
      return expand("changes how PostgreSQL stores, not what is stored");
    if (at.is("SCHEMA")) return contract("moves the table away from the old version");
    return refused("rewrites or copies the table under an exclusive lock");
  }
  if (at.take("ENABLE"))
    return at.is("ROW") ? contract("hides rows that the old version may need")
                        : expand("enables a trigger");
  if (at.is("DISABLE")) return contract("takes away what the old version's writes may rest on");
  if (at.is("OWNER")) return contract("may take rights that the old version needs");
  if (at.is("DETACH")) return contract("takes rows that the old version may need");
  for (const char* word : {"REPLICA", "ATTACH", "CLUSTER", "RESET"})
    if (at.is(word)) return expand("touches no row and hides none");
  return refused("is not an action that ostler knows to be safe");
}

SqlVerdict action(const std::vector<SqlToken>& tokens, const std::string& table,
                  SqlFileState& file) {
  SqlCursor at(tokens);
  if (at.take("ADD")) {
    if (starts_constraint(at)) return add_constraint(at, table, file);
    at.take("COLUMN");
    return add_column(at, table, file);
  }
  if (at.is("DROP")) return contract("drops what the old version may need");
  if (at.is("ALTER") && at.peek(1).is("CONSTRAINT")) return expand("changes when a key is checked");
  if (at.take("ALTER")) {
    at.take("COLUMN");
    return alter_column(at, table, file);
  }
  if (at.take("VALIDATE")) return validate(at, table, file);
  return other_action(at);
}

int strictness(Class statement_class) {
  switch (statement_class) {
    case Class::expand:
      return 0;
    case Class::concurrent:
      return 1;
    case Class::contract:
      return 2;
    case Class::refused:
      return 3;
  }
  return 3;
}

}  // namespace

SqlVerdict classify_alter_table(SqlCursor& at, SqlFileState& file) {
  if (at.take("ALL")) return refused("touches tables that it does not name");
  if (at.take("IF")) at.take("EXISTS");
  at.take("ONLY");
  const std::string table = at.name();
  at.take("*");
  const bool is_new = file.has_new_table(table);
  SqlVerdict strictest{Class::expand, ""};
  for (const std::vector<SqlToken>& tokens : at.parts()) {
    SqlVerdict verdict = action(tokens, table, file);
    if (is_new) verdict = expand("changes a table that is new here");
    if (strictest.reason.empty() ||
        strictness(verdict.statement_class) > strictness(strictest.statement_class))
      strictest = std::move(verdict);
  }
  return strictest;
}

}  // namespace ostler
