// What a plan tells about itself: lookups, estimates, and what has changed since its facts were
// taken.
#include "ostler/model/plan.hpp"

#include <set>

namespace ostler {

namespace {

/// Long values (a pod template, a list of tenants) would bury the difference.
std::string shortened(const std::string& value) {
  constexpr std::size_t longest = 160;
  return value.size() <= longest ? value : value.substr(0, longest) + "…";
}

const Fact* find_fact(const std::vector<Fact>& facts, const Fact& wanted) {
  for (const Fact& fact : facts)
    if (fact.subject == wanted.subject && fact.name == wanted.name) return &fact;
  return nullptr;
}

}  // namespace

std::string_view to_string(ReleaseClass release_class) {
  switch (release_class) {
    case ReleaseClass::image_only:
      return "M0";
    case ReleaseClass::code_only:
      return "M1";
    case ReleaseClass::expand_only:
      return "M2a";
    case ReleaseClass::contracting:
      return "M2b";
    case ReleaseClass::major:
      return "M3";
  }
  return "M3";
}

std::string_view describe(ReleaseClass release_class) {
  switch (release_class) {
    case ReleaseClass::image_only:
      return "image only";
    case ReleaseClass::code_only:
      return "code only";
    case ReleaseClass::expand_only:
      return "expand only";
    case ReleaseClass::contracting:
      return "contracting";
    case ReleaseClass::major:
      return "major";
  }
  return "major";
}

const Node* Plan::node(std::string_view id) const {
  for (const Node& candidate : nodes)
    if (candidate.id == id) return &candidate;
  return nullptr;
}

Milliseconds Plan::forward_usually() const {
  Milliseconds sum{0};
  for (const Node& step : nodes)
    sum += step.usually + (step.gate ? step.gate->hold : Milliseconds{0});
  return sum;
}

Milliseconds Plan::undo_usually() const {
  Milliseconds sum{0};
  std::set<std::string> targets;  // a target is undone once, through its earliest step
  for (const Node& step : nodes)
    if (targets.insert(step.target).second) sum += step.undo_usually;
  return sum;
}

std::vector<std::string> compare_facts(const std::vector<Fact>& planned,
                                       const std::vector<Fact>& now) {
  std::vector<std::string> differences;
  for (const Fact& was : planned) {
    const Fact* is = find_fact(now, was);
    if (is && is->value == was.value) continue;
    differences.push_back(fmt::format("{}: {} was {}, is now {}", was.subject, was.name,
                                      shortened(was.value), is ? shortened(is->value) : "gone"));
  }
  for (const Fact& is : now)
    if (!find_fact(planned, is))
      differences.push_back(
          fmt::format("{}: {} was absent, is now {}", is.subject, is.name, shortened(is.value)));
  return differences;
}

}  // namespace ostler
