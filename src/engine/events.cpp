// The event stream: numbering, redaction, distribution.
#include "ostler/engine/events.hpp"

namespace ostler {
Json to_json(const Event& event) {
  Json object = event.data;
  object["type"] = event.type;
  object["ts"] = format_utc(event.time);
  object["seq"] = event.seq;
  if (!event.run.empty()) object["run"] = event.run;
  return object;
}

void EventStream::emit(std::string type, Json data) {
  redact_texts(data);
  const std::lock_guard lock(mutex_);
  const Event event{std::move(type), clock_.wall(), seq_++, run_, std::move(data)};
  for (Observer* observer : observers_) observer->on_event(event);
}

}  // namespace ostler
