// The step loop: forward, stopped, resumed, back; and the crash sweep over every point where a
// process may die.
#include "ostler/engine/executor.hpp"

#include "tests/fakes/memory_journal.hpp"
#include "tests/fakes/toy_world.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::fakes;

namespace {

struct Bench {
  Plan plan = toy_plan();
  ToyWorld world = toy_world();
  MemoryJournal journal;
  VirtualClock clock;
  RunOptions options;
  Cancellation cancellation;
  std::vector<Event> seen;

  Bench() {
    REQUIRE(journal.append({run_open(plan, "", "")}));
    options.sampling = RunOptions::Sampling::in_turn;
    options.undo_budget = Milliseconds(120'000);
  }

  template <typename Act>
  RunEnd with_executor(Act act) {
    struct Keeper final : Observer {
      explicit Keeper(std::vector<Event>& the_events) : events(the_events) {}
      void on_event(const Event& event) override { events.push_back(event); }
      std::vector<Event>& events;
    } keeper(seen);
    EventStream stream(clock);
    stream.add(keeper);
    const ToyKinds kinds(world);
    NoSystems systems(clock);
    Executor executor(plan, kinds, systems, journal, stream, clock, cancellation, options);
    return act(executor);
  }
  RunEnd run() {
    return with_executor([](Executor& executor) { return executor.run(); });
  }
  RunEnd roll_back() {
    return with_executor([](Executor& executor) { return executor.roll_back("asked for"); });
  }

  bool all(const std::string& value) const {
    return std::all_of(world.values.begin(), world.values.end(),
                       [&](const auto& one) { return one.second == value; });
  }
  int count(std::string_view kind) const {
    return static_cast<int>(
        std::count_if(journal.records().begin(), journal.records().end(),
                      [&](const Record& record) { return record.kind == kind; }));
  }
};

}  // namespace

TEST_CASE("a run that meets nothing ends done, every step once, in order") {
  Bench bench;
  CHECK(bench.run().ending == Ending::done);
  CHECK(bench.world.changes ==
        std::vector<std::string>{"S1 new", "S2 new", "S3 half", "S4 new", "S5 new"});
  CHECK(bench.journal.records().back().kind == "RUN_CLOSE");
  CHECK(bench.count("INTENT") == 5);
  CHECK(bench.count("OUTCOME") == 5);
}

TEST_CASE("snapshot and intent are one durable group, before the effect") {
  Bench bench;
  bench.world.before_effect = [&bench] {
    const Record& last = bench.journal.records().back();
    REQUIRE(last.kind == "INTENT");
    if (bench.world.changes.size() < 5)
      REQUIRE(bench.journal.records()[last.seq - 1].kind == "SNAPSHOT");
    REQUIRE(last.group == last.seq - 1);
  };
  bench.run();
}

TEST_CASE("a breach turns the run round: traffic first, then the rest in reverse") {
  Bench bench;
  bench.world.reading = [&bench](const std::string&) {
    const bool bad = bench.world.values["route"] == "new";
    return Reading{bad ? 0.2 : 0.0, 0.0, 100, 100, "", {}};
  };
  const RunEnd end = bench.run();
  CHECK(end.ending == Ending::rolled_back);
  CHECK(bench.all("old"));
  CHECK(bench.world.changes == std::vector<std::string>{"S1 new", "S2 new", "S3 half", "S4 new",
                                                        "S3 old", "S2 old", "S1 old"});
  CHECK(end.reason.find("S4") != std::string::npos);
}

TEST_CASE("the breach and the turn are one durable group") {
  Bench bench;
  bench.world.reading = [](const std::string&) { return Reading{0.5, 0.0, 100, 100, "", {}}; };
  bench.run();
  const auto& records = bench.journal.records();
  const auto gate = std::find_if(records.begin(), records.end(), [](const Record& record) {
    return record.kind == "GATE" && text_at(record.body, "/verdict") == "breach";
  });
  REQUIRE(gate != records.end());
  CHECK((gate + 1)->kind == "PHASE");
  CHECK((gate + 1)->group == gate->group);
}

TEST_CASE("no evidence is never a pass: the gate waits for its budget and then gives up") {
  Bench bench;
  bench.world.reading = [&bench](const std::string&) {
    if (bench.world.values["route"] == "old") return Reading{0.0, {}, 100, 0, "", {}};
    return Reading{{}, {}, 0, 0, "Prometheus does not answer", {}};
  };
  CHECK(bench.run().ending == Ending::rolled_back);
  CHECK(bench.all("old"));
}

TEST_CASE("with onFailure hold a failure keeps what is reached and can be resumed") {
  Bench bench;
  bench.options.on_failure = OnFailure::hold;
  bench.world.faults["S5"] = Fault::refused_once;
  CHECK(bench.run().ending == Ending::held);
  CHECK(bench.world.values["route"] == "new");
  CHECK(bench.run().ending == Ending::done);
  CHECK(bench.all("new"));
}

TEST_CASE("a lost answer is settled by looking, and nothing is applied twice") {
  Bench bench;
  bench.world.faults["S2"] = Fault::lost_answer;
  bench.world.faults["S5"] = Fault::never_landed;
  CHECK(bench.run().ending == Ending::done);
  CHECK_FALSE(bench.world.twice);
  CHECK(bench.world.changes.size() == 5);
}

TEST_CASE("what passes by itself is tried again, what does not holds the run") {
  Bench bench;
  bench.world.faults["S1"] = Fault::transient_once;
  CHECK(bench.run().ending == Ending::done);
}

TEST_CASE("a step that stands already is recorded and never undone") {
  Bench bench;
  bench.world.values["image"] = "new";
  bench.world.faults["S5"] = Fault::refused;
  CHECK(bench.run().ending == Ending::rolled_back);
  CHECK(bench.world.values["image"] == "new");
  CHECK(bench.world.values["schema"] == "old");
}

TEST_CASE("Ctrl-C before the first intent changes nothing, after it the run is held") {
  Bench before;
  before.cancellation.request();
  CHECK(before.run().ending == Ending::interrupted);
  CHECK(before.all("old"));
  CHECK(before.count("INTENT") == 0);

  Bench after;
  after.world.after_effect = [&after] { after.cancellation.request(); };
  CHECK(after.run().ending == Ending::held);
  CHECK(after.world.values["image"] == "new");
  CHECK(after.world.values["schema"] == "old");
  after.cancellation = Cancellation();
  after.world.after_effect = nullptr;
  CHECK(after.run().ending == Ending::done);
}

TEST_CASE("hold and abort from another process are heard between steps") {
  Bench held;
  held.options.control = [&held] {
    return std::string(held.world.changes.size() == 2 ? "hold" : "");
  };
  CHECK(held.run().ending == Ending::held);
  CHECK(held.world.changes.size() == 2);
  Bench aborted;
  aborted.options.control = [&aborted] {
    return std::string(aborted.world.changes.size() >= 3 ? "abort" : "");
  };
  CHECK(aborted.run().ending == Ending::rolled_back);
  CHECK(aborted.all("old"));
}

TEST_CASE("a pause stops in front of its step") {
  Bench bench;
  bench.options.pause_before = "S3";
  CHECK(bench.run().ending == Ending::held);
  CHECK(bench.world.changes == std::vector<std::string>{"S1 new", "S2 new"});
}

TEST_CASE("a finished run can be undone, and that is verified") {
  Bench bench;
  REQUIRE(bench.run().ending == Ending::done);
  CHECK(bench.roll_back().ending == Ending::rolled_back);
  CHECK(bench.all("old"));
}

TEST_CASE("an undo that is refused parks its branch, the others go on, and a person is needed") {
  Bench bench;
  bench.world.faults["S5"] = Fault::refused;
  bench.world.undo_faults["S2"] = Fault::refused;
  const RunEnd end = bench.run();
  CHECK(end.ending == Ending::stuck);
  CHECK(bench.world.values["schema"] == "new");
  CHECK(bench.world.values["image"] == "old");
  CHECK(bench.world.values["route"] == "old");
  bench.world.undo_faults.clear();
  CHECK(bench.run().ending == Ending::rolled_back);
  CHECK(bench.all("old"));
}

TEST_CASE("only a kind that says so may leave its effect behind in a rollback") {
  Bench bench;
  bench.world.left = {"S1"};
  bench.world.faults["S5"] = Fault::refused;
  CHECK(bench.run().ending == Ending::stuck);
  Bench harmless;
  harmless.plan.nodes[0].kind = "toy.leaving";
  harmless.world.left = {"S1"};
  harmless.world.faults["S5"] = Fault::refused;
  CHECK(harmless.run().ending == Ending::rolled_back);
  CHECK(harmless.world.values["image"] == "new");
}

TEST_CASE("a rollback is not believed before it is seen") {
  Bench bench;
  bench.world.faults["S5"] = Fault::refused;
  bool meddle = true;
  bench.world.after_effect = [&] {
    // A foreign hand moves the route once it was restored.
    if (meddle && bench.world.values["image"] == "old" && !bench.world.changes.empty() &&
        bench.world.changes.back() == "S1 old")
      bench.world.values["route"] = "foreign";
  };
  CHECK(bench.run().ending == Ending::stuck);
}

TEST_CASE("traffic that cannot be taken back keeps the schema and the servers that it needs") {
  Bench bench;
  bench.world.faults["S5"] = Fault::refused;
  bench.world.undo_faults["S3"] = Fault::refused;
  CHECK(bench.run().ending == Ending::stuck);
  CHECK(bench.world.values["route"] == "new");
  CHECK(bench.world.values["schema"] == "new");
  CHECK(bench.world.values["image"] == "new");
  bench.world.undo_faults.clear();
  CHECK(bench.run().ending == Ending::rolled_back);
  CHECK(bench.all("old"));
}

TEST_CASE("a rollback whose last look fails is held, not parked, and a resume looks again") {
  Bench bench;
  bench.world.faults["S5"] = Fault::refused;
  bench.world.after_effect = [&bench] {
    if (bench.world.changes.back() == "S1 old") bench.world.unseen = {"image"};
  };
  const RunEnd end = bench.run();
  CHECK(end.ending == Ending::held);
  CHECK(end.reason.find("image") != std::string::npos);
  bench.world.unseen.clear();
  CHECK(bench.run().ending == Ending::rolled_back);
  CHECK(bench.all("old"));
}

TEST_CASE("a journal that cannot be written stops the run without another effect") {
  Bench bench;
  bench.world.after_effect = [&bench] {
    bench.journal.fails = Failure{FailureKind::permanent, "journal: cannot sync", "", "sync"};
  };
  CHECK(bench.run().ending == Ending::journal_lost);
  CHECK(bench.world.changes == std::vector<std::string>{"S1 new"});
  bench.world.after_effect = nullptr;
  bench.journal.fails.reset();
  CHECK(bench.run().ending == Ending::done);
  CHECK_FALSE(bench.world.twice);
}

TEST_CASE("a journal on its reserve holds the run while there is room to say so") {
  Bench bench;
  bench.journal.full = true;
  CHECK(bench.run().ending == Ending::held);
  CHECK(bench.world.changes.size() == 1);
}

namespace {

/// Dies at the Nth point where a process can die: before or after an append, before or after an
/// effect.
struct Fuse {
  int left;
  void step() {
    if (left >= 0 && left-- == 0) throw Crash{};
  }
};

void check_journal(const Bench& bench) {
  std::map<std::string, int> open;
  bool turned = false;
  std::uint64_t opno = 0;
  for (const Record& record : bench.journal.records()) {
    if (record.kind == "PHASE" && text_at(record.body, "/phase") == "rolling_back") turned = true;
    if (record.kind == "INTENT") {
      const bool back = text_at(record.body, "/direction") == "back";
      CHECK((back || !turned));
      CHECK(record.opno > opno);
      opno = record.opno;
      open[text_at(record.body, "/step")] = 1;
    }
    if (record.kind == "OUTCOME") {
      open[text_at(record.body, "/step")] = 0;
      for (const Json& id : value_at(record.body, "/covers")) open[id.get<std::string>()] = 0;
    }
  }
  for (const auto& [step, count] : open) {
    INFO("an intent of " << step << " has no outcome");
    CHECK(count == 0);
  }
}

}  // namespace

TEST_CASE(
    "crash sweep: wherever the process dies, a restart ends released or rolled back, nothing "
    "twice") {
  const std::vector<Fault> kinds{Fault::none,        Fault::refused,      Fault::refused_once,
                                 Fault::lost_answer, Fault::never_landed, Fault::transient_once};
  int runs = 0, crashes = 0;
  for (const char* step : {"S1", "S3", "S5"}) {
    for (const Fault fault : kinds) {
      for (const Fault undo_fault : {Fault::none, Fault::lost_answer, Fault::transient_once}) {
        for (const bool breach : {false, true}) {
          for (int point = 0;; ++point) {
            Bench bench;
            bench.world.faults[step] = fault;
            bench.world.undo_faults[step] = undo_fault;
            if (breach)
              bench.world.reading = [&bench](const std::string&) {
                return Reading{
                    bench.world.values["route"] == "new" ? 0.3 : 0.0, 0.0, 100, 100, "", {}};
              };
            Fuse fuse{point};
            const auto die = [&fuse] { fuse.step(); };
            bench.journal.before_append = bench.journal.after_append = die;
            bench.world.before_effect = bench.world.after_effect = die;
            bool crashed = false;
            RunEnd end;
            try {
              end = bench.run();
            } catch (const Crash&) {
              crashed = true;
              ++crashes;
              fuse.left = -1;
              end = bench.run();
            }
            ++runs;
            INFO("step " << step << " fault " << static_cast<int>(fault) << " undo "
                         << static_cast<int>(undo_fault) << " breach " << breach << " point "
                         << point);
            CHECK((end.ending == Ending::done || end.ending == Ending::rolled_back));
            CHECK(bench.all(end.ending == Ending::done ? "new" : "old"));
            CHECK_FALSE(bench.world.twice);
            check_journal(bench);
            if (!crashed) break;
          }
        }
      }
    }
  }
  CHECK(crashes > 1000);
}

TEST_CASE("a breach is seen while the step still waits, and ends the waiting [threads]",
          "[threads]") {
  // The step waits until it is told to leave; only the background watch can end it.
  struct WaitingStep final : Step {
    explicit WaitingStep(ToyWorld& the_world) : world(the_world) {}
    Result<Observation> observe(const Looks&, const Json* before) const override {
      const std::string now = world.values["route"];
      return Observation{
          before != nullptr && now != "old" ? TargetState::partial : TargetState::before,
          Json(now),
          now,
          {}};
    }
    Result<void> apply(Systems&, const Json&, const Guard&, Attempt& attempt) const override {
      world.values["route"] = "new";
      const auto clock = make_system_clock();
      clock->sleep_for(Milliseconds(60'000), attempt.cancellation());
      return Failure{FailureKind::cancelled, "left", "", ""};
    }
    Result<void> revert(Systems&, const Json&, const Guard&, Attempt&) const override {
      world.values["route"] = "old";
      return {};
    }
    ToyWorld& world;
  };
  struct WaitingKinds final : Kinds {
    explicit WaitingKinds(ToyWorld& the_world) : world(the_world) {}
    Result<std::unique_ptr<Step>> step(const Node&) const override {
      return std::unique_ptr<Step>(std::make_unique<WaitingStep>(world));
    }
    bool is_traffic(const Node&) const override { return true; }
    bool leaves(const Node&) const override { return false; }
    Milliseconds budget(const Node&) const override { return Milliseconds(60'000); }
    std::unique_ptr<Sampler> sampler(const IndicatorPolicy& indicator,
                                     const GateSubject&) const override {
      return std::make_unique<ToySampler>(world, indicator.name);
    }
    ToyWorld& world;
  };
  ToyWorld world = toy_world();
  world.reading = [](const std::string&) { return Reading{0.5, 0.0, 100, 100, "", {}}; };
  Plan plan = toy_plan();
  plan.nodes = {plan.nodes[3]};
  plan.nodes[0].gate->interval = Milliseconds(5);
  MemoryJournal journal;
  REQUIRE(journal.append(
      {run_open(plan, "", ""),
       {"GATE",
        {{"baseline", Json::array({{{"indicator", "errors"}, {"value", 0.0}, {"samples", 100}}})}},
        0}}));
  const auto clock = make_system_clock();
  EventStream events(*clock);
  const WaitingKinds kinds(world);
  NoSystems systems(*clock);
  Executor executor(plan, kinds, systems, journal, events, *clock, Cancellation(), {});
  const BootTime started = clock->boot();
  CHECK(executor.run().ending == Ending::rolled_back);
  CHECK(world.values["route"] == "old");
  CHECK(clock->boot() - started < std::chrono::seconds(30));
}
