// ostler check: reads the files and reports every mistake; no network.
#include "session.hpp"

#include "ostler/base/text.hpp"
#include "ostler/view/values.hpp"

namespace ostler {

CommandEnd run_check(Context& context) {
  const Invocation& invocation = context.invocation;
  std::optional<Environment> environment;
  std::optional<Failure> problem;
  if (!invocation.environment.empty()) {
    Result<Environment> loaded = load_environment(context, invocation.environment);
    if (loaded)
      environment = std::move(*loaded);
    else
      problem = loaded.failure();
  }
  // Both files are read before the command gives up, so that all mistakes are seen at once.
  const Result<Release> release =
      load_release(context, invocation.argument(0), environment ? &*environment : nullptr);
  if (!problem && !release) problem = release.failure();
  if (problem) return failed(*problem);
  std::string text = fmt::format("{}: ok: release {}, {}, {}\n", release->path, release->name,
                                 counted(release->migrations.size(), "migration"),
                                 counted(release->modules.size(), "module"));
  if (environment)
    text += fmt::format("{}: ok: environment {}, {}, {}\n", environment->path, environment->name,
                        counted(environment->cells.size(), "cell"),
                        counted(environment->indicators.size(), "indicator"));
  context.console.print(text);
  CommandEnd end;
  end.document = {
      {"release", {{"path", release->path}, {"name", release->name}, {"digest", release->digest}}}};
  if (environment)
    end.document["environment"] = {
        {"path", environment->path}, {"name", environment->name}, {"digest", environment->digest}};
  return end;
}

}  // namespace ostler
