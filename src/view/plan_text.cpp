// A plan, and its way back, for people.
#include "ostler/view/plan_text.hpp"

#include "ostler/base/text.hpp"
#include "ostler/view/table.hpp"
#include "ostler/view/values.hpp"

namespace ostler {
namespace {

std::string gate_text(const Node& node) {
  return node.gate ? fmt::format("  gate {}", format_duration(node.gate->hold)) : std::string();
}

std::string usually_text(const Node& node) {
  const Milliseconds whole = node.usually + (node.gate ? node.gate->hold : Milliseconds(0));
  return whole.count() > 0 ? format_duration(whole) : std::string();
}

std::string headline(const Plan& plan, const Style& style) {
  std::string text =
      fmt::format("Plan {}{}{}", style.paint(Colour::bold, short_digest(plan.digest)), style.dot(),
                  plan.environment);
  text += fmt::format("{}release {}{}{} {} {}\n", style.dot(), plan.release, style.dot(),
                      plan.version_before, style.arrow(), plan.version_after);
  text += fmt::format("  image   {} {} {}\n", short_reference(plan.image_from, style),
                      style.arrow(), short_reference(plan.image_to, style));
  text +=
      fmt::format("  class   {} {}\n", to_string(plan.release_class), describe(plan.release_class));
  constexpr std::size_t shown = 4;
  const std::string indent(10, ' ');
  for (std::size_t at = 0; at < std::min(plan.class_reasons.size(), shown); ++at)
    text += indent +
            replace_all(wrap(plan.class_reasons[at], style.width > 0 ? style.width - 10 : 0, ""),
                        "\n", "\n" + indent) +
            '\n';
  if (plan.class_reasons.size() > shown)
    text += fmt::format("          and {} more\n",
                        counted(plan.class_reasons.size() - shown, "reason"));
  return text + '\n';
}

// The table of steps, as blocks above and below the pivot.
std::string steps_text(const Plan& plan, const Style& style) {
  Table table{{{"id", Align::left, 0},
               {"step", Align::left, 0, 30},
               {"undo", Align::left, 1, 22},
               {"usually", Align::right, 2},
               {"undo takes", Align::right, 3}},
              {},
              "  "};
  std::size_t pivot_row = plan.nodes.size();
  for (std::size_t at = 0; at < plan.nodes.size(); ++at) {
    const Node& node = plan.nodes[at];
    if (node.id == plan.pivot) pivot_row = at;
    table.rows.push_back({node.id, node.title + gate_text(node), node.undo, usually_text(node),
                          node.undo_usually.count() > 0 ? format_duration(node.undo_usually) : ""});
  }
  std::string text = table.render(style);
  if (pivot_row == plan.nodes.size()) return text;
  std::size_t at = 0;
  for (std::size_t line = 0; line <= pivot_row; ++line) at = text.find('\n', at) + 1;
  const std::string words = " point of no return: below this line undo loses data written since ";
  text.insert(at, "  " + style.paint(Colour::red, style.rule(3) + words + style.rule(3)) + '\n');
  return text;
}

std::string footer(const Plan& plan, WallTime now, const Style& style) {
  std::string text = fmt::format("\n  Usually {} forward, {} back. On failure: {}.\n",
                                 format_duration(plan.forward_usually()),
                                 format_duration(plan.undo_usually()), plan.on_failure);
  text += plan.pivot.empty() ? "  Point of no return: none, every step can be undone.\n"
                             : fmt::format("  Point of no return: {}.\n", plan.pivot);
  const std::string until =
      fmt::format("{} {}", format_time(plan.expires, style.zone), zone_name(style.zone));
  text += now < plan.expires ? fmt::format("  Valid until {} ({} more).\n", until,
                                           format_duration(plan.expires - now))
                             : fmt::format("  {} it was valid until {}.\n",
                                           style.paint(Colour::red, "Expired:"), until);
  return text;
}

}  // namespace

std::string plan_text(const Plan& plan, PlanDetail detail, WallTime now, const Style& style) {
  std::string text = headline(plan, style);
  if (plan.nodes.empty()) return text + "  Nothing to do.\n";
  text += steps_text(plan, style) + footer(plan, now, style);
  if (detail == PlanDetail::table) return text;
  for (const Node& node : plan.nodes) {
    text +=
        fmt::format("\n{}  {}  {}\n", style.paint(Colour::bold, node.id), node.kind, node.title);
    text += fmt::format("  target  {}\n  after   {}\n", node.target,
                        node.after.empty() ? "nothing" : join(node.after, ", "));
    for (const auto& [name, value] : node.parameters.items())
      text += fmt::format("  {}  {}\n", name,
                          value.is_string() ? value.get<std::string>() : to_bytes(value));
  }
  text += "\nFacts the plan rests on\n";
  for (const Fact& fact : plan.facts)
    text += fmt::format("  {}: {} is {}\n", fact.subject, fact.name, fact.value);
  return text;
}

std::string undo_text(const Plan& plan, const std::vector<Undo>& undos, const Style& style) {
  if (undos.empty()) return "  Nothing to undo.\n";
  Table table{{{"", Align::right, 0},
               {"step", Align::left, 0},
               {"what", Align::left, 0, 22},
               {"target", Align::left, 2, 22},
               {"usually", Align::right, 1}},
              {},
              "  "};
  for (std::size_t at = 0; at < undos.size(); ++at) {
    const Node* node = plan.node(undos[at].step);
    if (node == nullptr) continue;
    std::vector<std::string> ids = undos[at].covers;
    ids.push_back(undos[at].step);
    table.rows.push_back(
        {std::to_string(at + 1), join(ids, ", "), node->undo, node->target,
         node->undo_usually.count() > 0 ? format_duration(node->undo_usually) : ""});
  }
  return table.render(style);
}

Json undo_json(const Plan& plan, const std::vector<Undo>& undos) {
  Json list = Json::array();
  for (const Undo& undo : undos) {
    const Node* node = plan.node(undo.step);
    if (node == nullptr) continue;
    list.push_back({{"step", undo.step},
                    {"covers", undo.covers},
                    {"undo", node->undo},
                    {"target", node->target},
                    {"traffic", undo.traffic},
                    {"usually_ms", node->undo_usually.count()}});
  }
  return list;
}

}  // namespace ostler
