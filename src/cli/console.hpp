#pragma once

#include "signals.hpp"

#include "ostler/base/diagnostic.hpp"
#include "ostler/cli/exit_code.hpp"
#include "ostler/cli/invocation.hpp"
#include "ostler/engine/events.hpp"
#include "ostler/view/plain.hpp"
#include "ostler/view/terminal.hpp"

#include <memory>
#include <vector>

namespace ostler {

/// How a command ended: what the result event says, and the document of --json.
struct CommandEnd {
  ExitCode code = ExitCode::ok;
  std::string outcome;  ///< empty: the exit code's name
  std::string summary;  ///< one sentence for people: what is true now; or empty
  std::string world;    ///< before, after, mixed, unchanged; or empty
  std::string reason;
  std::vector<std::string> next, leftovers;
  std::optional<Failure> failure;
  Json document;  ///< what --json prints besides the result, or null
};

/// An end for a failure before anything was changed.
CommandEnd failed(Failure failure);

/// Everything that a command says, to whom it may concern: results to standard output, messages to
/// standard error, events to the views and files that were asked for.
class Console final : public Observer {
 public:
  Console(const Invocation& invocation, Variables variables, Clock& clock, const Signals& signals);
  ~Console() override;

  EventStream& events() { return events_; }
  /// Style of standard output, and of standard error.
  const Style& style() const { return out_style_; }
  const Style& message_style() const { return message_style_; }
  bool text_wanted() const { return invocation_.output == Output::text; }

  /// A result for people; nothing when a machine's format was asked for.
  void print(std::string_view text);
  /// The same through a pager, where there is one and a terminal.
  void page(std::string_view text);
  /// Progress for people; not with --quiet or a machine's format.
  void note(std::string_view text);
  void warn(const std::string& text, const std::string& hint = "");
  void fail(const Failure& failure);
  void show(Diagnostics& diagnostics);

  /// Opens the files of --json-into and says `version`. A failure is a usage error.
  Result<void> open_targets();
  /// Keeps a copy of everything said from now on in a run's folder, behind what earlier processes
  /// said there.
  void keep_events(const std::string& path);
  /// Where that copy is; empty: there is none.
  const std::string& events_path() const { return events_path_; }
  /// Starts the picture of a run or a preflight, as --progress and the terminal allow.
  void begin_view();
  /// The last event and, with --json, the document.
  void finish(const CommandEnd& end);

  /// Whether a question can be asked and answered.
  bool can_ask() const;
  /// Writes `question` and reads a line; nothing when it was interrupted or the input ended.
  std::optional<std::string> ask(const std::string& question);

  void on_event(const Event& event) override;

 private:
  Detail detail() const;
  const Invocation& invocation_;
  Variables variables_;
  Clock& clock_;
  const Signals& signals_;
  Sink out_, messages_;
  Style out_style_, message_style_;
  EventStream events_;
  std::vector<std::unique_ptr<Observer>> observers_;
  std::unique_ptr<Observer> view_;
  std::vector<int> descriptors_;
  std::string events_path_;
  bool finished_ = false;
};

}  // namespace ostler
