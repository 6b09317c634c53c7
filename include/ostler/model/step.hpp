#pragma once

#include "ostler/base/json.hpp"
#include "ostler/base/result.hpp"
#include "ostler/model/systems.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ostler {

/// How an unknown outcome is settled (reference: recovery classes). A kind must declare one.
enum class RecoveryClass {
  idempotent,    ///< repeating the set is harmless (content by digest)
  guarded,       ///< compare-and-swap or create-if-absent: read back and compare
  ledger,        ///< a row in the effect's own transaction says so
  observe_only,  ///< only looking decides; ambiguity parks the run for a person
};
std::string_view to_string(RecoveryClass recovery);

/// What a look at a step's target says.
enum class TargetState {
  before,    ///< as it stood before the step (equal to the snapshot, where there is one)
  applied,   ///< as the step wants it, completely (rolled out, loaded by every proxy, proved)
  partial,   ///< the step's write is there, its effect is not complete yet
  diverged,  ///< something else: a foreign hand; a person must look
};
std::string_view to_string(TargetState state);

/// The result of looking at a step's target. `snapshot` is what stands there now, in the form that
/// `revert` takes; it never holds a secret. `found` is one line for people.
struct Observation {
  TargetState state = TargetState::before;
  Json snapshot;
  std::string found;
  Json evidence;
};

/// The token that every effect carries: later epochs and operations win over earlier ones.
struct Guard {
  std::string run;
  std::string step;
  std::uint64_t epoch = 0;
  std::uint64_t opno = 0;
  std::string key;  ///< idempotency key of this operation, 32 hex digits
  Breadcrumb breadcrumb() const { return {run, epoch, opno}; }
};

/// How a step tells what it waits for, and learns that it should stop waiting.
class Attempt {
 public:
  virtual ~Attempt() = default;
  /// One line: what is being waited for, with numbers. Shown live and in heartbeats, kept in the
  /// log.
  virtual void progress(const std::string& waiting_for) = 0;
  /// Something worth keeping about this step (a tenant's update log, what a migration left behind).
  virtual void note(const std::string& text, const Json& evidence = {}) = 0;
  virtual BootTime deadline() const = 0;
  virtual const Cancellation& cancellation() const = 0;
};

/// One change to one system that can be observed, applied and reverted. Instances hold parameters
/// only; everything that must survive a crash is in the world or in the snapshot.
class Step {
 public:
  virtual ~Step() = default;

  /// Looks at the target. `before` is the snapshot taken before the step was first applied, or null
  /// when there is none yet. With none, anything that is not `applied` is `before`.
  virtual Result<Observation> observe(const Looks& looks, const Json* before) const = 0;

  /// Makes the change and waits until it is complete and verified. Called only with `before`
  /// durable in the journal. Calling it again after an attempt that may have happened is harmless.
  /// Failures: `transient` when nothing was changed and trying again may help, `unknown` or
  /// `timeout` when only looking tells, everything else is final.
  virtual Result<void> apply(Systems& systems, const Json& before, const Guard& guard,
                             Attempt& attempt) const = 0;

  /// Puts the target back to `before` and waits until that is complete and verified. Changes only
  /// what is ours: a value that is neither ours nor the snapshot's fails as `refused` with code
  /// "diverged". Nothing to undo is success.
  virtual Result<void> revert(Systems& systems, const Json& before, const Guard& guard,
                              Attempt& attempt) const = 0;
};

/// Runs `look` every `interval` until it gives true, fails for good, the attempt's deadline passes
/// (then `timeout` with `what` in the message) or it is cancelled. A look that fails as
/// `transient`, `timeout` or `unknown` could not look: that is shown as progress and the look is
/// repeated, since the step's write is out and only looking tells.
Result<void> wait_until(const Looks& looks, Attempt& attempt, Milliseconds interval,
                        std::string_view what, const std::function<Result<bool>()>& look);

/// wait_until for procedures that do not know steps: `look` also says what to show meanwhile.
using Wait = std::function<Result<void>(
    const std::string& what, const std::function<Result<bool>(std::string& found)>& look)>;
Wait waiting(const Looks& looks, Attempt& attempt, Milliseconds interval);

}  // namespace ostler
