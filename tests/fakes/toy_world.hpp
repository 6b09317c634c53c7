// A world of named values with steps that set them: everything an executor can meet, without any
// real system.
#pragma once

#include "ostler/engine/executor.hpp"

#include <cstdlib>
#include <map>
#include <set>

namespace ostler::fakes {

/// Thrown where a process would have died.
struct Crash {};

/// What happens at one effect.
enum class Fault {
  none,
  refused,         ///< the other side says no, now and for ever
  refused_once,    ///< ... only the first time
  lost_answer,     ///< the effect lands, the answer does not
  never_landed,    ///< the request is lost, the answer too
  transient_once,  ///< nothing happened, trying again helps
};

struct ToyWorld {
  std::map<std::string, std::string> values;
  std::map<std::string, Fault> faults;       ///< by step id, forward
  std::map<std::string, Fault> undo_faults;  ///< by step id, back
  std::set<std::uint64_t> operations;        ///< operation numbers that changed something
  std::set<std::string> left;                ///< ids of steps whose undo leaves their effect
  std::set<std::string> unseen;              ///< targets that do not answer to a look
  std::vector<std::string> changes;          ///< "S1 new", in order
  std::function<void()> before_effect, after_effect;   ///< may throw Crash
  std::function<Reading(const std::string&)> reading;  ///< by indicator name
  bool twice = false;  ///< an operation changed the world a second time

  void change(const std::string& step, const std::string& target, const std::string& value,
              std::uint64_t opno);
};

class ToyStep final : public Step {
 public:
  ToyStep(ToyWorld& world, std::string id, std::string target, std::string value);
  Result<Observation> observe(const Looks&, const Json* before) const override;
  Result<void> apply(Systems&, const Json&, const Guard& guard, Attempt& attempt) const override;
  Result<void> revert(Systems&, const Json& before, const Guard& guard, Attempt&) const override;

 private:
  Result<void> effect(Fault& fault, const std::string& value, const Guard& guard) const;

  ToyWorld& world_;
  std::string id_, target_, value_;
};

class ToySampler final : public Sampler {
 public:
  ToySampler(ToyWorld& world, std::string name) : world_(world), name_(std::move(name)) {}
  void start(const Looks&) override {}
  Reading sample(const Looks&) override;

 private:
  ToyWorld& world_;
  std::string name_;
};

class ToyKinds final : public Kinds {
 public:
  explicit ToyKinds(ToyWorld& world) : world_(world) {}
  Result<std::unique_ptr<Step>> step(const Node& node) const override;
  bool is_traffic(const Node& node) const override { return node.kind == "toy.traffic"; }
  bool leaves(const Node& node) const override { return node.kind == "toy.leaving"; }
  Milliseconds budget(const Node&) const override { return Milliseconds(60'000); }
  std::unique_ptr<Sampler> sampler(const IndicatorPolicy& indicator,
                                   const GateSubject&) const override;

 private:
  ToyWorld& world_;
};

/// Toy steps use no real system; reaching for one is a bug of the test.
class NoSystems : public Systems, public Looks {
 public:
  explicit NoSystems(Clock& clock) : clock_(clock) {}
  const Looks& looks() const override { return *this; }
  Clock& clock() const override { return clock_; }
  const PrometheusLook* prometheus() const override { return nullptr; }
  [[noreturn]] const KubernetesLook& kubernetes() const override { std::abort(); }
  [[noreturn]] const TraefikLook& traefik() const override { std::abort(); }
  [[noreturn]] const RegistryLook& registry(std::string_view) const override { std::abort(); }
  [[noreturn]] const PostgresLook& postgres(std::string_view) const override { std::abort(); }
  [[noreturn]] const RedisLook& redis(std::string_view) const override { std::abort(); }
  [[noreturn]] const ObjectStoreLook& bucket(std::string_view) const override { std::abort(); }
  [[noreturn]] Kubernetes& kubernetes() override { std::abort(); }
  [[noreturn]] Traefik& traefik() override { std::abort(); }
  [[noreturn]] Registry& registry(std::string_view) override { std::abort(); }
  [[noreturn]] Postgres& postgres(std::string_view) override { std::abort(); }
  [[noreturn]] ObjectStore& bucket(std::string_view) override { std::abort(); }

 private:
  Clock& clock_;
};

/// S1 image, S2 schema, S3 and S4 traffic (one target, S4 with a gate), S5 workload.
Plan toy_plan();

ToyWorld toy_world();

}  // namespace ostler::fakes
