#pragma once

#include "ostler/model/survey.hpp"

namespace ostler {

/// Refuses a release that cannot be done by this version's steps, before a plan is made: a
/// contracting or major class, SQL that would stop the shop, databases that are no Odoo or half-way
/// through another update, modules that the update would silently leave out. Pure.
Result<void> admit(const Environment& environment, const Release& release, const Survey& survey,
                   const Classification& classification);

}  // namespace ostler
