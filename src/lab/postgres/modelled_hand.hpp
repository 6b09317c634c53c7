#pragma once

#include "lab/odoo/schema_hand.hpp"
#include "lab/postgres/modelled_server.hpp"

namespace ostler::lab {

/// The hand that works on a modelled database, in a session of its own there.
std::unique_ptr<SchemaHand> make_modelled_hand(std::unique_ptr<ModelledSession> session);

}  // namespace ostler::lab
