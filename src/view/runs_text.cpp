// Status and history: what the folders of the runs tell.
#include "ostler/view/runs_text.hpp"

#include "ostler/base/text.hpp"
#include "ostler/view/table.hpp"

namespace ostler {
namespace {

struct Words {
  Glyph glyph;
  std::string_view text;
};

Words words_of(std::string_view state) {
  if (state == "running") return {Glyph::working, "running"};
  if (state == "interrupted") return {Glyph::warning, "interrupted"};
  if (state == "held") return {Glyph::held, "held"};
  if (state == "stuck") return {Glyph::failed, "stuck"};
  if (state == "released") return {Glyph::ok, "released"};
  if (state == "promoted") return {Glyph::ok, "promoted"};
  if (state == "migrated") return {Glyph::ok, "migrated"};
  if (state == "undone") return {Glyph::back, "rollback"};
  if (state == "abandoned") return {Glyph::skipped, "nothing done"};
  if (state == "rolled_back") return {Glyph::back, "rolled back"};
  return {Glyph::warning, "unreadable"};
}

std::string versions(const RunSummary& run, const Style& style) {
  // After the image's or the databases' phase alone the old version still serves.
  const bool over = run.state == "released" || run.state == "rolled_back" ||
                    run.state == "undone" || run.state == "abandoned" || run.state == "promoted" ||
                    run.state == "migrated";
  if (!over && !run.version_after.empty())
    return fmt::format("{} {} {}", run.version_before, style.arrow(), run.version_after);
  return run.state == "released" ? run.version_after : run.version_before;
}

std::string next_command(const RunSummary& run) {
  if (run.state == "interrupted" || run.state == "held") return "ostler resume " + run.run;
  if (run.state == "stuck" || run.state == "rolled_back") return "ostler why " + run.run;
  return {};
}

std::string state_cell(const RunSummary& run, const Style& style) {
  const Words words = words_of(run.state);
  return fmt::format("{} {}", style.glyph(words.glyph), words.text);
}

std::string note(const RunSummary& run) {
  std::vector<std::string> parts;
  if (!run.undoes.empty()) parts.push_back("undoes " + run.undoes);
  if (!run.reason.empty()) parts.push_back(run.reason);
  if (run.state != "released" && !run.outcome_reason.empty() && run.outcome_reason != run.reason)
    parts.push_back(run.outcome_reason);
  if (run.live) parts.emplace_back("now live");
  if (!run.trouble.empty()) parts.push_back(run.trouble);
  return join(parts, ", ");
}

}  // namespace

std::string status_text(const std::vector<RunSummary>& newest, WallTime now, const Style& style) {
  if (newest.empty()) return "No runs on this machine yet.\n";
  Table table{{{"ENV", Align::left, 0},
               {"STATE", Align::left, 0},
               {"RUN", Align::left, 0},
               {"VERSION", Align::left, 2},
               {"STEP", Align::left, 1},
               {"SINCE", Align::left, 4},
               {"BY", Align::left, 5},
               {"NEXT", Align::left, 3}},
              {},
              ""};
  for (const RunSummary& run : newest) {
    const auto age = std::max(now - run.ended.value_or(run.started), Milliseconds(0));
    table.rows.push_back({run.environment, state_cell(run, style), run.run, versions(run, style),
                          run.step.empty() ? std::string(style.dash()) : run.step,
                          format_duration(age) + " ago",
                          run.holder.empty() ? run.actor : run.holder,
                          run.trouble.empty() ? next_command(run) : run.trouble});
  }
  return table.render(style);
}

std::string status_porcelain(const std::vector<RunSummary>& newest) {
  std::string text;
  for (const RunSummary& run : newest) {
    const auto since = std::chrono::duration_cast<std::chrono::seconds>(
        run.ended.value_or(run.started).time_since_epoch());
    const bool back = run.state == "rolled_back" || run.state == "undone";
    std::string step = run.step.substr(0, run.step.find(' '));
    text += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", run.environment, run.state, run.run,
                        back ? run.version_before : run.version_after, step.empty() ? "-" : step,
                        run.weight, since.count(), run.holder.empty() ? run.actor : run.holder);
  }
  return text;
}

std::string history_text(const std::vector<RunSummary>& runs, WallTime now, const Style& style) {
  if (runs.empty()) return "No runs on this machine yet.\n";
  Table table{{{"RUN", Align::left, 0},
               {fmt::format("WHEN ({})", zone_name(style.zone)), Align::left, 3},
               {"VERSION", Align::left, 0},
               {"OUTCOME", Align::left, 0},
               {"TOOK", Align::right, 4},
               {"BY", Align::left, 5},
               {"NOTE", Align::left, 2}},
              {},
              ""};
  for (const RunSummary& run : runs)
    table.rows.push_back({run.run, format_day(run.started, now, style.zone), versions(run, style),
                          state_cell(run, style),
                          run.ended ? format_duration(*run.ended - run.started) : "", run.actor,
                          note(run)});
  return table.render(style);
}

Json to_json(const RunSummary& run) {
  Json value{{"run", run.run},
             {"environment", run.environment},
             {"state", run.state},
             {"release", run.release},
             {"version_before", run.version_before},
             {"version_after", run.version_after},
             {"plan", run.plan_digest},
             {"command", run.command},
             {"actor", run.actor},
             {"reason", run.reason},
             {"started", format_utc(run.started)},
             {"live", run.live}};
  if (run.ended) {
    value["ended"] = format_utc(*run.ended);
    value["took_ms"] = (*run.ended - run.started).count();
  }
  if (!run.undoes.empty()) value["undoes"] = run.undoes;
  if (!run.step.empty()) value["step"] = run.step;
  if (run.weight > 0) value["weight"] = run.weight;
  if (!run.holder.empty()) value["holder"] = run.holder;
  if (!run.outcome_reason.empty()) value["outcome_reason"] = run.outcome_reason;
  if (!run.trouble.empty()) value["trouble"] = run.trouble;
  return value;
}

}  // namespace ostler
