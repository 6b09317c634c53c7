#pragma once

#include "ostler/model/proof.hpp"
#include "ostler/view/style.hpp"

#include <string>

namespace ostler {

/// One step of a rehearsal in one line, with what is wrong below it.
std::string step_proof_text(const StepProof& step, const Style& style);

/// What a rehearsal was made of and what it says, and, as plainly, what it does not say.
std::string proof_text(const Proof& proof, const Style& style);

}  // namespace ostler
