#pragma once

#include "ostler/base/clock.hpp"

#include <string>

namespace ostler {

/// What SIGINT, SIGTERM and SIGHUP do. While only looking, the first one ends everything. During a
/// run the first one asks to stop after the running step; the second one (or 5 s after SIGTERM or
/// SIGHUP) abandons that step too; the third one, or 2 s more, leaves the process without another
/// word. One object in a process: handlers know no other way to it.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// Asks to stop at the next safe point.
  const Cancellation& stop() const { return stop_; }
  /// Asks to leave whatever is being waited for.
  const Cancellation& abandon() const { return abandon_; }

  void begin_run();
  void end_run();
  /// SIGINT does nothing any more: a command of ours has the terminal, and gets it by itself.
  void leave_interrupts_alone();
  /// From now on leaving at once exits with 22 instead of 130 or 143.
  void note_change();
  /// Written to standard error when the process leaves at once.
  void set_parting_words(const std::string& words);
  /// The first signal that came, or 0.
  int received() const;

 private:
  Cancellation stop_, abandon_;
};

/// Limits what a crash or another process could read (no core files, no ptrace by the same user),
/// unless OSTLER_DEBUG_CORE is set; ends with the shell that started us when no terminal would tell
/// us.
void protect_process();

}  // namespace ostler
