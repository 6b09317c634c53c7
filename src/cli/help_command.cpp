// ostler help and ostler --version.
#include "context.hpp"

#include "ostler/base/text.hpp"

namespace ostler {

CommandEnd run_help(Context& context) {
  const std::string topic = context.invocation.argument(0);
  const auto text = help_text(topic, context.console.style());
  if (!text) {
    std::vector<std::string> topics{"flags", "exit-codes"};
    for (const CommandSpec& spec : command_specs()) topics.emplace_back(spec.name);
    const auto near = nearest(topic, topics);
    return failed(
        {FailureKind::refused, fmt::format("there is no help for '{}'", sanitize(topic)),
         near ? fmt::format("Did you mean '{}'?", *near) : "Type ostler --help for the commands.",
         "usage"});
  }
  context.console.print(*text);
  CommandEnd end;
  end.document = {{"help", *text}};
  return end;
}

CommandEnd run_version(Context& context) {
  context.console.print("ostler " OSTLER_VERSION "\n");
  CommandEnd end;
  end.document = {
      {"name", "ostler"}, {"version", OSTLER_VERSION}, {"events", "1.0"}, {"plan", Plan::format}};
  return end;
}

}  // namespace ostler
