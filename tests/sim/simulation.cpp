// The two phases of a seed: first everything goes wrong, then nothing does and it must end.
#include "sim/simulation.hpp"

#include "sim/disk.hpp"
#include "sim/sql.hpp"
#include "sim/traps.hpp"

#include "ostler/cli/exit_code.hpp"
#include "ostler/engine/journal.hpp"

#include <csignal>
#include <stdexcept>

namespace ostler::sim {
namespace {

using lab::Instant;

constexpr Instant safety_lasts{600'000'000};
constexpr Instant an_hour{3'600'000'000};
constexpr Instant in_flight_at_most{60'000'000};
constexpr std::uint64_t operators_question = 6u << 20;

enum class Going { on, back };

class Simulation {
 public:
  Simulation(std::uint64_t seed, const WorldKind& kind, const SeedOptions& options)
      : seed_(seed),
        world_(seed),
        trace_(world_),
        faults_(seed, Swarm::of(seed, kind.rarity), trace_, world_, options.only),
        incidents_(seed, faults_),
        quiet_(faults_),
        stage_(kind.make(seed, world_, faults_)),
        chance_(seed, operators_question),
        observer_(options.observer) {
    trace_.tell = options.tell;
    stage_->on_effect = [this](const Effect& effect) {
      intents_.on_effect(effect);
      fences_.on_effect(effect);
      migrations_.on_effect(effect);
      harm_.look(*stage_);
    };
  }

  SeedResult run() {
    SeedResult result;
    result.outcome = release("sim-1", Going::on, {run_open(stage_->plan(), "", "")});
    // Some regret what went well.
    if (result.outcome == Outcome::committed && !breaches_.first() && chance_.percent(25))
      result.outcome = regret();
    result.violation = breaches_.first();
    result.hash = trace_.hash();
    result.faults = faults_.events();
    return result;
  }

 private:
  /// A run and all that happens to it, from its first record to its end, which is judged.
  Outcome release(const std::string& name, Going way, std::vector<Entry> first) {
    begin(name, std::move(first));
    safety(way);
    if (!over_ && !breaches_.first()) liveness();
    // What is still on its way arrives, and must change nothing any more.
    world_.advance_to(world_.now() + in_flight_at_most);
    const Outcome outcome = outcome_at_end();
    judge_end(outcome);
    return outcome;
  }

  /// The rollback of the release that was committed: a run of its own, in which as much goes wrong.
  Outcome regret() {
    const std::vector<Record> released = read_journal(disk_->bytes(), run_).records;
    faults_.go_on();
    const Outcome outcome =
        release("sim-2", Going::back,
                undoing_entries(stage_->plan(), run_, released, "", "somebody regrets it"));
    return outcome == Outcome::rolled_back ? Outcome::undone : outcome;
  }

  void begin(const std::string& name, std::vector<Entry> first) {
    trace_.note("RUN", name);
    run_ = name;
    first_ = std::move(first);
    disk_.emplace(faults_, trace_, seed_);
    disk_->on_durable = [this](std::string_view bytes) {
      intents_.on_durable(bytes);
      told_.on_durable(bytes);
      leaks_.look(bytes, "the journal");
      note_close(bytes);
    };
    over_ = false;
    closed_as_ = Outcome::unfinished;
    intents_ = IntentBeforeEffect(breaches_);
    fences_ = NothingOlderAfterNewer(breaches_);
    told_ = ToldIsKept(breaches_);
  }

  void safety(Going way) {
    // More operators than incidents, twice over; a run that is stuck would call one every minute.
    constexpr int most_operators = 9;
    const Instant ends = world_.now() + safety_lasts;
    Going going = way;
    for (int at = 0; at < most_operators && !over_ && !breaches_.first(); ++at) {
      if (world_.now() >= ends) return;
      Process process(world_, incidents_, trace_);
      process.dies_at(ends);
      operate(process, going);
      world_.advance_to(world_.now() + seconds(1, 40));
      going = way == Going::back || chance_.percent(40) ? Going::back : Going::on;
    }
  }

  void liveness() {
    trace_.note("CALM");
    faults_.end();
    stage_->calm();
    network_.cut_until.clear();
    disk_->heal();
    for (int attempt = 0; attempt < 3 && !over_ && !breaches_.first(); ++attempt) {
      // A run that holds on failure may need a person's word before it goes back.
      const bool last = attempt == 2;
      Process process(world_, quiet_, trace_);
      const Instant started = world_.now();
      operate(process, last || chance_.percent(50) ? Going::back : Going::on);
      if (world_.now() - started > an_hour)
        breaches_.breaks("L1", "a clean operator took more than an hour");
    }
  }

  Instant seconds(std::uint64_t low, std::uint64_t high) {
    return Instant{static_cast<std::int64_t>(chance_.between(low * 1'000'000, high * 1'000'000))};
  }

  /// One process from its start to its end or its death.
  void operate(Process& process, Going going) {
    trace_.note("OPERATOR", going == Going::back ? "rolls back" : "goes on");
    process.while_frozen = [this, &process] { try_to_take_over(process); };
    try {
      work(process, going);
    } catch (const Killed& death) {
      if (death.how == Killed::How::power_loss)
        disk_->lose_power();
      else
        disk_->lose_process();
    }
  }

  /// A second operator who meets a process that stands still.
  void try_to_take_over(Process& process) {
    const auto store = disk_->open(process);
    if (store || store.failure().code != "locked")
      breaches_.breaks("I6", "a second process got hold of a journal that is in use");
  }

  void work(Process& process, Going going) {
    SimClock clock(process, seed_);
    auto opened = open(process, clock);
    if (!opened) {
      if (opened.failure().code == "damaged") breaches_.breaks("I4", opened.failure().message);
      return;
    }
    Journal& journal = **opened;
    // No command drives a run that is closed; its last record may have survived a sync that failed.
    if (!fold(journal.records()).open()) return;
    SimHttp http(process, faults_, trace_, stage_->doors(), network_);
    SimSql sql(process, faults_, trace_, stage_->databases());
    const std::unique_ptr<Systems> systems = stage_->connect(clock, http, sql);
    EventStream events(clock);
    events.set_run(run_);
    events.add(told_);
    events.add(leaks_);
    if (observer_ != nullptr) events.add(*observer_);
    RunOptions options = stage_->options();
    options.sampling = RunOptions::Sampling::in_turn;
    options.abandon = process.abandon();
    Executor executor(stage_->plan(), stage_->kinds(), *systems, journal, events, clock,
                      process.stop(), options);
    const RunEnd end = going == Going::back ? executor.roll_back("asked for") : executor.run();
    ended(process, going, journal, end);
  }

  Result<std::unique_ptr<Journal>> open(Process& process, Clock& clock) {
    OSTLER_TRY(std::unique_ptr<JournalStore> store, disk_->open(process));
    auto journal = open_journal(std::move(store), run_, "sim", clock);
    if (journal && (*journal)->records().empty()) OSTLER_CHECK((*journal)->append(first_));
    return journal;
  }

  /// What the command says at its end, as the one place that turns ends into exit codes has it.
  void ended(Process& process, Going going, Journal& journal, const RunEnd& end) {
    const RunState state = fold(journal.records());
    const Changed changed = state.changed() ? Changed::yes : Changed::no;
    if (end.ending == Ending::interrupted && changed == Changed::no && state.open())
      (void)journal.append({{"RUN_CLOSE", {{"outcome", "abandoned"}}, 0}});
    const Asked asked = going == Going::back ? Asked::back : Asked::forward;
    const ExitCode code = exit_code_of(end, asked, changed, process.signals() > 0 ? SIGTERM : 0);
    trace_.note("EXIT", fmt::format("{} {}", static_cast<int>(code), end.reason));
    leaks_.look(end.reason, "the reason of an end");
    if (const std::string trouble = contradiction(code, state); !trouble.empty())
      breaches_.breaks("E7", trouble);
    if (code == ExitCode::stuck && !stage_->may_park())
      breaches_.breaks("E4", "a person is asked for without need: " + end.reason);
  }

  static std::string contradiction(ExitCode code, const RunState& state) {
    const auto says = [code](std::string_view what) {
      return fmt::format("exit code {} although {}", static_cast<int>(code), what);
    };
    const int number = static_cast<int>(code);
    if (code == ExitCode::ok && state.open()) return says("the run is open");
    if (code == ExitCode::rolled_back && state.outcome != "rolled_back")
      return says("the run is not closed as rolled back");
    if (state.changed() && ((number >= 10 && number < 20) || number >= 130))
      return says("something was intended");
    if (number >= 20 && number < 25 && !state.changed() && state.direction == Direction::forward)
      return says("nothing was intended");
    return "";
  }

  void note_close(std::string_view bytes) {
    if (bytes.find(R"(,"kind":"RUN_CLOSE",)") == bytes.npos) return;
    each_record(bytes, [this](std::string_view kind, std::string_view line, std::uint64_t) {
      if (kind != "RUN_CLOSE") return;
      over_ = true;
      closed_as_ = line.find(R"("outcome":"committed")") != line.npos     ? Outcome::committed
                   : line.find(R"("outcome":"rolled_back")") != line.npos ? Outcome::rolled_back
                                                                          : Outcome::unchanged;
    });
  }

  Outcome outcome_at_end() {
    // Every opening has read the whole chain; reading it once more costs a fifth of a seed.
    constexpr std::uint64_t every_nth = 8;
    if (over_ && seed_ % every_nth != 0) return closed_as_;
    const JournalReading reading = read_journal(disk_->bytes(), run_);
    chain_.look(reading);
    if (over_) return closed_as_;
    return fold(reading.records).phase == Phase::parked ? Outcome::parked : Outcome::unfinished;
  }

  void judge_end(Outcome outcome) {
    harm_.look(*stage_);
    switch (outcome) {
      case Outcome::unfinished:
        return breaches_.breaks("E1", "the run has come to no end");
      case Outcome::parked:
        return;
      case Outcome::committed:
        if (const std::string difference = stage_->differs_from_plan(); !difference.empty())
          breaches_.breaks("E2", "committed, but " + difference);
        return;
      case Outcome::unchanged:
      case Outcome::rolled_back:
      case Outcome::undone:
        if (const std::string difference = stage_->differs_from_before(); !difference.empty())
          breaches_.breaks("E3", fmt::format("{}, but {}", to_string(outcome), difference));
        return;
    }
  }

  std::uint64_t seed_;
  lab::World world_;
  Trace trace_;
  Faults faults_;
  Incidents incidents_, quiet_;
  Network network_;
  std::unique_ptr<Stage> stage_;
  Chance chance_;
  Observer* observer_;

  std::string run_;
  std::vector<Entry> first_;  ///< the records that it begins with
  std::optional<SimDisk> disk_;
  bool over_ = false;  ///< a RUN_CLOSE is durable
  Outcome closed_as_ = Outcome::unfinished;

  Breaches breaches_;
  IntentBeforeEffect intents_{breaches_};
  NothingOlderAfterNewer fences_{breaches_};
  NobodyHarmed harm_{breaches_};
  ChainHolds chain_{breaches_};
  ToldIsKept told_{breaches_};
  NothingLeaks leaks_{breaches_};
  MigrationsOnce migrations_{breaches_};
};

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::committed:
      return "committed";
    case Outcome::rolled_back:
      return "rolled back";
    case Outcome::undone:
      return "undone";
    case Outcome::parked:
      return "parked";
    case Outcome::unchanged:
      return "unchanged";
    case Outcome::unfinished:
      return "unfinished";
  }
  return "";
}

SeedResult simulate(std::uint64_t seed, const SeedOptions& options) {
  const WorldKind* kind = find_world(options.world);
  if (kind == nullptr) throw std::invalid_argument("there is no world '" + options.world + "'");
  kind->prepare();
  const Sealed sealed;
  return Simulation(seed, *kind, options).run();
}

SeedResult shrink(std::uint64_t seed, SeedOptions options) {
  SeedResult shortest = simulate(seed, options);
  if (!shortest.violation) return shortest;
  const auto still_fails = [&](std::set<std::uint64_t> numbers) {
    options.only = std::move(numbers);
    SeedResult result = simulate(seed, options);
    if (!result.violation || result.violation->invariant != shortest.violation->invariant)
      return false;
    shortest = std::move(result);
    return true;
  };
  if (still_fails({})) return shortest;
  for (bool shorter = true; shorter;) {
    shorter = false;
    // From the last on: what came later is more often a bystander.
    const std::vector<FaultEvent> faults = shortest.faults;
    for (std::size_t at = faults.size(); at > 0; --at) {
      std::set<std::uint64_t> numbers;
      for (const FaultEvent& fault : shortest.faults) numbers.insert(fault.number);
      if (numbers.erase(faults[at - 1].number) > 0 && still_fails(std::move(numbers)))
        shorter = true;
    }
  }
  return shortest;
}

}  // namespace ostler::sim
