#pragma once

#include "ostler/view/run_lines.hpp"
#include "ostler/view/sink.hpp"

#include <map>

namespace ostler {

/// A run without a terminal: one line per change of state, and at most one per `interval` about
/// what a step or a gate waits for (0: none). Errors and warnings go to `messages`.
class Plain final : public Observer {
 public:
  Plain(Sink lines, Sink messages, Milliseconds interval, Detail detail);
  void on_event(const Event& event) override;

 private:
  bool due(const Event& event);

  Sink lines_, messages_;
  Milliseconds interval_;
  Detail detail_;
  RunView view_;
  std::map<std::string, WallTime> spoken_;  ///< when each step last gave a line
};

/// "ostler: warning: ..." with its hint, as a message event asks; empty for what `detail` leaves
/// out.
std::string message_text(const Json& data, const Style& style, Detail detail);

}  // namespace ostler
