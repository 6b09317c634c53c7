#pragma once

#include "ostler/model/plan.hpp"

#include <string>
#include <vector>

namespace ostler {

/// What became of one step's undo when a plan was run up to it and turned round.
struct StepProof {
  enum class Undo {
    restored,  ///< everything is as it stood before the run
    stays,     ///< something is not, and the plan says so: `stays` names it
    failed,    ///< something is not that should be, or the way back came to no end
  };
  std::string id, kind, cell, title, target;
  std::string says;  ///< what the plan says of this step's undo
  Undo undo = Undo::restored;
  std::vector<std::string> stays;    ///< what differs from before, as announced
  std::vector<std::string> wrong;    ///< what differs and should not, and why the way back stopped
  Milliseconds forward{0}, back{0};  ///< of the whole way up to this step and back
};
std::string_view to_string(StepProof::Undo undo);

/// What `ostler rehearse` leaves (manual: ostler-proof(5)): which undo was run, on what, when, how
/// long it took, and for which files.
struct Proof {
  static constexpr const char* api_version = "ostler/v1";
  std::string tool;   ///< "ostler 0.1.0"
  std::string where;  ///< "lab"
  WallTime made;
  std::string environment, environment_digest;
  std::string release, release_digest;
  std::string plan_digest;                                     ///< of the plan that was rehearsed
  std::string undo_digest;                                     ///< see undo_digest()
  std::vector<std::pair<std::string, std::string>> simulated;  ///< system, what stood for it
  std::vector<std::string> stand_ins;                          ///< what was made up, in plain words
  std::vector<StepProof> steps;
  StepProof whole;                                  ///< the finished release and its rollback
  std::uint64_t requests = 0, failed_requests = 0;  ///< of the shoppers, in all of it
  std::vector<std::string> covered, not_covered;

  /// Whether every undo did what the plan says of it.
  bool holds() const;
};

/// Canonical JSON with a digest over everything else in it.
Json to_json(const Proof& proof);
/// Reads a proof's text. Refuses as `refused` what is none (code "format") and what was changed
/// (code "digest").
Result<Proof> parse_proof(std::string_view text);

/// What two plans have in common when one rehearsal stands for both: environment and release with
/// the digests of their files (the migrations' texts included), and which kinds of steps are done
/// in which cell, in their order, each once. What only the world decides has no part in it: the
/// cluster's uid, images, how many Pods and tenants there are, times.
std::string undo_digest(const Plan& plan);

/// What a proof does not say about a plan: other files, a step of a kind that was not rehearsed in
/// its cell, an undo that failed. Empty: every step of the plan has been undone. A plan that has
/// less to do than the rehearsed one (tenants that are migrated already) is still covered. Pure.
std::vector<std::string> not_proved(const Plan& plan, const Proof& proof);

}  // namespace ostler
