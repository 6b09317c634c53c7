// What a command says, and where it goes.
#include "console.hpp"

#include "pager.hpp"

#include "ostler/base/secret.hpp"
#include "ostler/base/text.hpp"
#include "ostler/view/json_lines.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ostler {
namespace {

Device device_of(int descriptor) {
  return isatty(descriptor) != 0 ? Device::terminal : Device::other;
}

bool is_regular_file(int descriptor) {
  struct stat status {};
  return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

int columns_variable(const Variables& variables) {
  const auto value = variables("COLUMNS");
  if (!value || value->empty() || value->size() > 4 ||
      value->find_first_not_of("0123456789") != std::string::npos)
    return 80;
  return std::max(std::stoi(*value), 20);
}

Style style_of(int descriptor, const Invocation& invocation, const Variables& variables) {
  Style style;
  const Device device = device_of(descriptor);
  style.colouring = decide_colouring(invocation.colour, variables, device);
  style.charset = decide_charset(variables);
  style.zone = invocation.zone;
  if (device == Device::terminal)
    style.width = terminal_columns(descriptor, columns_variable(variables));
  return style;
}

std::optional<int> descriptor_number(const std::string& target) {
  if (!target.starts_with("fd:")) return std::nullopt;
  const std::string digits = target.substr(3);
  if (digits.empty() || digits.size() > 4 ||
      digits.find_first_not_of("0123456789") != std::string::npos)
    return -1;
  return std::stoi(digits);
}

Json result_of(const CommandEnd& end) {
  Json result{{"outcome", end.outcome.empty() ? std::string(name_of(end.code)) : end.outcome},
              {"exit_code", static_cast<int>(end.code)},
              {"next", end.next}};
  if (!end.summary.empty()) result["summary"] = end.summary;
  if (!end.world.empty()) result["world"] = end.world;
  if (!end.reason.empty()) result["reason"] = end.reason;
  if (!end.leftovers.empty()) result["leftovers"] = end.leftovers;
  if (end.failure) {
    result["error"] = {{"kind", to_string(end.failure->kind)}, {"message", end.failure->message}};
    if (!end.failure->hint.empty()) result["error"]["hint"] = end.failure->hint;
    if (!end.failure->code.empty()) result["error"]["code"] = end.failure->code;
  }
  return result;
}

}  // namespace

CommandEnd failed(Failure failure) {
  CommandEnd end;
  end.code = exit_code_of(failure);
  end.world = "unchanged";
  end.failure = std::move(failure);
  return end;
}

Console::Console(const Invocation& invocation, Variables variables, Clock& clock,
                 const Signals& signals)
    : invocation_(invocation),
      variables_(std::move(variables)),
      clock_(clock),
      signals_(signals),
      out_(descriptor_sink(STDOUT_FILENO)),
      messages_(descriptor_sink(STDERR_FILENO)),
      out_style_(style_of(STDOUT_FILENO, invocation, variables_)),
      message_style_(style_of(STDERR_FILENO, invocation, variables_)),
      events_(clock) {
  events_.add(*this);
}

Console::~Console() {
  view_.reset();
  for (const int descriptor : descriptors_) close(descriptor);
}

Detail Console::detail() const {
  if (invocation_.quiet) return Detail::quiet;
  return invocation_.verbosity > 0 ? Detail::verbose : Detail::normal;
}

void Console::print(std::string_view text) {
  if (text_wanted()) out_(redact(text));
}

void Console::page(std::string_view text) {
  if (!text_wanted()) return;
  const bool wanted = !invocation_.no_pager && device_of(STDOUT_FILENO) == Device::terminal;
  if (!wanted || !show_in_pager(redact(text), variables_)) print(text);
}

void Console::note(std::string_view text) {
  if (text_wanted() && !invocation_.quiet) messages_(redact(text));
}

void Console::warn(const std::string& text, const std::string& hint) {
  events_.emit("message", {{"level", "warning"}, {"text", text}, {"hint", hint}});
}

void Console::fail(const Failure& failure) {
  events_.emit("message", {{"level", "error"}, {"text", failure.message}, {"hint", failure.hint}});
}

void Console::show(Diagnostics& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    messages_(redact(render(diagnostic)));
    events_.emit("diagnostic",
                 {{"severity", diagnostic.severity == Severity::error ? "error" : "warning"},
                  {"place",
                   {{"file", diagnostic.place.file},
                    {"line", diagnostic.place.line},
                    {"column", diagnostic.place.column}}},
                  {"message", diagnostic.message},
                  {"hints", diagnostic.hints}});
  }
}

Result<void> Console::open_targets() {
  const auto add = [this](int descriptor) {
    observers_.push_back(std::make_unique<JsonLines>(descriptor_sink(descriptor)));
    events_.add(*observers_.back());
  };
  std::optional<Failure> problem;
  if (invocation_.output == Output::json_lines) add(STDOUT_FILENO);
  for (const std::string& target : invocation_.json_into) {
    if (target == "-") {
      add(STDOUT_FILENO);
      continue;
    }
    if (const auto number = descriptor_number(target)) {
      if (*number < 0 || fcntl(*number, F_GETFD) < 0)
        problem =
            Failure{FailureKind::refused,
                    fmt::format("--json-into: '{}' is not an open descriptor", sanitize(target)),
                    "Open it in the shell, for example with 3>events.jsonl.", "usage"};
      else
        add(*number);
      continue;
    }
    const int descriptor = open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) {
      problem = Failure{
          FailureKind::refused,
          fmt::format("--json-into: cannot write {}: {}", sanitize(target), std::strerror(errno)),
          "Name a file in a folder that you may write.", "usage"};
      continue;
    }
    descriptors_.push_back(descriptor);
    add(descriptor);
  }
  events_.emit("version",
               {{"schema", "ostler.events"}, {"v", "1.0"}, {"tool", "ostler " OSTLER_VERSION}});
  if (problem) return *problem;
  return {};
}

void Console::keep_events(const std::string& path) {
  const int descriptor =
      open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return warn(fmt::format("{}: cannot write: {}", path, std::strerror(errno)));
  events_path_ = path;
  descriptors_.push_back(descriptor);
  auto lines = std::make_unique<JsonLines>(descriptor_sink(descriptor));
  Event version;
  version.type = "version";
  version.time = clock_.wall();
  version.data = {{"schema", "ostler.events"}, {"v", "1.0"}, {"tool", "ostler " OSTLER_VERSION}};
  lines->on_event(version);
  events_.add(*lines);
  observers_.push_back(std::move(lines));
}

void Console::begin_view() {
  if (view_ || !text_wanted() || invocation_.progress == Progress::none) return;
  const bool redraw =
      may_redraw(variables_, device_of(STDERR_FILENO)) && !invocation_.calm &&
      (device_of(STDOUT_FILENO) == Device::terminal || is_regular_file(STDOUT_FILENO));
  if (invocation_.progress == Progress::terminal ||
      (invocation_.progress == Progress::automatic && redraw)) {
    Terminal::Settings settings;
    settings.durable = out_;
    settings.region = settings.messages = messages_;
    const int otherwise = columns_variable(variables_);
    settings.columns = [otherwise] { return terminal_columns(STDERR_FILENO, otherwise); };
    settings.stopping = [this] { return signals_.stop().requested(); };
    settings.durable_style = out_style_;
    settings.region_style = message_style_;
    settings.detail = detail();
    view_ = std::make_unique<Terminal>(std::move(settings), clock_);
  } else {
    view_ = std::make_unique<Plain>(out_, messages_, invocation_.progress_interval, detail());
  }
}

void Console::finish(const CommandEnd& end) {
  if (std::exchange(finished_, true)) return;
  if (end.failure) fail(*end.failure);
  const Json result = result_of(end);
  events_.emit("result", result);
  view_.reset();
  if (invocation_.output != Output::json) return;
  Json document = end.document.is_object() ? end.document : Json::object();
  document["result"] = result;
  out_(redact(document.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n");
}

bool Console::can_ask() const {
  const auto ci = variables_("CI");
  const bool in_ci = ci && !ci->empty() && *ci != "0" && *ci != "false";
  return !invocation_.no_input && !in_ci && isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
}

std::optional<std::string> Console::ask(const std::string& question) {
  messages_(question);
  std::string line;
  for (;;) {
    pollfd waiting[2] = {{STDIN_FILENO, POLLIN, 0}, {signals_.stop().descriptor(), POLLIN, 0}};
    if (poll(waiting, 2, -1) < 0 && errno != EINTR) return std::nullopt;
    if (signals_.stop().requested()) {
      messages_("\n");
      return std::nullopt;
    }
    if ((waiting[0].revents & (POLLIN | POLLHUP)) == 0) continue;
    char byte = 0;
    if (read(STDIN_FILENO, &byte, 1) != 1) return std::nullopt;
    if (byte == '\n') return trim(line);
    if (line.size() < 256) line += byte;
  }
}

void Console::on_event(const Event& event) {
  if (view_) return view_->on_event(event);
  if (event.type == "message") messages_(message_text(event.data, message_style_, detail()));
  if (event.type == "result" && text_wanted()) {
    // Without a view, what must be said still is: a run's last words, not the log of it.
    out_(closing_text(event.data, {}, out_style_));
  }
}

}  // namespace ostler
