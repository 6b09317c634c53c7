// The proof of a rehearsal: its saved form, and what it says about a plan.
#include "ostler/model/proof.hpp"

#include "model/digest.hpp"

#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"

#include <set>

namespace ostler {

namespace {

constexpr const char* proof_kind = "proof";

Json to_json(const StepProof& step) {
  return {{"id", step.id},
          {"kind", step.kind},
          {"cell", step.cell},
          {"title", step.title},
          {"target", step.target},
          {"planSays", step.says},
          {"undo", std::string(to_string(step.undo))},
          {"stays", step.stays},
          {"wrong", step.wrong},
          {"forwardMs", step.forward.count()},
          {"backMs", step.back.count()}};
}

Result<StepProof> parse_step(const Json& value) {
  Parameters reader(value);
  StepProof step;
  step.id = reader.text("id");
  step.kind = reader.text("kind", "");
  step.cell = reader.text("cell", "");
  step.title = reader.text("title", "");
  step.target = reader.text("target", "");
  step.says = reader.text("planSays", "");
  const std::string undo = reader.text("undo");
  step.stays = reader.texts("stays");
  step.wrong = reader.texts("wrong");
  step.forward = Milliseconds{reader.number("forwardMs")};
  step.back = Milliseconds{reader.number("backMs")};
  if (auto done = reader.finish(); !done)
    return with_context(done.failure(), "a step of the proof");
  for (const auto known :
       {StepProof::Undo::restored, StepProof::Undo::stays, StepProof::Undo::failed})
    if (to_string(known) == undo) {
      step.undo = known;
      return step;
    }
  return Failure{FailureKind::refused,
                 fmt::format("step {}: unknown outcome '{}'", sanitize(step.id), sanitize(undo)),
                 "", "format"};
}

/// What a plan does where, without how often: those numbers belong to the world.
std::vector<std::pair<std::string, std::string>> kinds_by_cell(const Plan& plan) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const Node& node : plan.nodes) {
    std::pair<std::string, std::string> one{node.kind, node.cell};
    if (std::find(found.begin(), found.end(), one) == found.end()) found.push_back(std::move(one));
  }
  return found;
}

Json without_digest(const Proof& proof) {
  Json simulated = Json::array(), steps = Json::array();
  for (const auto& [system, by] : proof.simulated)
    simulated.push_back({{"system", system}, {"by", by}});
  for (const StepProof& step : proof.steps) steps.push_back(to_json(step));
  return {{"apiVersion", Proof::api_version},
          {"kind", proof_kind},
          {"tool", proof.tool},
          {"where", proof.where},
          {"made", format_utc(proof.made)},
          {"environment", {{"name", proof.environment}, {"digest", proof.environment_digest}}},
          {"release", {{"name", proof.release}, {"digest", proof.release_digest}}},
          {"planDigest", proof.plan_digest},
          {"undoDigest", proof.undo_digest},
          {"proved", proof.holds()},
          {"simulated", simulated},
          {"standIns", proof.stand_ins},
          {"steps", steps},
          {"whole", to_json(proof.whole)},
          {"shoppers", {{"requests", proof.requests}, {"failed", proof.failed_requests}}},
          {"covered", proof.covered},
          {"notCovered", proof.not_covered}};
}

std::vector<std::string> texts_at(const Json& value, std::string_view pointer) {
  std::vector<std::string> texts;
  for (const Json& one : value_at(value, pointer))
    if (one.is_string()) texts.push_back(one.get<std::string>());
  return texts;
}

}  // namespace

std::string_view to_string(StepProof::Undo undo) {
  switch (undo) {
    case StepProof::Undo::restored:
      return "restored";
    case StepProof::Undo::stays:
      return "stays";
    case StepProof::Undo::failed:
      return "failed";
  }
  return "failed";
}

bool Proof::holds() const {
  const auto failed = [](const StepProof& step) { return step.undo == StepProof::Undo::failed; };
  return !steps.empty() && std::none_of(steps.begin(), steps.end(), failed) && !failed(whole);
}

Json to_json(const Proof& proof) {
  Json result = without_digest(proof);
  result["digest"] = digest_of(result);
  return result;
}

Result<Proof> parse_proof(std::string_view text) {
  const auto refused = [](std::string code, std::string message) {
    return Failure{FailureKind::refused, std::move(message),
                   "Make the proof anew with 'ostler rehearse'.", std::move(code)};
  };
  OSTLER_TRY(Json value, parse_json(text, "the proof"));
  if (text_at(value, "/apiVersion") != Proof::api_version || text_at(value, "/kind") != proof_kind)
    return refused("format", "this is not a proof of this version of ostler");
  Json signed_part = value;
  signed_part.erase("digest");
  if (text_at(value, "/digest") != digest_of(signed_part))
    return refused("digest", "the proof was changed: its digest does not fit its content");
  Proof proof;
  proof.tool = text_at(value, "/tool");
  proof.where = text_at(value, "/where");
  const auto made = parse_utc(text_at(value, "/made"));
  if (!made) return refused("format", "the proof's date is not readable");
  proof.made = *made;
  proof.environment = text_at(value, "/environment/name");
  proof.environment_digest = text_at(value, "/environment/digest");
  proof.release = text_at(value, "/release/name");
  proof.release_digest = text_at(value, "/release/digest");
  proof.plan_digest = text_at(value, "/planDigest");
  proof.undo_digest = text_at(value, "/undoDigest");
  for (const Json& one : value_at(value, "/simulated"))
    proof.simulated.emplace_back(text_at(one, "/system"), text_at(one, "/by"));
  proof.stand_ins = texts_at(value, "/standIns");
  for (const Json& one : value_at(value, "/steps")) {
    OSTLER_TRY(StepProof step, parse_step(one));
    proof.steps.push_back(std::move(step));
  }
  OSTLER_TRY(proof.whole, parse_step(value_at(value, "/whole")));
  proof.requests = static_cast<std::uint64_t>(number_at(value, "/shoppers/requests"));
  proof.failed_requests = static_cast<std::uint64_t>(number_at(value, "/shoppers/failed"));
  proof.covered = texts_at(value, "/covered");
  proof.not_covered = texts_at(value, "/notCovered");
  return proof;
}

std::string undo_digest(const Plan& plan) {
  Json steps = Json::array();
  for (const auto& [kind, cell] : kinds_by_cell(plan)) steps.push_back({kind, cell});
  return digest_of({{"environment", {plan.environment, plan.environment_digest}},
                    {"release", {plan.release, plan.release_digest}},
                    {"steps", steps}});
}

std::vector<std::string> not_proved(const Plan& plan, const Proof& proof) {
  std::vector<std::string> missing;
  if (plan.environment != proof.environment || plan.environment_digest != proof.environment_digest)
    missing.emplace_back("the environment file is another one than was rehearsed");
  if (plan.release != proof.release || plan.release_digest != proof.release_digest)
    missing.emplace_back(
        "the release file or one of its migrations is another one than was rehearsed");
  std::set<std::pair<std::string, std::string>> rehearsed;
  for (const StepProof& step : proof.steps) {
    rehearsed.emplace(step.kind, step.cell);
    if (step.undo == StepProof::Undo::failed)
      missing.push_back(fmt::format("the undo of {} ({}) failed", step.id, step.title));
  }
  for (const auto& [kind, cell] : kinds_by_cell(plan))
    if (!rehearsed.contains({kind, cell}))
      missing.push_back(fmt::format("no step '{}' was rehearsed{}", kind,
                                    cell.empty() ? "" : " in cell " + cell));
  if (proof.whole.undo == StepProof::Undo::failed)
    missing.emplace_back("the rollback of the finished release failed");
  return missing;
}

}  // namespace ostler
