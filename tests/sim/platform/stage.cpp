// The whole platform as a world of the simulation: every kind of step of a release, as it ships.
#include "cli/kind_table.hpp"
#include "cli/rehearsal.hpp"
#include "sim/platform/ground.hpp"
#include "sim/platform/kinds.hpp"
#include "sim/platform/watched_door.hpp"

#include "ostler/systems/workload.hpp"

#include <set>

namespace ostler::sim {
namespace {

constexpr std::uint64_t stage_question = 5u << 20;
constexpr std::uint64_t first_foreign = 100;
constexpr const char* space = "odoo-pool-a";

/// What somebody else does to an object that a release works on; none of it harms a user.
struct ForeignHand {
  const char* says;
  ObjectRef ref;
  Json patch;
};

std::vector<ForeignHand> foreign_hands() {
  return {
      {"restarts odoo-web",
       deployment_ref(space, "odoo-web"),
       {{"spec",
         {{"template",
           {{"metadata", {{"annotations", {{"kubectl.kubernetes.io/restartedAt", "now"}}}}}}}}}}},
      {"labels odoo-cron",
       deployment_ref(space, "odoo-cron"),
       {{"metadata", {{"labels", {{"team", "shops"}}}}}}},
      {"raises the autoscaler's maximum",
       autoscaler_ref(space, "odoo-web"),
       {{"spec", {{"maxReplicas", 9}}}}},
      {"annotates the route",
       traefik_service_ref(space, "odoo-web"),
       {{"metadata", {{"annotations", {{"example.com/owner", "shops"}}}}}}},
  };
}

/// Number behind an annotation of ours; 0 without one.
std::uint64_t note_of(const Json& object, const char* name) {
  const auto text = annotation(object, name);
  return text ? std::strtoull(text->c_str(), nullptr, 10) : 0;
}

class PlatformStage final : public Stage {
 public:
  PlatformStage(std::uint64_t seed, lab::World& world, Faults& faults)
      : release_(platform_release()),
        ground_(world, release_.setting),
        kinds_(make_kind_table(), faults) {
    Chance chance(seed, stage_question);
    hold_ = chance.percent(20);
    for (std::uint64_t at = 0; at < 2 && chance.percent(4); ++at)
      plan_foreign_hand(world, faults, at, chance);
    ground_.platform().objects().on_change([this](const lab::Change& change) { note(change); });
    doors_ = ground_.platform().doors();
    watch("production.test:443", [](const HttpRequest& request) {
      const std::size_t tag = request.url.find("/manifests/2026");
      return tag == std::string::npos ? "image.copy" : "image.tag";
    });
    watch("s3.test:443", [](const HttpRequest&) { return "record.publish"; });
    for (const Node& node : release_.plan.nodes)
      for (const std::string& part : may_stay(node, kinds_)) leftovers_.insert(part);
  }

  const Plan& plan() const override { return release_.plan; }
  RunOptions options() const override {
    RunOptions options;
    options.on_failure = hold_ ? OnFailure::hold : OnFailure::rollback;
    options.sampling = RunOptions::Sampling::in_turn;
    return options;
  }
  const Kinds& kinds() const override { return kinds_; }
  std::unique_ptr<Systems> connect(Clock& clock, HttpClient& http, SqlConnector& sql) override {
    return std::make_unique<PlatformSystems>(release_.setting.environment, clock, http, sql);
  }
  const Doors& doors() const override { return doors_; }
  SqlConnector& databases() override { return ground_.databases(); }
  void calm() override { calm_ = true; }

  std::string differs_from_plan() const override { return difference(release_.after, {}); }
  std::string differs_from_before() const override {
    return difference(release_.before, leftovers_);
  }

  std::string harm() const override {
    if (ground_.platform().shopping().failed == 0) return "";
    const lab::Shoppers::Failed first = ground_.platform().failed_requests().front();
    return fmt::format("at {} a shopper's {} by {} to Pod '{}' of version '{}' failed: {} {}",
                       format_utc(first.at), first.path, first.proxy, first.pod, first.version,
                       first.status, first.why);
  }

  bool may_park() const override { return !foreign_.empty(); }

 private:
  void plan_foreign_hand(lab::World& world, Faults& faults, std::uint64_t number, Chance& chance) {
    std::vector<ForeignHand> hands = foreign_hands();
    const ForeignHand hand = hands.at(chance.below(hands.size()));
    const lab::Instant when{static_cast<std::int64_t>(chance.between(100'000, 90'000'000))};
    world.at(world.now() + when, [this, &faults, number, hand] {
      if (calm_ || !faults.happens("somebody", first_foreign + number, hand.says)) return;
      foreign_.insert(hand.ref.text());
      ground_.platform().objects().patch(hand.ref, lab::PatchType::merge, hand.patch, "",
                                         "kubectl-edit");
    });
  }

  /// Every write there is an effect of the step of that kind.
  void watch(const std::string& authority, const char* (*kind)(const HttpRequest&)) {
    lab::Door*& door = doors_.at(authority);
    watched_.push_back(
        std::make_unique<WatchedDoor>(*door, [this, kind](const HttpRequest& request) {
          Effect effect;
          effect.target = request.url;
          effect.fenced = false;
          for (const Node& node : release_.plan.nodes)
            if (node.kind == kind(request)) effect.step = node.id;
          if (on_effect) on_effect(effect);
        }));
    door = watched_.back().get();
  }

  void note(const lab::Change& change) const {
    // A Deployment's annotations are copied to its ReplicaSets, by their controller.
    if (!change.after || !on_effect || change.ref.kind == "ReplicaSet") return;
    const std::uint64_t opno = note_of(*change.after, opno_annotation);
    if (opno == 0 || (change.before && note_of(*change.before, opno_annotation) == opno)) return;
    Effect effect;
    effect.target = change.ref.text();
    effect.epoch = note_of(*change.after, epoch_annotation);
    effect.opno = opno;
    on_effect(effect);
  }

  std::string difference(const lab::Picture& wanted, const std::set<std::string>& may_stay) const {
    std::string text;
    for (const auto& [part, words] : compare_pictures(wanted, ground_.picture()))
      if (!may_stay.contains(part) && !of_foreign_hand(part) && !of_an_update(part))
        text += words + "; ";
    return text;
  }

  /// How many Jobs an update took is a matter of chance, and all that ended may stay.
  static bool of_an_update(const std::string& part) {
    return part.starts_with(fmt::format("Job {}/ostler-update-", space));
  }

  /// Whoever restarts a workload also changes which Pods there are.
  bool of_foreign_hand(const std::string& part) const {
    return foreign_.contains(part) || (!foreign_.empty() && part.starts_with("Pods "));
  }

  const PlatformRelease& release_;
  mutable PlatformGround ground_;
  DisturbedKinds kinds_;
  Doors doors_;
  std::vector<std::unique_ptr<WatchedDoor>> watched_;
  std::set<std::string> leftovers_, foreign_;
  bool hold_ = false, calm_ = false;
};

}  // namespace

std::unique_ptr<Stage> make_platform_stage(std::uint64_t seed, lab::World& world, Faults& faults) {
  return std::make_unique<PlatformStage>(seed, world, faults);
}

}  // namespace ostler::sim
