#pragma once

#include "lab/modelled_server.hpp"
#include "lab/schema_hand.hpp"

namespace ostler::lab {

/// The hand that works on a modelled database, in a session of its own there.
std::unique_ptr<SchemaHand> make_modelled_hand(std::unique_ptr<ModelledSession> session);

}  // namespace ostler::lab
