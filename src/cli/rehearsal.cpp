// Forward and back from every step of a plan, on platforms that nobody misses.
#include "rehearsal.hpp"

#include "drive.hpp"
#include "rehearsal_kinds.hpp"

#include "ostler/base/text.hpp"
#include "ostler/model/survey.hpp"

#include <set>

namespace ostler {
namespace {

constexpr const char* run_name = "rehearsal-1";
constexpr const char* undoing_run_name = "rehearsal-2";
constexpr Milliseconds longest_hold{2000}, longest_interval{500};
constexpr int requests_for_share = 40;
constexpr Milliseconds plan_validity{4 * 3600 * 1000};

/// A journal's bytes in memory: what a pass remembers goes with it.
class PassingStore final : public JournalStore {
 public:
  Result<std::string> read() override { return bytes_; }
  Result<void> append(std::string_view bytes) override {
    bytes_ += bytes;
    return {};
  }
  Result<void> sync() override { return {}; }
  Result<void> cut(std::size_t size) override {
    bytes_.resize(std::min(size, bytes_.size()));
    return {};
  }
  Result<void> replace(std::string_view bytes) override {
    bytes_ = bytes;
    return {};
  }
  void keep_reserve() override {}
  void give_up_reserve() override {}
  std::string name() const override { return "the journal of a rehearsal"; }
  std::string boot_id() const override { return "rehearsal"; }

 private:
  std::string bytes_;
};

/// What a run says of itself, as far as a rehearsal wants to know.
class Listener final : public Observer {
 public:
  explicit Listener(const Clock& clock) : clock_(clock) {}
  void on_event(const Event& event) override {
    if (event.type == "run.phase" && text_at(event.data, "/phase") == "rolling_back")
      turned = clock_.boot();
    if (event.type == "step.state" && text_at(event.data, "/direction") == "forward") {
      const std::string state = text_at(event.data, "/state");
      if (state == "applied" || state == "already") done.insert(text_at(event.data, "/step"));
    }
  }
  std::optional<BootTime> turned;
  std::set<std::string> done;

 private:
  const Clock& clock_;
};

Failure interrupted() {
  return {FailureKind::cancelled, "interrupted; no proof was made", "", ""};
}

Milliseconds span(BootTime from, BootTime to) {
  return std::chrono::duration_cast<Milliseconds>(to - from);
}

/// Gates that hold for minutes would only pass virtual time, and every shopper's request costs real
/// time: a share is measured over fewer of them.
Plan with_short_gates(Plan plan) {
  for (Node& node : plan.nodes) {
    if (node.parameters.contains("min_share_requests"))
      node.parameters["min_share_requests"] = requests_for_share;
    if (node.gate) {
      node.gate->hold = std::min(node.gate->hold, longest_hold);
      node.gate->budget = std::max(node.gate->budget, longest_hold);
      node.gate->interval = std::min(node.gate->interval, longest_interval);
    }
  }
  return plan;
}

StepProof proof_of(const Node& node) {
  StepProof step;
  step.id = node.id;
  step.kind = node.kind;
  step.cell = node.cell;
  step.title = node.title;
  step.target = node.target;
  step.says = node.undo;
  return step;
}

/// One pass: a platform of its own, and one run on it.
class Pass {
 public:
  static Result<std::unique_ptr<Pass>> begin(const Rehearsal& rehearsal) {
    std::unique_ptr<Pass> made(new Pass(rehearsal));
    OSTLER_TRY(made->world_, RehearsalWorld::begin(rehearsal.setting, rehearsal.server,
                                                   rehearsal.folder, rehearsal.now));
    OSTLER_TRY(made->before_, made->world_->picture());
    return made;
  }

  /// Up to that step, a failure there, and back.
  Result<StepProof> turn_at(const Node& node) {
    StepProof proof = proof_of(node);
    Listener listener(world_->clock());
    const RehearsalKinds kinds(rehearsal_.kinds, node.gate ? node.id : "");
    const auto control = [&listener, &node]() -> std::string {
      return listener.done.contains(node.id) ? "abort" : "";
    };
    OSTLER_TRY(const auto journal, new_journal(run_name, {run_open(rehearsal_.plan, "", "")}));
    const BootTime started = world_->clock().boot();
    const RunEnd end = execute(*journal, kinds, listener, control, Going::on);
    if (rehearsal_.stop.requested()) return interrupted();
    const BootTime turned = listener.turned.value_or(world_->clock().boot());
    proof.forward = span(started, turned);
    proof.back = span(turned, world_->clock().boot());
    if (!listener.done.contains(node.id))
      proof.wrong.push_back("the way forward did not come past this step: " + end.reason);
    else if (end.ending != Ending::rolled_back)
      proof.wrong.push_back("the way back came to no end: " + end.reason);
    OSTLER_CHECK(compare(fold(journal->records()), proof));
    return proof;
  }

  /// All of the plan, then the rollback of the finished release.
  Result<StepProof> there_and_back() {
    StepProof proof;
    proof.id = "all";
    proof.title = "the finished release, then its rollback";
    proof.says = "everything back, except what each step says that it leaves";
    Listener listener(world_->clock());
    const RehearsalKinds kinds(rehearsal_.kinds, "");
    const auto nothing = [] { return std::string(); };
    OSTLER_TRY(const auto journal, new_journal(run_name, {run_open(rehearsal_.plan, "", "")}));
    const BootTime started = world_->clock().boot();
    const RunEnd forward = execute(*journal, kinds, listener, nothing, Going::on);
    if (rehearsal_.stop.requested()) return interrupted();
    proof.forward = span(started, world_->clock().boot());
    const RunState released = fold(journal->records());
    if (forward.ending != Ending::done) {
      proof.wrong.push_back("the release was not finished: " + forward.reason);
      OSTLER_CHECK(compare(released, proof));
      return proof;
    }
    const std::string reason = "rehearsal of the rollback";
    OSTLER_TRY(const auto undoing,
               new_journal(undoing_run_name, undoing_entries(rehearsal_.plan, run_name,
                                                             journal->records(), "", reason)));
    const BootTime turned = world_->clock().boot();
    const RunEnd back = execute(*undoing, kinds, listener, nothing, Going::back);
    if (rehearsal_.stop.requested()) return interrupted();
    proof.back = span(turned, world_->clock().boot());
    if (back.ending != Ending::rolled_back)
      proof.wrong.push_back("the rollback came to no end: " + back.reason);
    OSTLER_CHECK(compare(released, proof));
    return proof;
  }

  lab::Shoppers::Span shopping() const { return world_->shopping(); }

 private:
  explicit Pass(const Rehearsal& rehearsal) : rehearsal_(rehearsal) {}

  Result<std::unique_ptr<Journal>> new_journal(const std::string& run,
                                               const std::vector<Entry>& entries) {
    OSTLER_TRY(std::unique_ptr<Journal> journal,
               create_journal(std::make_unique<PassingStore>(), run, "rehearsal", world_->clock()));
    OSTLER_CHECK(journal->append(entries));
    return journal;
  }

  RunEnd execute(Journal& journal, const Kinds& kinds, Listener& listener,
                 std::function<std::string()> control, Going going) {
    EventStream events(world_->clock());
    events.add(listener);
    RunOptions options;
    options.control = std::move(control);
    options.abandon = rehearsal_.stop;
    options.sampling = RunOptions::Sampling::in_turn;
    Executor executor(rehearsal_.plan, kinds, world_->connection().systems(), journal, events,
                      world_->clock(), rehearsal_.stop, options);
    return going == Going::back ? executor.roll_back("rehearsal of the rollback") : executor.run();
  }

  /// Sorts what differs into what may and what must not.
  Result<void> compare(const RunState& state, StepProof& proof) {
    world_->settle();
    OSTLER_TRY(const lab::Picture after, world_->picture());
    std::set<std::string> announced;
    for (const Node& node : rehearsal_.plan.nodes) {
      const auto known = state.steps.find(node.id);
      if (known == state.steps.end() || !known->second.intended) continue;
      for (const std::string& part : may_stay(node, rehearsal_.kinds)) announced.insert(part);
    }
    for (const auto& [name, words] : compare_pictures(before_, after))
      (announced.contains(name) ? proof.stays : proof.wrong).push_back(words);
    proof.undo = !proof.wrong.empty()   ? StepProof::Undo::failed
                 : !proof.stays.empty() ? StepProof::Undo::stays
                                        : StepProof::Undo::restored;
    return {};
  }

  const Rehearsal& rehearsal_;
  std::unique_ptr<RehearsalWorld> world_;
  lab::Picture before_;
};

}  // namespace

Result<Plan> plan_rehearsal(const Environment& environment, const Release& release,
                            const RehearsalSetting& setting, RehearsalServer& server,
                            const std::string& folder, WallTime now) {
  OSTLER_TRY(const auto world, RehearsalWorld::begin(setting, server, folder, now));
  OSTLER_TRY(const Survey surveyed,
             survey(setting.environment, setting.release, world->connection().looks()));
  return make_plan(environment, release, surveyed, now, plan_validity);
}

Result<RehearsalOutcome> rehearse(const Rehearsal& rehearsal,
                                  const std::function<void(const StepProof&)>& tell) {
  const Plan plan = with_short_gates(rehearsal.plan);
  const Rehearsal shortened{rehearsal.setting, plan,          rehearsal.server, rehearsal.folder,
                            rehearsal.kinds,   rehearsal.now, rehearsal.stop};
  RehearsalOutcome outcome;
  const auto finish = [&outcome, &tell](const Pass& pass, const StepProof& proof) {
    outcome.requests += pass.shopping().requests;
    outcome.failed_requests += pass.shopping().failed;
    tell(proof);
  };
  for (const Node& node : plan.nodes) {
    if (rehearsal.stop.requested()) return interrupted();
    // Behind the last step there is nothing that could fail, unless it has a gate.
    if (&node == &plan.nodes.back() && !node.gate) break;
    OSTLER_TRY(const auto pass, Pass::begin(shortened));
    OSTLER_TRY(StepProof proof, pass->turn_at(node));
    finish(*pass, proof);
    outcome.steps.push_back(std::move(proof));
  }
  OSTLER_TRY(const auto pass, Pass::begin(shortened));
  OSTLER_TRY(outcome.whole, pass->there_and_back());
  if (outcome.steps.size() < plan.nodes.size()) {
    StepProof last = proof_of(plan.nodes.back());
    last.undo = outcome.whole.undo;
    last.stays = outcome.whole.stays;
    last.wrong = outcome.whole.wrong;
    last.forward = outcome.whole.forward;
    last.back = outcome.whole.back;
    tell(last);
    outcome.steps.push_back(std::move(last));
  }
  finish(*pass, outcome.whole);
  return outcome;
}

}  // namespace ostler
