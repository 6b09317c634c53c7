// Tables for the SQL of migrations: how files are split, and what each statement may do beside the
// old version.
#include "ostler/model/survey.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

StatementClass class_of(const std::string& sql) {
  const auto statements = read_statements(sql);
  REQUIRE_FALSE(statements.empty());
  return statements.back().statement_class;
}

void all_are(StatementClass expected, const std::vector<std::string>& rows) {
  for (const std::string& sql : rows) {
    CAPTURE(sql, read_statements(sql).back().reason);
    CHECK(class_of(sql) == expected);
  }
}

}  // namespace

TEST_CASE("statements: split where PostgreSQL splits") {
  const auto pieces = read_statements(
      "-- a comment; with a semicolon\n"
      "ALTER TABLE a ADD COLUMN b text;\n"
      "/* nested /* ; */ ; */ COMMENT ON COLUMN a.b IS 'it''s; here';\n"
      "COMMENT ON COLUMN a.b IS E'back\\';slash';\n"
      "\n"
      "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $body$ BEGIN; RETURN 1; END $body$;\n"
      "CREATE TABLE \"odd;name\" (a int);\n"
      "CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; "
      "END;\n"
      "GRANT SELECT ON a TO b -- no semicolon at the end");
  REQUIRE(pieces.size() == 7);
  CHECK(pieces[0].text == "ALTER TABLE a ADD COLUMN b text");
  CHECK(pieces[0].line == 2);
  CHECK(pieces[1].text == "COMMENT ON COLUMN a.b IS 'it''s; here'");
  CHECK(pieces[1].line == 3);
  CHECK(pieces[2].line == 4);
  CHECK(pieces[3].line == 6);
  CHECK(pieces[4].text == "CREATE TABLE \"odd;name\" (a int)");
  CHECK(pieces[5].line == 8);
  CHECK(pieces[6].text == "GRANT SELECT ON a TO b");
  for (const Statement& piece : pieces) CHECK(piece.statement_class == StatementClass::expand);
}

TEST_CASE("statements: nothing to do is an empty list") {
  CHECK(read_statements("").empty());
  CHECK(read_statements(" -- only a comment\n/* another */ ;;\n").empty());
}

TEST_CASE("statements: what is not SQL or does not end is refused") {
  for (const char* sql :
       {"COMMENT ON TABLE a IS 'open", "COMMENT ON TABLE a IS $x$ open", "/* open",
        "CREATE TABLE a (b int", "\\i other.sql", "\\copy a from 'b'", "COPY a FROM STDIN"}) {
    CAPTURE(sql);
    CHECK(class_of(sql) == StatementClass::refused);
  }
}

TEST_CASE("statements: what the old version does not see is expanding") {
  all_are(
      StatementClass::expand,
      {"ALTER TABLE sale_order ADD COLUMN channel text",
       "alter table if exists only public.sale_order add column if not exists channel varchar(20)",
       "ALTER TABLE sale_order ADD channel text, ADD COLUMN weight numeric(10, 2)",
       "ALTER TABLE sale_order ADD COLUMN n integer NOT NULL DEFAULT 0",
       "ALTER TABLE sale_order ADD COLUMN n integer DEFAULT 0 NOT NULL",
       "ALTER TABLE sale_order ADD COLUMN t timestamp with time zone DEFAULT now()",
       "ALTER TABLE sale_order ADD COLUMN t timestamp DEFAULT (now() AT TIME ZONE 'UTC')",
       "ALTER TABLE sale_order ADD COLUMN d double precision",
       "ALTER TABLE sale_order ADD COLUMN j jsonb DEFAULT '{}'::jsonb",
       "ALTER TABLE sale_order ADD COLUMN shop_id integer REFERENCES shop (id)",
       "ALTER TABLE sale_order ADD COLUMN a int GENERATED ALWAYS AS (b + 1) VIRTUAL",
       "ALTER TABLE sale_order ALTER COLUMN channel SET DEFAULT gen_random_uuid()",
       "ALTER TABLE sale_order ALTER channel DROP NOT NULL",
       "ALTER TABLE sale_order ALTER channel SET STATISTICS 500",
       "ALTER TABLE sale_order SET (fillfactor = 80)",
       "ALTER TABLE sale_order VALIDATE CONSTRAINT so_shop_fk",
       "ALTER TABLE sale_order RENAME CONSTRAINT a TO b",
       "ALTER TABLE log ATTACH PARTITION log_2027 FOR VALUES FROM (200) TO (300)",
       "ALTER TABLE sale_order ADD COLUMN shop_id integer; ALTER TABLE sale_order ADD CONSTRAINT "
       "fk "
       "FOREIGN KEY (shop_id) REFERENCES shop (id) NOT VALID",
       "CREATE TABLE t (a serial PRIMARY KEY, b text NOT NULL, CHECK (b <> ''))",
       "CREATE TABLE t (a int); CREATE UNIQUE INDEX i ON t (a)",
       "CREATE TABLE t (a int); ALTER TABLE t ALTER a SET NOT NULL, ADD COLUMN x bigserial",
       "CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 1000000)",
       "CREATE TYPE mood AS ENUM ('a'); ALTER TABLE p ADD COLUMN m mood",
       "CREATE OR REPLACE VIEW v AS SELECT 1",
       "CREATE MATERIALIZED VIEW v AS SELECT 1",
       "CREATE TRIGGER x BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()",
       "CREATE SEQUENCE s",
       "CREATE EXTENSION IF NOT EXISTS unaccent",
       "ALTER TYPE mood ADD VALUE 'b'",
       "ALTER SEQUENCE s AS bigint",
       "INSERT INTO channel (name) VALUES ('web'), ('pos')",
       "COMMENT ON TABLE a IS 'b'",
       "GRANT SELECT ON a TO b",
       "ANALYZE sale_order",
       "REFRESH MATERIALIZED VIEW CONCURRENTLY v"});
}

TEST_CASE("statements: what takes something from the old version is contracting") {
  all_are(StatementClass::contract,
          {"ALTER TABLE sale_order DROP COLUMN channel",
           "ALTER TABLE sale_order DROP channel",
           "ALTER TABLE sale_order ADD COLUMN a text, DROP COLUMN b",
           "ALTER TABLE sale_order DROP CONSTRAINT x",
           "ALTER TABLE sale_order RENAME TO orders",
           "ALTER TABLE sale_order RENAME COLUMN a TO b",
           "ALTER TABLE sale_order RENAME a TO b",
           "ALTER TABLE sale_order SET SCHEMA old",
           "ALTER TABLE sale_order OWNER TO someone",
           "ALTER TABLE sale_order ALTER COLUMN a DROP DEFAULT",
           "ALTER TABLE sale_order DISABLE TRIGGER t",
           "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
           "ALTER TABLE sale_order ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
           "ALTER TABLE sale_order ADD CONSTRAINT u UNIQUE USING INDEX i",
           "ALTER TABLE sale_order ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES b (id) NOT VALID",
           "ALTER TABLE log DETACH PARTITION log_2026",
           "CREATE UNIQUE INDEX CONCURRENTLY i ON sale_order (ref)",
           "DROP TABLE a",
           "DROP VIEW a",
           "DROP FUNCTION f()",
           "DROP INDEX CONCURRENTLY i",
           "TRUNCATE a",
           "DELETE FROM a",
           "REVOKE SELECT ON a FROM b",
           "ALTER TYPE mood RENAME VALUE 'a' TO 'b'",
           "ALTER SEQUENCE s RESTART",
           "ALTER VIEW v RENAME TO w",
           "CREATE POLICY p ON a"});
}

TEST_CASE("statements: an index is built beside traffic, alone in its file") {
  CHECK(class_of("CREATE INDEX CONCURRENTLY i ON sale_order (ref)") == StatementClass::concurrent);
  CHECK(class_of("CREATE INDEX CONCURRENTLY ON sale_order (ref);") == StatementClass::concurrent);
  CHECK(class_of("REINDEX INDEX CONCURRENTLY i") == StatementClass::concurrent);
  CHECK(class_of("COMMENT ON TABLE a IS 'b'; CREATE INDEX CONCURRENTLY i ON sale_order (ref)") ==
        StatementClass::refused);
  CHECK(class_of("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON sale_order (ref)") ==
        StatementClass::refused);
}

TEST_CASE("statements: what stops the shop, or cannot be judged, is refused") {
  all_are(
      StatementClass::refused,
      {"ALTER TABLE a ADD COLUMN b serial", "ALTER TABLE a ADD COLUMN b bigserial",
       "ALTER TABLE a ADD COLUMN b uuid DEFAULT gen_random_uuid()",
       "ALTER TABLE a ADD COLUMN b timestamptz DEFAULT clock_timestamp()",
       "ALTER TABLE a ADD COLUMN b int DEFAULT nextval('s')",
       "ALTER TABLE a ADD COLUMN b int GENERATED ALWAYS AS IDENTITY",
       "ALTER TABLE a ADD COLUMN b int GENERATED ALWAYS AS (c + 1) STORED",
       "ALTER TABLE a ADD COLUMN b email_address", "ALTER TABLE a ADD COLUMN b int CHECK (b > 0)",
       "ALTER TABLE a ADD COLUMN b int UNIQUE", "ALTER TABLE a ADD COLUMN b int PRIMARY KEY",
       "ALTER TABLE a ADD COLUMN b int NOT NULL", "ALTER TABLE a ALTER b SET NOT NULL",
       "ALTER TABLE a ALTER COLUMN b TYPE bigint", "ALTER TABLE a ALTER b SET DATA TYPE text",
       "ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0)", "ALTER TABLE a ADD CHECK (b > 0)",
       "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c (id)", "ALTER TABLE a ADD UNIQUE (b)",
       "ALTER TABLE a ADD PRIMARY KEY (b)", "ALTER TABLE a ADD EXCLUDE USING gist (b WITH &&)",
       "ALTER TABLE a SET UNLOGGED", "ALTER TABLE a SET TABLESPACE fast",
       "ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b", "ALTER TABLE a INHERIT b",
       "CREATE INDEX i ON sale_order (ref)",
       "CREATE TABLE p PARTITION OF log FOR VALUES FROM (1) TO (2)", "DROP INDEX i",
       "REINDEX TABLE a", "CLUSTER a", "VACUUM FULL a", "REFRESH MATERIALIZED VIEW v",
       "UPDATE a SET b = 1", "INSERT INTO a SELECT * FROM b", "DO $$ BEGIN END $$", "CALL f()",
       "SELECT 1", "BEGIN", "COMMIT", "SET lock_timeout = 0", "LOCK TABLE a",
       "ALTER SYSTEM SET a = 1", "CREATE DATABASE a", "DROP DATABASE a", "CREATE ROLE a",
       "WITH x AS (SELECT 1) INSERT INTO a SELECT * FROM x", "gibberish",
       "ALTER DOMAIN d ADD CONSTRAINT c CHECK (value > 0)",
       // a table that may already be there is not new
       "CREATE TABLE IF NOT EXISTS a (b int); CREATE INDEX i ON a (b)",
       "ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0) NOT VALID; ALTER TABLE a VALIDATE CONSTRAINT "
       "c"});
}

TEST_CASE("statements: names are folded as PostgreSQL folds them") {
  CHECK(class_of("CREATE TABLE Shop (a int); CREATE INDEX i ON SHOP (a)") ==
        StatementClass::expand);
  CHECK(class_of("CREATE TABLE \"Shop\" (a int); CREATE INDEX i ON shop (a)") ==
        StatementClass::refused);
  CHECK(class_of("CREATE TABLE x.t (a int); CREATE INDEX i ON x.t (a)") == StatementClass::expand);
  CHECK(class_of("CREATE TABLE x.t (a int); CREATE INDEX i ON t (a)") == StatementClass::refused);
}

TEST_CASE("statements: a refusal names the safe form") {
  const auto reason = [](const char* sql) { return read_statements(sql).back().reason; };
  CHECK(reason("CREATE INDEX i ON a (b)").find("CREATE INDEX CONCURRENTLY") != std::string::npos);
  CHECK(reason("ALTER TABLE a ADD CHECK (b > 0)").find("NOT VALID") != std::string::npos);
  CHECK(reason("ALTER TABLE a ALTER b SET NOT NULL").find("VALIDATE CONSTRAINT") !=
        std::string::npos);
  CHECK(reason("UPDATE a SET b = 1").find("in batches") != std::string::npos);
}
