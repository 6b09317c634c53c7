#pragma once

#include "lab/odoo/schema_hand.hpp"

#include "ostler/transport/sql.hpp"

namespace ostler::lab {

/// The hand that issues SQL, on a session of its own.
std::unique_ptr<SchemaHand> make_sql_schema_hand(std::unique_ptr<SqlSession> session,
                                                 const ShopSchema& schema);

}  // namespace ostler::lab
