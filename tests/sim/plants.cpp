// The bugs that can be planted, one at a time.
#include "sim/simulation.hpp"

#include "ostler/base/plant.hpp"

#include <algorithm>

namespace ostler {
namespace {

// One per process on purpose: the engine asks for it in the middle of its own functions.
std::string& planted_bug() {
  static std::string bug;
  return bug;
}

}  // namespace

bool planted(std::string_view bug) {
  return planted_bug() == bug;
}

namespace sim {

const std::vector<std::string>& plants() {
  static const std::vector<std::string> all{"intent_not_durable",
                                            "timeout_not_applied",
                                            "forward_compensation",
                                            "failed_undo_skipped",
                                            "own_conflict_foreign",
                                            "undo_to_plan",
                                            "sync_error_ignored",
                                            "rollback_forgets_doubt",
                                            "blind_resume",
                                            "turn_not_journaled",
                                            "no_touch",
                                            "no_guard",
                                            "no_fence",
                                            "epoch_fence_only"};
  return all;
}

bool plant(std::string_view bug) {
  if (!bug.empty() && std::find(plants().begin(), plants().end(), bug) == plants().end())
    return false;
  planted_bug() = bug;
  return true;
}

}  // namespace sim
}  // namespace ostler
