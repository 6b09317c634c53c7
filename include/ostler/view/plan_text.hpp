#pragma once

#include "ostler/engine/run_state.hpp"
#include "ostler/model/plan.hpp"
#include "ostler/view/style.hpp"

#include <string>
#include <vector>

namespace ostler {

enum class PlanDetail { table, parameters };

/// A plan for people: class with reasons, steps with undo and usual time, point of no return,
/// times, digest, validity.
std::string plan_text(const Plan& plan, PlanDetail detail, WallTime now, const Style& style);

/// What going back would do, in its order.
std::string undo_text(const Plan& plan, const std::vector<Undo>& undos, const Style& style);
Json undo_json(const Plan& plan, const std::vector<Undo>& undos);

}  // namespace ostler
