#pragma once

#include "ostler/model/check.hpp"
#include "ostler/model/gate.hpp"
#include "ostler/model/plan.hpp"
#include "ostler/model/step.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ostler {

/// A kind of step: plain data and a factory, listed in src/steps/kinds.def. Feeds `ostler kinds`,
/// the manual page test and the contract test over all kinds.
struct StepKind {
  const char* name;     ///< "traffic.weigh"
  const char* phase;    ///< "prepare", "promote", "migrate", "shift", "finish"
  const char* summary;  ///< one line
  const char* undo;     ///< what reverting does, one line
  RecoveryClass recovery;
  bool traffic;         ///< undone before everything else
  Milliseconds budget;  ///< default deadline of one attempt
  const char* example;  ///< parameters as JSON; must make a step
  /// Makes the step from a node's parameters; every missing, unknown or ill-typed parameter is a
  /// failure that names it.
  Result<std::unique_ptr<Step>> (*make)(const Json& parameters);
  /// The undo may leave the effect in place on purpose, since it harms nobody (a copied image, an
  /// expanded schema): what stands there afterwards need not equal what stood there before.
  bool leaves = false;
};

/// A kind of check, listed in src/checks/kinds.def.
struct CheckKind {
  const char* name;    ///< "kubernetes.identity"
  const char* code;    ///< "OSTLER-K001", never used again for anything else
  const char* system;  ///< "kubernetes", "postgres", ...
  const char* summary;
  const char* remedy;  ///< what usually helps, for `explain` and the manual page
  /// Looks, and says what it found, one finding per subject. Nothing to check is an empty list.
  std::vector<Finding> (*measure)(const CheckSubject& subject, const Looks& looks);
};

/// A kind of indicator source, listed in src/gates/kinds.def.
struct IndicatorKind {
  const char* name;  ///< "proxies"
  const char* summary;
  const char* example;  ///< YAML as it stands below `indicators:`
  /// Makes the sampler of one indicator for one cell.
  std::unique_ptr<Sampler> (*make)(const IndicatorConfig& indicator, const GateSubject& subject);
};

/// All kinds in the order of their kinds.def.
const std::vector<const StepKind*>& step_kinds();
const std::vector<const CheckKind*>& check_kinds();
const std::vector<const IndicatorKind*>& indicator_kinds();

const StepKind* find_step_kind(std::string_view name);

/// Strict access to a node's parameters: collects every trouble, so that one failure names them
/// all.
class Parameters {
 public:
  explicit Parameters(const Json& parameters);
  std::string text(const char* name);  ///< required, not empty
  std::string text(const char* name, std::string otherwise);
  std::int64_t number(const char* name);
  std::int64_t number(const char* name, std::int64_t otherwise);
  std::vector<std::string> texts(const char* name);  ///< required list of texts, may be empty
  Json json(const char* name);                       ///< required, any type
  /// A failure that names every missing, ill-typed and unknown parameter; success when there is
  /// none.
  Result<void> finish() const;

 private:
  const Json& take(const char* name, bool required);
  const Json& parameters_;
  std::vector<std::string> seen_, troubles_;
};

}  // namespace ostler
