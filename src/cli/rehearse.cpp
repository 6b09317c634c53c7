// ostler rehearse: forward and back from every step of a release's plan, in the lab; leaves a
// proof.
#include "kind_table.hpp"
#include "rehearsal.hpp"
#include "run_store.hpp"
#include "session.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/side_by_side.hpp"
#include "ostler/base/text.hpp"
#include "ostler/lab/passing_folder.hpp"
#include "ostler/view/proof_text.hpp"
#include "ostler/view/values.hpp"

namespace ostler {
namespace {

std::vector<std::string> covered_by(const Rehearsal& rehearsal, const RehearsalOutcome& outcome) {
  std::vector<std::string> covered{
      "the planner, the steps, the journal and the executor that apply and rollback use",
      fmt::format("a failure behind each of {} and the way back from it; at gates the gate said no",
                  counted(rehearsal.plan.nodes.size(), "step")),
      "the rollback of the finished release",
      "compared with what stood before: the cells' objects without status and ostler's own "
      "annotations, running Pods by image, what each proxy has loaded, images, tags, records, each "
      "tenant's columns, indexes, constraints, modules and ledger of migrations"};
  if (!rehearsal.setting.release.migrations.empty())
    covered.push_back(
        fmt::format("the migrations and their .down.sql ran on {}", rehearsal.server.name()));
  covered.push_back(fmt::format("{} requests of made-up shoppers meanwhile, {} of which failed",
                                outcome.requests, outcome.failed_requests));
  return covered;
}

std::vector<std::string> not_covered_by(const Rehearsal& rehearsal) {
  const Release& release = rehearsal.setting.release;
  // NOLINTBEGIN(bugprone-suspicious-missing-comma): some of them take two lines
  std::vector<std::string> not_covered{
      "how long anything takes: the times are those of the lab's virtual clock",
      "the release's own code: it was not run",
      "real data: its volume, what it does to migrations and updates, and locks that the users' "
      "transactions hold",
      "the real objects where they differ from the lab's plain ones: numbers of Pods, sidecars, "
      "sticky sessions, resources, node capacity",
      "the real cluster's permissions, admission webhooks, quotas and operators, and whatever else "
      "writes the same objects (GitOps)",
      "the real network, names, certificates and credentials, none of which were used",
      "the real registries' and buckets' rules: immutable tags, retention, scanners",
      "the checks of ostler preflight: they look at the real platform",
      "a way back that is itself interrupted: ostler resume goes on with one, which other tests "
      "show"};
  // NOLINTEND(bugprone-suspicious-missing-comma)
  if (!release.traffic.gates.empty())
    not_covered.insert(
        not_covered.begin() + 1,
        fmt::format("the gates' indicators ({}): nothing was measured, they were told to be good, "
                    "or bad at the step to be undone, and held for two seconds at most",
                    join(release.traffic.gates, ", ")));
  return not_covered;
}

Proof proof_of(const Environment& environment, const Release& release, const Rehearsal& rehearsal,
               RehearsalOutcome outcome) {
  Proof proof;
  proof.tool = "ostler " OSTLER_VERSION;
  proof.where = "lab";
  proof.made = rehearsal.now;
  proof.environment = environment.name;
  proof.environment_digest = environment.digest;
  proof.release = release.name;
  proof.release_digest = release.digest;
  proof.plan_digest = rehearsal.plan.digest;
  proof.undo_digest = undo_digest(rehearsal.plan);
  proof.simulated = {{"Kubernetes", "simulated, as version 1.36.3 answers"},
                     {"Traefik", "simulated, as version 3.6.12 answers"},
                     {"registries", "simulated, as CNCF Distribution 3.1 answers"},
                     {"S3", "simulated, as Versity's gateway 1.8 answers"},
                     {"PostgreSQL", rehearsal.server.name()},
                     {"Odoo", "the lab's shop, in the place of Odoo 18.0"},
                     {"Prometheus", "none"}};
  proof.stand_ins = rehearsal.setting.stand_ins;
  for (std::string& words : rehearsal.server.stand_ins()) proof.stand_ins.push_back(words);
  proof.covered = covered_by(rehearsal, outcome);
  proof.not_covered = not_covered_by(rehearsal);
  proof.steps = std::move(outcome.steps);
  proof.whole = std::move(outcome.whole);
  proof.requests = outcome.requests;
  proof.failed_requests = outcome.failed_requests;
  return proof;
}

Result<std::string> path_for(Context& context, const Proof& proof) {
  if (!context.invocation.out.empty()) return context.invocation.out;
  OSTLER_TRY(const RunStore store, RunStore::open(context.variables));
  const std::string folder = store.root() + "/proofs";
  OSTLER_CHECK(make_folders(folder));
  return fmt::format("{}/{}.proof.json", folder,
                     proof.undo_digest.substr(proof.undo_digest.find(':') + 1));
}

Result<std::string> save(Context& context, const Proof& proof) {
  OSTLER_TRY(const std::string path, path_for(context, proof));
  const Result<void> saved = write_file_atomically(path, to_json(proof).dump(2) + "\n", 0644);
  if (!saved)
    return Failure{FailureKind::refused, saved.failure().message,
                   "Name a file in a folder that you may write with --out.", "usage"};
  return path;
}

CommandEnd end_with(Context& context, const Proof& proof) {
  const Style& style = context.console.style();
  context.console.print(proof_text(proof, style));
  CommandEnd end;
  end.world = "unchanged";
  end.document = {{"proof", to_json(proof)}};
  if (!proof.holds()) {
    const auto failed =
        std::count_if(proof.steps.begin(), proof.steps.end(),
                      [](const StepProof& step) { return step.undo == StepProof::Undo::failed; });
    end.code = ExitCode::blocked;
    end.outcome = "not_proved";
    end.summary = fmt::format("{} of {} undos failed in the lab; there is no proof.", failed,
                              proof.steps.size());
    if (failed == 0) end.summary = "The rollback of the finished release failed in the lab.";
    return end;
  }
  const Result<std::string> path = save(context, proof);
  if (!path) return failed(path.failure());
  end.outcome = "proved";
  end.document["saved"] = *path;
  end.summary = fmt::format(
      "In the lab every step of release {} was undone: {}, and the rollback of the "
      "whole. The proof: {}",
      proof.release, counted(proof.steps.size(), "step"), *path);
  end.next = {same_files("plan", context.invocation)};
  return end;
}

Result<std::unique_ptr<RehearsalServer>> start_server(Context& context, const std::string& folder,
                                                      const RehearsalSetting& setting) {
  auto server = start_rehearsal_server(folder, setting.tenants, context.signals.stop());
  if (server || server.failure().code != "missing") return server;
  context.console.warn(server.failure().message + "; a model of it is used", server.failure().hint);
  return model_rehearsal_server(setting.tenants);
}

Result<Proof> run_all(Context& context, const Environment& environment, const Release& release) {
  OSTLER_TRY(const RehearsalSetting setting, rehearsal_setting(environment, release));
  OSTLER_TRY(const auto folder, lab::PassingFolder::make("rehearse"));
  const WallTime now = context.clock.wall();
  context.console.note("Setting up the lab as the environment file says ...\n");
  OSTLER_TRY(const auto server, start_server(context, folder->path() + "/servers", setting));
  OSTLER_TRY(const Plan plan,
             plan_rehearsal(environment, release, setting, *server, folder->path(), now));
  const std::unique_ptr<Kinds> kinds = make_kind_table();
  const Rehearsal rehearsal{
      setting, plan, *server, folder->path(), *kinds, now, context.signals.stop()};
  const Style& style = context.console.style();
  context.console.print(
      fmt::format("Rehearsal of release {} on a platform like {}'s, in the lab. Virtual times:\n",
                  release.name, environment.name));
  OSTLER_TRY(RehearsalOutcome outcome, rehearse(rehearsal, [&](const StepProof& step) {
               context.console.print(step_proof_text(step, style));
               context.console.events().emit("rehearsal.step",
                                             {{"step", step.id},
                                              {"kind", step.kind},
                                              {"title", step.title},
                                              {"undo", std::string(to_string(step.undo))},
                                              {"stays", step.stays},
                                              {"wrong", step.wrong},
                                              {"forward_ms", step.forward.count()},
                                              {"back_ms", step.back.count()}});
             }));
  return proof_of(environment, release, rehearsal, std::move(outcome));
}

}  // namespace

CommandEnd run_rehearse(Context& context) {
  const Invocation& invocation = context.invocation;
  const Result<Environment> environment = load_environment(context, invocation.argument(0));
  // The other file's mistakes are shown in the same go.
  const Result<Release> release =
      load_release(context, invocation.argument(1), environment ? &*environment : nullptr);
  if (!environment) return failed(environment.failure());
  if (!release) return failed(release.failure());
  // Looks of the lab come one at a time anyway, and threads cost more than they do.
  forbid_threads();
  // An interrupt ends the pass after its step, so that the servers and the folder go with it.
  context.signals.begin_run();
  const Result<Proof> proof = run_all(context, *environment, *release);
  context.signals.end_run();
  if (context.signals.stop().requested())
    return failed({FailureKind::cancelled, "interrupted; no proof was made", "", ""});
  if (!proof) return failed(proof.failure());
  return end_with(context, *proof);
}

}  // namespace ostler
