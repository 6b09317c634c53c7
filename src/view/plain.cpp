// The log form of a run, for CI and files.
#include "ostler/view/plain.hpp"

namespace ostler {

Plain::Plain(Sink lines, Sink messages, Milliseconds interval, Detail detail)
    : lines_(std::move(lines)),
      messages_(std::move(messages)),
      interval_(interval),
      detail_(detail) {}

// Whether a heartbeat may speak: long enough after the last line of the same step.
bool Plain::due(const Event& event) {
  if (interval_.count() <= 0 || detail_ == Detail::quiet) return false;
  // A gate with several indicators sends one sample each; the line shows all, so it waits for the
  // last of them.
  if (event.type == "gate.sample" && !view_.indicators.empty() &&
      view_.indicators.back().name != text_at(event.data, "/indicator"))
    return false;
  const auto spoken = spoken_.find(text_at(event.data, "/step"));
  return spoken == spoken_.end() || event.time - spoken->second >= interval_;
}

void Plain::on_event(const Event& event) {
  update(view_, event);
  if (event.type == "message") {
    messages_(message_text(event.data, {}, detail_));
    return;
  }
  const bool heartbeat = event.type == "step.progress" || event.type == "gate.sample";
  if (heartbeat && !due(event)) return;
  if (event.type == "step.note" && detail_ == Detail::quiet) return;
  const std::string line = log_line(event, view_);
  if (line.empty()) return;
  lines_(line);
  const std::string step = text_at(event.data, "/step");
  if (!step.empty()) spoken_[step] = event.time;
}

std::string message_text(const Json& data, const Style& style, Detail detail) {
  const std::string level = text_at(data, "/level", "info");
  if (level == "info" && detail == Detail::quiet) return {};
  std::string text;
  if (level == "error") text = "ostler: " + style.paint(Colour::red, "error:") + " ";
  if (level == "warning") text = "ostler: " + style.paint(Colour::yellow, "warning:") + " ";
  text += text_at(data, "/text") + "\n";
  const std::string hint = text_at(data, "/hint");
  if (!hint.empty()) text += "hint: " + hint + "\n";
  return text;
}

}  // namespace ostler
