#pragma once

#include "ostler/base/json.hpp"
#include "ostler/base/result.hpp"
#include "ostler/systems/postgres.hpp"
#include "ostler/transport/sql.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ostler {

/// Asks one tenant's database, through whichever session is at hand.
using Query = std::function<Result<SqlRows>(const std::string& statement,
                                            const std::vector<SqlValue>& parameters)>;
Query query_of(const PostgresLook& server, std::string database);
Query query_of(SqlSession& session);

/// The first value of the first row, or an empty text when there is none or it is NULL.
Result<std::string> ask_text(const Query& query, const std::string& statement,
                             const std::vector<SqlValue>& parameters = {});
/// Whether that value is true.
Result<bool> ask_truth(const Query& query, const std::string& statement,
                       const std::vector<SqlValue>& parameters = {});
/// The first column of all rows.
Result<std::vector<std::string>> ask_list(const Query& query, const std::string& statement,
                                          const std::vector<SqlValue>& parameters = {});

/// The text of a PostgreSQL array with these elements, for a parameter of type text[].
std::string array_text(const std::vector<std::string>& elements);

/// Tries to take the two advisory locks that keep a tenant to one migration at a time: ostler's and
/// click-odoo-update's. Gives an empty text when both are held, otherwise who holds one. Never
/// waits: a session that waits for an advisory lock makes CREATE INDEX CONCURRENTLY deadlock. Held
/// by the session until unlock_tenant or its end.
Result<std::string> try_lock_tenant(SqlSession& session, const std::string& database);
/// Gives both back. A lock that the session does not hold means that a pooler swapped the
/// connection: `permanent`.
Result<void> unlock_tenant(SqlSession& session, const std::string& database);
/// The key of click-odoo-update's lock: the first 14 hex digits of the SHA-1 of
/// "click-odoo-update/<database>".
std::int64_t click_odoo_lock_key(const std::string& database);

/// SET LOCAL ROLE to the database's owner, as a statement, when the session's role may and needs
/// to; empty otherwise. What a migration creates must belong to Odoo's own role.
Result<std::string> become_owner(const Query& query);

/// A tenant's schema as far as a release compares it; tables of ostler's own are left out.
/// {"columns": md5, "constraints": md5, "indexes": md5, "tables": [names], "not_null":
/// ["table.column", ...] without a default, "invalid": [indexes and constraints that are not
/// valid]}
Result<Json> schema_facts(const Query& query);
/// Whether columns, constraints and indexes are the same.
bool same_schema(const Json& facts, const Json& other);

/// NOT NULL columns without a default that tables from before have now and had not then: old code
/// cannot insert there.
std::vector<std::string> new_not_nulls(const Json& before, const Json& now);
/// Lets a column ("table.column") hold NULL again.
Result<void> relax_not_null(SqlSession& session, const std::string& column);

/// Elements of `list` that `other` lacks (JSON lists of texts).
std::vector<std::string> beyond(const Json& list, const Json& other);

}  // namespace ostler
