// ostler kinds: what steps, checks and indicators there are.
#include "context.hpp"

#include "ostler/base/text.hpp"
#include "ostler/view/kinds_text.hpp"

namespace ostler {

CommandEnd run_kinds(Context& context) {
  const std::string wanted = context.invocation.argument(0);
  const Style& style = context.console.style();
  Json list = Json::array();
  std::vector<std::string> names;
  std::string text;
  const auto add = [&](const auto& kinds) {
    for (const auto* kind : kinds) {
      names.emplace_back(kind->name);
      if (!wanted.empty() && wanted != kind->name) continue;
      list.push_back(to_json(*kind));
      if (!wanted.empty()) text += kind_text(*kind, style);
    }
  };
  add(step_kinds());
  add(check_kinds());
  add(indicator_kinds());
  if (list.empty() && !wanted.empty()) {
    const auto near = nearest(wanted, names);
    return failed({FailureKind::refused, fmt::format("there is no kind '{}'", sanitize(wanted)),
                   near ? fmt::format("Did you mean '{}'?", *near) : "ostler kinds lists them.",
                   "usage"});
  }
  if (wanted.empty()) text = kinds_text(step_kinds(), check_kinds(), indicator_kinds(), style);
  context.console.print(text);
  CommandEnd end;
  end.document = {{"kinds", list}};
  return end;
}

}  // namespace ostler
