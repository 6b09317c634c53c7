// Every command, in one table.
#include "flags.hpp"

namespace ostler {
namespace {

constexpr const char* checking = "Write and check (touch nothing)";
constexpr const char* running = "Run (change something)";
constexpr const char* looking = "Look";
constexpr const char* trying = "Try (nothing real)";

}  // namespace

const std::vector<CommandSpec>& command_specs() {
  static const std::vector<CommandSpec> table{
      {Command::check, "check", checking, "[RELEASE_FILE]",
       "read the files, report every mistake; no network", 0, 1, Effect::looks,
       "ostler check | ./release.yaml alone\n"
       "ostler check release.yaml --env prod | also the names that refer to prod's "
       "environment.yaml\n"},
      {Command::preflight, "preflight", checking, "ENV [RELEASE_FILE]",
       "look at every system: could this release start?", 1, 2, Effect::looks,
       "ostler preflight prod | every check, with ./release.yaml\n"
       "ostler preflight prod --only postgres.lag --wait 15m | one check, until it passes\n"},
      {Command::plan, "plan", checking, "ENV [RELEASE_FILE]",
       "show what apply would do, step by step, with each undo", 1, 2, Effect::looks,
       "ostler plan prod | look\n"
       "ostler plan prod --out web.ostlerplan | save it; ostler apply web.ostlerplan runs exactly "
       "this\n"
       "ostler plan prod --detailed-exitcode | exit 30 when there is something to do\n"},
      {Command::show, "show", checking, "FILE|RUN", "show a saved plan, or the plan of a run", 1, 1,
       Effect::looks,
       "ostler show web.ostlerplan --steps | with every parameter\n"
       "ostler show prod-218 --undo | what going back does, in its order\n"},
      {Command::apply, "apply", running, "FILE.ostlerplan | ENV [RELEASE_FILE]",
       "run a saved plan, or plan, ask and run", 1, 2, Effect::changes,
       "ostler apply web.ostlerplan | exactly this plan; the same again goes on where it stopped\n"
       "ostler apply prod | checks, plan, question, run\n"
       "ostler apply prod --confirm prod:3f9a2c --no-input | in a script\n"},
      {Command::promote, "promote", running, "ENV [RELEASE_FILE|PLAN]", "the image phase alone", 1,
       2, Effect::changes,
       "ostler promote prod | bring the image into prod's registry, by digest\n"},
      {Command::migrate, "migrate", running, "ENV [RELEASE_FILE|PLAN]",
       "the database and module phase alone", 1, 2, Effect::changes,
       "ostler migrate prod | migrations and module updates of every tenant\n"},
      {Command::shift, "shift", running, "ENV [RELEASE_FILE|PLAN]", "the traffic phase alone", 1, 2,
       Effect::changes,
       "ostler shift prod | canary, weights with their gates, the stable workload\n"},
      {Command::hold, "hold", running, "[RUN|ENV]",
       "stop a running release at the next safe point and keep it", 0, 1, Effect::changes,
       "ostler hold prod --reason \"checkout looks odd\" | ostler resume goes on\n"},
      {Command::resume, "resume", running, "[RUN|ENV]",
       "go on after a hold, a pause, an interrupt or a crash", 0, 1, Effect::changes,
       "ostler resume prod | in the direction the run was going\n"},
      {Command::abort, "abort", running, "[RUN|ENV]", "stop a running or held release and undo it",
       0, 1, Effect::changes,
       "ostler abort prod --reason \"INC-4411\" | everything back as before, verified\n"},
      {Command::rollback, "rollback", running, "ENV", "undo the newest run, finished or not", 1, 1,
       Effect::changes,
       "ostler rollback prod | asks first\n"
       "ostler rollback prod --confirm prod --reason INC-4411 --no-input | from a runbook\n"
       "ostler rollback prod --dry-run | what would be undone\n"},
      {Command::status, "status", looking, "[ENV...]", "what each environment is doing", 0, 64,
       Effect::looks,
       "ostler status | every environment with a run on this machine\n"
       "ostler status prod --porcelain=v1 | env, state, run, version, step, weight, since, "
       "holder\n"},
      {Command::history, "history", looking, "[ENV]", "the runs so far, newest first", 0, 1,
       Effect::looks,
       "ostler history prod --limit 6 | the newest six\n"
       "ostler history --since 7d --json | of all environments, for a machine\n"},
      {Command::log, "log", looking, "RUN", "everything a run did and saw", 1, 1, Effect::looks,
       "ostler log prod-218 --step S4 | one step\n"
       "ostler log prod-219 --follow | until it ends\n"},
      {Command::why, "why", looking, "ENV|RUN [STEP]",
       "why a run ended as it did, with the evidence", 1, 2, Effect::looks,
       "ostler why prod | the newest run\n"
       "ostler why prod-218 S4 | one step\n"},
      {Command::kinds, "kinds", looking, "[NAME]",
       "the kinds of steps, checks and indicators, with examples", 0, 1, Effect::looks,
       "ostler kinds | all\nostler kinds traffic.weigh | one\n"},
      {Command::rehearse, "rehearse", trying, "ENV [RELEASE_FILE]",
       "forward and back from every step, in the lab; leaves a proof", 1, 2, Effect::looks,
       "ostler rehearse prod | every undo of ./release.yaml, on a platform like prod's\n"
       "ostler rehearse prod next.yaml --out next.proof.json | keep the proof there\n"
       "ostler rehearse prod -o json | what was proved, for a machine\n"},
      {Command::lab, "lab", trying, "[-- COMMAND...]",
       "the whole platform simulated on this machine, to release into", 0, 4096, Effect::looks,
       "ostler lab | start it, show what stands where; Ctrl-C ends it\n"
       "ostler lab --speed 10 | ten times as fast as life\n"
       "ostler lab -- ostler preflight environment.yaml | run a command in it, then end it\n"},
      {Command::help, "help", looking, "[COMMAND|TOPIC]", "help; topics: flags, exit-codes", 0, 1,
       Effect::looks,
       "ostler help apply | one command\nostler help exit-codes | what the numbers mean\n"},
      {Command::version, "version", "", "", "the version; the same as --version", 0, 0,
       Effect::looks, ""},
  };
  return table;
}

const CommandSpec* find_command(std::string_view name) {
  for (const CommandSpec& spec : command_specs())
    if (name == spec.name) return &spec;
  return nullptr;
}

const CommandSpec& spec_of(Command command) {
  for (const CommandSpec& spec : command_specs())
    if (spec.command == command) return spec;
  return command_specs().back();
}

}  // namespace ostler
