// Statements that change a modelled schema: what additive migrations and their undoing consist of.
// Each is read once, when it is first seen.
#include "lab/postgres/modelled_server.hpp"

#include "ostler/base/text.hpp"

#include <regex>

namespace ostler::lab {
namespace {

/// One change of a catalog. Must check before it changes anything.
using Change = std::function<Result<void>(ModelledSession&, ModelledCatalog&)>;

struct Definition {
  std::string table;
  ModelledLock lock = ModelledLock::exclusive;
  std::vector<Change> changes;
  bool alone = false;  ///< not inside a transaction
};

std::regex pattern(const char* text) {
  return std::regex(text, std::regex::icase);
}

Failure no_table(const ModelledSession& session, const std::string& table) {
  return session.failure("42P01", fmt::format("relation \"{}\" does not exist", table));
}

/// Cut at commas outside parentheses and quotes.
std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  bool in_text = false;
  for (const char letter : text) {
    if (letter == '\'') in_text = !in_text;
    if (!in_text && letter == '(') ++depth;
    if (!in_text && letter == ')') --depth;
    if (!in_text && depth == 0 && letter == ',')
      parts.emplace_back();
    else
      parts.back() += letter;
  }
  for (std::string& part : parts) part = trim(part);
  return parts;
}

/// "name type [NOT NULL] [DEFAULT ...] ..."
std::pair<std::string, ModelledColumn> column_of(const std::string& text) {
  static const std::regex form = pattern(R"re(^("[^"]+"|\w+)\s+([\s\S]*)$)re");
  static const std::regex not_null = pattern(R"re(\bNOT\s+NULL\b|\bPRIMARY\s+KEY\b)re");
  static const std::regex standard =
      pattern(R"re(\bDEFAULT\s+([\s\S]+?)(\s+NOT\s+NULL|\s+NULL|\s*$))re");
  static const std::regex rest =
      pattern(R"re(\s+(NOT\s+NULL|NULL|DEFAULT|PRIMARY|REFERENCES|UNIQUE|CHECK)\b[\s\S]*)re");
  std::smatch match;
  if (!std::regex_match(text, match, form)) return {"", {}};
  const std::string name = relation_name(match[1]), kind = match[2];
  ModelledColumn column;
  column.nullable = !std::regex_search(kind, not_null);
  if (std::regex_search(kind, match, standard)) column.standard = trim(match[1].str());
  column.type = trim(std::regex_replace(kind, rest, ""));
  return {name, column};
}

Change add_column(const std::string& table, const std::string& text, bool unless_there) {
  const auto [name, column] = column_of(text);
  return [table, name = name, column = column, unless_there](
             ModelledSession& session, ModelledCatalog& catalog) -> Result<void> {
    if (catalog.table(table)->columns.contains(name)) {
      if (unless_there) return {};
      return session.failure(
          "42701", fmt::format(R"(column "{}" of relation "{}" already exists)", name, table));
    }
    auto& rows = session.database().rows;
    const auto found = rows.find(table);
    const std::uint64_t there = found == rows.end() ? 0 : found->second;
    if (!column.nullable && column.standard.empty() && there > 0)
      return session.failure(
          "23502",
          fmt::format(R"(column "{}" of relation "{}" contains null values)", name, table));
    catalog.edit_table(table)->columns[name] = column;
    session.database().nulls[table + "." + name] = column.standard.empty() ? there : 0;
    return {};
  };
}

Change with_column(const std::string& table, const std::string& column, bool unless_absent,
                   std::function<Result<void>(ModelledSession&, ModelledTable&)> effect) {
  return [=](ModelledSession& session, ModelledCatalog& catalog) -> Result<void> {
    if (!catalog.table(table)->columns.contains(column)) {
      if (unless_absent) return {};
      return session.failure(
          "42703", fmt::format(R"(column "{}" of relation "{}" does not exist)", column, table));
    }
    return effect(session, *catalog.edit_table(table));
  };
}

Change drop_column(const std::string& table, const std::string& column, bool unless_absent) {
  return with_column(table, column, unless_absent,
                     [column](ModelledSession&, ModelledTable& edited) -> Result<void> {
                       edited.columns.erase(column);
                       return {};
                     });
}

Change set_nullable(const std::string& table, const std::string& column, bool nullable) {
  return with_column(
      table, column, false, [=](ModelledSession& session, ModelledTable& edited) -> Result<void> {
        if (!nullable && session.database().nulls[table + "." + column] > 0)
          return session.failure(
              "23502",
              fmt::format(R"(column "{}" of relation "{}" contains null values)", column, table));
        edited.columns[column].nullable = nullable;
        return {};
      });
}

Change set_standard(const std::string& table, const std::string& column, std::string standard) {
  return with_column(table, column, false,
                     [=](ModelledSession&, ModelledTable& edited) -> Result<void> {
                       edited.columns[column].standard = standard;
                       return {};
                     });
}

Change add_constraint(const std::string& table, const std::string& name,
                      const std::string& definition) {
  static const std::regex unproved = pattern(R"re(\s+NOT\s+VALID\s*$)re");
  const bool later = std::regex_search(definition, unproved);
  const std::string kept = std::regex_replace(definition, unproved, "");
  return [=](ModelledSession& session, ModelledCatalog& catalog) -> Result<void> {
    if (catalog.table(table)->constraints.contains(name))
      return session.failure(
          "42710", fmt::format(R"(constraint "{}" for relation "{}" already exists)", name, table));
    ModelledTable& edited = *catalog.edit_table(table);
    edited.constraints[name] = kept;
    if (later) edited.unproved.insert(name);
    return {};
  };
}

Change change_constraint(const std::string& table, const std::string& name, bool drop) {
  return [=](ModelledSession& session, ModelledCatalog& catalog) -> Result<void> {
    if (!catalog.table(table)->constraints.contains(name))
      return session.failure(
          "42704", fmt::format(R"(constraint "{}" of relation "{}" does not exist)", name, table));
    ModelledTable& edited = *catalog.edit_table(table);
    edited.unproved.erase(name);
    if (drop) edited.constraints.erase(name);
    return {};
  };
}

std::optional<Change> alteration(const std::string& table, const std::string& text) {
  static const std::regex add = pattern(R"re(^ADD\s+COLUMN\s+(IF\s+NOT\s+EXISTS\s+)?([\s\S]+)$)re");
  static const std::regex drop =
      pattern(R"re(^DROP\s+COLUMN\s+(IF\s+EXISTS\s+)?("[^"]+"|\w+)(\s+(CASCADE|RESTRICT))?$)re");
  static const std::regex nullable =
      pattern(R"re(^ALTER\s+COLUMN\s+("[^"]+"|\w+)\s+(SET|DROP)\s+NOT\s+NULL$)re");
  static const std::regex standard =
      pattern(R"re(^ALTER\s+COLUMN\s+("[^"]+"|\w+)\s+(SET|DROP)\s+DEFAULT\s*([\s\S]*)$)re");
  static const std::regex constraint = pattern(R"re(^ADD\s+CONSTRAINT\s+(\w+)\s+([\s\S]+)$)re");
  static const std::regex proven =
      pattern(R"re(^(VALIDATE|DROP)\s+CONSTRAINT\s+(?:IF\s+EXISTS\s+)?(\w+)$)re");
  std::smatch match;
  if (std::regex_match(text, match, add)) return add_column(table, match[2], match[1].matched);
  if (std::regex_match(text, match, drop))
    return drop_column(table, relation_name(match[2]), match[1].matched);
  if (std::regex_match(text, match, nullable))
    return set_nullable(table, relation_name(match[1]), std::toupper(match[2].str()[0]) == 'D');
  if (std::regex_match(text, match, standard))
    return set_standard(table, relation_name(match[1]), trim(match[3].str()));
  if (std::regex_match(text, match, constraint)) return add_constraint(table, match[1], match[2]);
  if (std::regex_match(text, match, proven))
    return change_constraint(table, match[2], std::toupper(match[1].str()[0]) == 'D');
  return std::nullopt;
}

std::optional<Definition> table_change(const std::string& statement) {
  static const std::regex alter =
      pattern(R"re(^ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?([\w".]+)\s+([\s\S]+)$)re");
  std::smatch match;
  if (!std::regex_match(statement, match, alter)) return std::nullopt;
  Definition definition;
  definition.table = relation_name(match[1]);
  definition.changes.emplace_back(
      [table = definition.table](ModelledSession& session, ModelledCatalog& catalog) {
        return catalog.table(table) ? Result<void>() : no_table(session, table);
      });
  for (const std::string& part : parts_of(match[2])) {
    auto change = alteration(definition.table, part);
    if (!change) return std::nullopt;
    definition.changes.push_back(*std::move(change));
  }
  return definition;
}

std::optional<Definition> table_made(const std::string& statement) {
  static const std::regex create = pattern(
      R"re(^CREATE\s+(?:UNLOGGED\s+)?TABLE\s+(IF\s+NOT\s+EXISTS\s+)?([\w".]+)\s*\(([\s\S]*)\)$)re");
  static const std::regex drop =
      pattern(R"re(^DROP\s+TABLE\s+(IF\s+EXISTS\s+)?([\w".]+)(\s+(CASCADE|RESTRICT))?$)re");
  static const std::regex whole =
      pattern(R"re(^(PRIMARY|FOREIGN|UNIQUE|CHECK|CONSTRAINT|EXCLUDE)\b[\s\S]*)re");
  std::smatch match;
  Definition definition;
  if (std::regex_match(statement, match, create)) {
    const std::string name = definition.table = relation_name(match[2]);
    ModelledTable table;
    for (const std::string& part : parts_of(match[3])) {
      if (std::regex_match(part, whole)) {
        table.constraints[fmt::format("{}_{}", name, table.constraints.size() + 1)] = part;
        continue;
      }
      const auto [column, kind] = column_of(part);
      if (column.empty()) return std::nullopt;
      table.columns[column] = kind;
    }
    definition.changes = {[name, table, unless_there = match[1].matched](
                              ModelledSession& session, ModelledCatalog& catalog) -> Result<void> {
      if (!catalog.table(name)) {
        ModelledTable made = table;
        made.owner = session.role();
        catalog.add_table(name, std::move(made));
        return {};
      }
      if (unless_there) return {};
      return session.failure("42P07", fmt::format("relation \"{}\" already exists", name));
    }};
    return definition;
  }
  if (!std::regex_match(statement, match, drop)) return std::nullopt;
  const std::string name = definition.table = relation_name(match[2]);
  definition.changes = {[name, unless_absent = match[1].matched](
                            ModelledSession& session, ModelledCatalog& catalog) -> Result<void> {
    if (!catalog.table(name))
      return unless_absent
                 ? Result<void>()
                 : session.failure("42P01", fmt::format("table \"{}\" does not exist", name));
    catalog.drop_table(name);
    if (name == "ostler_migration") catalog.migrations.edit().clear();
    if (name == "ostler_update") catalog.updates.edit().clear();
    return {};
  }};
  return definition;
}

std::optional<Definition> index_change(const std::string& statement) {
  static const std::regex create = pattern(
      R"re(^CREATE\s+(?:UNIQUE\s+)?INDEX\s+(CONCURRENTLY\s+)?(IF\s+NOT\s+EXISTS\s+)?([\w".]+)\s+(ON\s+(?:ONLY\s+)?([\w".]+)[\s\S]*)$)re");
  static const std::regex drop =
      pattern(R"re(^DROP\s+INDEX\s+(CONCURRENTLY\s+)?(IF\s+EXISTS\s+)?([\w".]+)$)re");
  std::smatch match;
  Definition definition;
  if (std::regex_match(statement, match, create)) {
    definition.alone = match[1].matched;
    definition.lock = match[1].matched ? ModelledLock::row : ModelledLock::share;
    const std::string table = definition.table = relation_name(match[5]);
    definition.changes = {[table, name = relation_name(match[3]), text = match[4].str(),
                           unless_there = match[2].matched](
                              ModelledSession& session, ModelledCatalog& catalog) -> Result<void> {
      if (!catalog.table(table)) return no_table(session, table);
      if (!catalog.table_with_index(name).empty())
        return unless_there
                   ? Result<void>()
                   : session.failure("42P07", fmt::format("relation \"{}\" already exists", name));
      catalog.edit_table(table)->indexes[name] = {text, true};
      return {};
    }};
    return definition;
  }
  if (!std::regex_match(statement, match, drop)) return std::nullopt;
  definition.alone = match[1].matched;
  definition.changes = {[name = relation_name(match[3]), unless_absent = match[2].matched](
                            ModelledSession& session, ModelledCatalog& catalog) -> Result<void> {
    const std::string table = catalog.table_with_index(name);
    if (table.empty())
      return unless_absent
                 ? Result<void>()
                 : session.failure("42704", fmt::format("index \"{}\" does not exist", name));
    catalog.edit_table(table)->indexes.erase(name);
    return {};
  }};
  return definition;
}

Result<SqlRows> define(ModelledSession& session, const Definition& definition) {
  if (definition.alone && session.began())
    return session.failure("25001", "this statement cannot run inside a transaction block");
  return answer_done(session.write(definition.table, definition.lock,
                                   [&](ModelledCatalog& catalog) -> Result<void> {
                                     // All or nothing: the statement's earlier changes go with its
                                     // failing one.
                                     ModelledCatalog changed = catalog;
                                     for (const Change& change : definition.changes)
                                       OSTLER_CHECK(change(session, changed));
                                     catalog = std::move(changed);
                                     return {};
                                   }));
}

}  // namespace

std::optional<ModelledHandler> definition_statement(const std::string& statement) {
  static const std::regex comment = pattern(R"re(^COMMENT\s+ON\s+[\s\S]+$)re");
  if (starts_with(statement, "SELECT format('ALTER TABLE public.%I ALTER COLUMN %I DROP NOT NULL'"))
    return [](ModelledSession&, const ModelledValues& values) -> Result<SqlRows> {
      return answer_value(fmt::format("ALTER TABLE public.{} ALTER COLUMN {} DROP NOT NULL",
                                      values.at(0).value_or(""), values.at(1).value_or("")));
    };
  if (std::regex_match(statement, comment))
    return [](ModelledSession& session, const ModelledValues&) {
      return answer_done(session.write("pg_description", ModelledLock::row,
                                       [](ModelledCatalog&) -> Result<void> { return {}; }));
    };
  for (const auto reading : {table_change, table_made, index_change})
    if (auto definition = reading(statement))
      return
          [definition = *std::move(definition)](ModelledSession& session, const ModelledValues&) {
            return define(session, definition);
          };
  return std::nullopt;
}

}  // namespace ostler::lab
