// What must hold at every moment of a run, each as an observer of the world (reference:
// durability.md, 9.4).
#pragma once

#include "sim/stage.hpp"

#include "ostler/engine/events.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace ostler::sim {

/// The first invariant that did not hold, and how.
struct Violation {
  std::string invariant, what;
};

class Breaches {
 public:
  void breaks(std::string_view invariant, std::string what) {
    if (!first_) first_ = Violation{std::string(invariant), std::move(what)};
  }
  const std::optional<Violation>& first() const { return first_; }

 private:
  std::optional<Violation> first_;
};

/// Calls `look` with kind, line and operation number of each whole record in `bytes`. Reads the
/// text as it stands: parsing every record again would double the cost of a run.
void each_record(std::string_view bytes,
                 const std::function<void(std::string_view kind, std::string_view line,
                                          std::uint64_t opno)>& look);

/// I1: every effect has a durable intent with its operation number, or one of its step where it
/// carries no number.
class IntentBeforeEffect {
 public:
  explicit IntentBeforeEffect(Breaches& breaches) : breaches_(&breaches) {}
  void on_durable(std::string_view bytes);
  void on_effect(const Effect& effect);

 private:
  Breaches* breaches_;
  std::set<std::uint64_t> intended_;
  std::set<std::string, std::less<>> steps_;
};

/// I2: on a target that compares, nothing of an older epoch or operation follows a newer one.
class NothingOlderAfterNewer {
 public:
  explicit NothingOlderAfterNewer(Breaches& breaches) : breaches_(&breaches) {}
  void on_effect(const Effect& effect);

 private:
  Breaches* breaches_;
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> newest_;
};

/// I3: no user is harmed: no traffic on a version whose migration is absent, nor on servers that
/// are not ready.
class NobodyHarmed {
 public:
  explicit NobodyHarmed(Breaches& breaches) : breaches_(&breaches) {}
  void look(const Stage& stage);

 private:
  Breaches* breaches_;
};

/// I4: the journal is a whole chain whose epochs never fall.
class ChainHolds {
 public:
  explicit ChainHolds(Breaches& breaches) : breaches_(&breaches) {}
  void look(const JournalReading& reading);

 private:
  Breaches* breaches_;
};

/// I5: what was told is in the journal, durably.
class ToldIsKept final : public Observer {
 public:
  explicit ToldIsKept(Breaches& breaches) : breaches_(&breaches) {}
  void on_durable(std::string_view bytes);
  void on_event(const Event& event) override;

 private:
  Breaches* breaches_;
  std::set<std::string> kept_;  ///< "S1 forward", "committed"
};

/// I7 and I8: no secret, and no raw control byte, in any byte that leaves the process.
class NothingLeaks final : public Observer {
 public:
  explicit NothingLeaks(Breaches& breaches) : breaches_(&breaches) {}
  void on_event(const Event& event) override;
  void look(std::string_view bytes, std::string_view where);
  /// What is planted as a secret, known to the redactor.
  static constexpr std::string_view canary = "canary-secret-5c1f";

 private:
  void look_into(const Json& value);
  Breaches* breaches_;
};

/// I10: no migration is applied twice without having been taken back.
class MigrationsOnce {
 public:
  explicit MigrationsOnce(Breaches& breaches) : breaches_(&breaches) {}
  void on_effect(const Effect& effect);

 private:
  Breaches* breaches_;
  std::map<std::string, int> applied_;
};

}  // namespace ostler::sim
