#pragma once

#include "rehearsal_ground.hpp"

#include "ostler/engine/executor.hpp"
#include "ostler/model/proof.hpp"

#include <functional>

namespace ostler {

/// The plan of a rehearsal, and where it is run.
struct Rehearsal {
  const RehearsalSetting& setting;
  const Plan& plan;
  RehearsalServer& server;
  const std::string& folder;  ///< for files of one pass
  const Kinds& kinds;
  WallTime now;  ///< when the virtual time of each pass begins
  Cancellation stop;
};

/// The plan that `ostler plan` would make of these files on the platform that the lab sets up.
/// Fails as the planner does, and as `cancelled` when stopped.
Result<Plan> plan_rehearsal(const Environment& environment, const Release& release,
                            const RehearsalSetting& setting, RehearsalServer& server,
                            const std::string& folder, WallTime now);

/// What came of all passes.
struct RehearsalOutcome {
  std::vector<StepProof> steps;
  StepProof whole;
  std::uint64_t requests = 0, failed_requests = 0;
};
/// Once for each step: a new platform, the plan up to that step, a failure there (its gate's, where
/// it has one), the way back, and a comparison of everything with what stood there before. At last
/// the whole plan, and the rollback of the finished release. `tell` is called after each. Fails
/// only where the lab itself does, and as `cancelled` when stopped: what a step does wrong stands
/// in its proof.
Result<RehearsalOutcome> rehearse(const Rehearsal& rehearsal,
                                  const std::function<void(const StepProof&)>& tell);

/// The differences between two pictures by what differs, each as a line for people.
std::map<std::string, std::string> compare_pictures(const lab::Picture& before,
                                                    const lab::Picture& after);
/// The parts of a picture that a step may leave changed, as its plan says.
std::vector<std::string> may_stay(const Node& node, const Kinds& kinds);

}  // namespace ostler
