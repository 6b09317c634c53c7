#pragma once

#include "ostler/view/run_view.hpp"
#include "ostler/view/style.hpp"

#include <string>
#include <vector>

namespace ostler {

enum class Detail { quiet, normal, verbose };

/// What a terminal keeps of an event: lines with line feeds, or nothing. `view` has seen the event
/// already.
std::string durable_lines(const Event& event, const RunView& view, const Style& style,
                          Detail detail);

/// The same event in a log without a terminal: "2026-11-24T09:24:32Z [S4] canary 5 %: start", or
/// nothing. Progress and samples give a line too; whoever prints decides how often.
std::string log_line(const Event& event, const RunView& view);

/// What a user's interrupt would meet now.
enum class Interrupt { none, requested };

/// The region that is redrawn while a run goes on, at most 8 lines, none longer than the style's
/// width.
std::vector<std::string> live_lines(const RunView& view, WallTime now, Interrupt interrupt,
                                    const Style& style);

/// The last words of a run, from the data of its result event: what is true now, why, the next
/// command.
std::string closing_text(const Json& result, const RunView& view, const Style& style);

}  // namespace ostler
