// What a world of the simulation is to the run that happens in it.
#pragma once

#include "sim/http.hpp"

#include "ostler/engine/executor.hpp"
#include "ostler/transport/sql.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ostler::sim {

/// One change that a request of ostler's made somewhere, told when it happened.
struct Effect {
  enum class Kind { set, migrate_up, migrate_down } kind = Kind::set;
  std::string target;
  std::uint64_t epoch = 0, opno = 0;
  bool fenced = true;  ///< the target is one that compares before it writes
  std::string step;    ///< its node, where what was written carries no operation number
};

class Stage {
 public:
  virtual ~Stage() = default;
  virtual const Plan& plan() const = 0;
  virtual RunOptions options() const = 0;
  virtual const Kinds& kinds() const = 0;
  /// What one process works with, over its own clients.
  virtual std::unique_ptr<Systems> connect(Clock& clock, HttpClient& http, SqlConnector& sql) = 0;
  virtual const Doors& doors() const = 0;
  virtual SqlConnector& databases() = 0;

  /// From now on nobody else disturbs: gates see a healthy system, foreign hands rest.
  virtual void calm() = 0;
  /// How the world differs from what the plan promises, or from what stood before the run; empty
  /// when it does not. What a foreign hand changed does not count.
  virtual std::string differs_from_plan() const = 0;
  virtual std::string differs_from_before() const = 0;
  /// Why users are harmed at this moment, or an empty text.
  virtual std::string harm() const = 0;
  /// Whether a person may rightly be asked for: a foreign hand was in it, or a target refuses its
  /// undo for good.
  virtual bool may_park() const = 0;

  std::function<void(const Effect&)> on_effect;
};

/// A world that releases can happen in.
struct WorldKind {
  const char* name;
  /// Requests go wrong so many times less often than the base rates say, since a release takes that
  /// many more of them.
  std::uint32_t rarity;
  /// Works out what all seeds have in common, which may need files; throws std::runtime_error.
  void (*prepare)();
  /// What a seed makes of it, once it is prepared.
  std::unique_ptr<Stage> (*make)(std::uint64_t seed, lab::World& world, Faults& faults);
};

/// The world of that name; null when there is none.
const WorldKind* find_world(std::string_view name);

std::unique_ptr<Stage> make_toy_stage(std::uint64_t seed, lab::World& world, Faults& faults);
std::unique_ptr<Stage> make_platform_stage(std::uint64_t seed, lab::World& world, Faults& faults);

}  // namespace ostler::sim
