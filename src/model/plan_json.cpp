// The saved form of a plan: canonical JSON with a digest over it, and its strict reading.
#include "model/digest.hpp"

#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/model/plan.hpp"

#include <set>

namespace ostler {

namespace {

constexpr const char* plan_schema = "ostler.plan";

Failure refused(std::string code, std::string message) {
  return {FailureKind::refused, std::move(message), "Make the plan anew with 'ostler plan'.",
          std::move(code)};
}

Json to_json(const Fact& fact) {
  return Json{{"subject", fact.subject}, {"name", fact.name}, {"value", fact.value}};
}

Json to_json(const Node& node) {
  return Json{{"id", node.id},
              {"kind", node.kind},
              {"title", node.title},
              {"undo", node.undo},
              {"phase", node.phase},
              {"cell", node.cell},
              {"target", node.target},
              {"after", node.after},
              {"parameters", node.parameters},
              {"gate", node.gate ? to_json(*node.gate) : Json()},
              {"usually_ms", node.usually.count()},
              {"undo_usually_ms", node.undo_usually.count()}};
}

template <typename T>
Json list_json(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(to_json(value));
  return list;
}

Json without_digest(const Plan& plan) {
  return Json{{"schema", plan_schema},
              {"format", Plan::format},
              {"tool", plan.tool},
              {"environment", plan.environment},
              {"environment_path", plan.environment_path},
              {"environment_digest", plan.environment_digest},
              {"cluster_uid", plan.cluster_uid},
              {"release", plan.release},
              {"release_path", plan.release_path},
              {"release_digest", plan.release_digest},
              {"image_from", plan.image_from},
              {"image_to", plan.image_to},
              {"image_digest", plan.image_digest},
              {"version_before", plan.version_before},
              {"version_after", plan.version_after},
              {"class", std::string(to_string(plan.release_class))},
              {"class_reasons", plan.class_reasons},
              {"facts", list_json(plan.facts)},
              {"steps", list_json(plan.nodes)},
              {"pivot", plan.pivot},
              {"on_failure", plan.on_failure},
              {"created", format_utc(plan.created)},
              {"expires", format_utc(plan.expires)}};
}

Result<Fact> parse_fact(const Json& value) {
  Parameters reader(value);
  Fact fact{reader.text("subject"), reader.text("name"), reader.text("value", "")};
  if (auto done = reader.finish(); !done) return with_context(done.failure(), "a fact of the plan");
  return fact;
}

Result<Node> parse_node(const Json& value) {
  Parameters reader(value);
  Node node;
  node.id = reader.text("id");
  node.kind = reader.text("kind");
  node.title = reader.text("title");
  node.undo = reader.text("undo", "");
  node.phase = reader.text("phase");
  node.cell = reader.text("cell", "");
  node.target = reader.text("target");
  node.after = reader.texts("after");
  node.parameters = reader.json("parameters");
  const Json gate = reader.json("gate");
  node.usually = Milliseconds{reader.number("usually_ms")};
  node.undo_usually = Milliseconds{reader.number("undo_usually_ms")};
  const std::string what = "step " + sanitize(node.id);
  if (auto done = reader.finish(); !done) return with_context(done.failure(), what);
  if (gate.is_null()) return node;
  auto policy = parse_gate_policy(gate);
  if (!policy) return with_context(policy.failure(), what);
  node.gate = std::move(*policy);
  return node;
}

/// The step kinds and parameters of a plan must be those of this program; otherwise a step would
/// fail half-way.
Result<void> check_node(const Node& node, const std::vector<const StepKind*>& kinds) {
  const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                 [&](const StepKind* known) { return known->name == node.kind; });
  if (kind == kinds.end())
    return refused("kind", fmt::format("step {} is of the unknown kind '{}'", sanitize(node.id),
                                       sanitize(node.kind)));
  auto step = (*kind)->make(node.parameters);
  if (step) return {};
  Failure failure = with_context(
      step.failure(), fmt::format("step {} ({})", sanitize(node.id), sanitize(node.kind)));
  failure.code = "parameters";
  return failure;
}

Result<void> check_order(const Plan& plan) {
  std::set<std::string> known;
  for (const Node& node : plan.nodes) {
    for (const std::string& before : node.after)
      if (!known.contains(before))
        return refused("order", fmt::format("step {} comes after '{}', which is not before it",
                                            sanitize(node.id), sanitize(before)));
    if (!known.insert(node.id).second)
      return refused("order", fmt::format("two steps are called {}", sanitize(node.id)));
  }
  if (plan.pivot.empty() || known.contains(plan.pivot)) return {};
  return refused("order", fmt::format("the point of no return is the unknown step '{}'",
                                      sanitize(plan.pivot)));
}

std::optional<ReleaseClass> parse_class(const std::string& word) {
  for (const auto candidate :
       {ReleaseClass::image_only, ReleaseClass::code_only, ReleaseClass::expand_only,
        ReleaseClass::contracting, ReleaseClass::major})
    if (to_string(candidate) == word) return candidate;
  return std::nullopt;
}

Result<Plan> parse_members(const Json& value) {
  Parameters reader(value);
  Plan plan;
  reader.text("schema");
  reader.number("format");
  plan.tool = reader.text("tool");
  plan.environment = reader.text("environment");
  plan.environment_path = reader.text("environment_path", "");
  plan.environment_digest = reader.text("environment_digest", "");
  plan.cluster_uid = reader.text("cluster_uid");
  plan.release = reader.text("release");
  plan.release_path = reader.text("release_path", "");
  plan.release_digest = reader.text("release_digest", "");
  plan.image_from = reader.text("image_from");
  plan.image_to = reader.text("image_to");
  plan.image_digest = reader.text("image_digest");
  plan.version_before = reader.text("version_before", "");
  plan.version_after = reader.text("version_after", "");
  const auto release_class = parse_class(reader.text("class"));
  plan.class_reasons = reader.texts("class_reasons");
  const Json facts = reader.json("facts");
  const Json steps = reader.json("steps");
  plan.pivot = reader.text("pivot", "");
  plan.on_failure = reader.text("on_failure");
  const auto created = parse_utc(reader.text("created"));
  const auto expires = parse_utc(reader.text("expires"));
  plan.digest = reader.text("digest");
  if (auto done = reader.finish(); !done) return with_context(done.failure(), "the plan");
  if (!release_class || !created || !expires)
    return refused("format", "the plan's class or times are not readable");
  plan.release_class = *release_class;
  plan.created = *created;
  plan.expires = *expires;
  for (const Json& fact : facts) {
    OSTLER_TRY(Fact parsed, parse_fact(fact));
    plan.facts.push_back(std::move(parsed));
  }
  for (const Json& step : steps) {
    OSTLER_TRY(Node parsed, parse_node(step));
    plan.nodes.push_back(std::move(parsed));
  }
  return plan;
}

}  // namespace

Json to_json(const Plan& plan) {
  Json result = without_digest(plan);
  result["digest"] = plan.digest;
  return result;
}

std::string plan_digest(const Plan& plan) {
  return digest_of(without_digest(plan));
}

Result<Plan> parse_plan(std::string_view text, const std::vector<const StepKind*>& kinds) {
  OSTLER_TRY(Json value, parse_json(text, "the plan", {64u << 20, 64}));
  if (text_at(value, "/schema") != plan_schema)
    return refused("format", "this is not a plan of ostler");
  if (number_at(value, "/format") != Plan::format)
    return refused("format", fmt::format("the plan has format {}, this version reads format {}",
                                         number_at(value, "/format"), Plan::format));
  Json signed_part = value;
  signed_part.erase("digest");
  const std::string found = digest_of(signed_part);
  if (text_at(value, "/digest") != found)
    return refused("digest",
                   fmt::format("the plan was changed: its digest says {}, its content is {}",
                               sanitize(text_at(value, "/digest")), found));
  OSTLER_TRY(Plan plan, parse_members(value));
  OSTLER_CHECK(check_order(plan));
  for (const Node& node : plan.nodes) OSTLER_CHECK(check_node(node, kinds));
  return plan;
}

}  // namespace ostler
