// The event stream: numbering, redaction, distribution.
#include "ostler/engine/events.hpp"

#include "ostler/base/secret.hpp"

namespace ostler {
namespace {

/// Redacts every text inside `value`, names excepted.
void redact_texts(Json& value) {
  if (value.is_string()) {
    value = redact(value.get_ref<const std::string&>());
  } else if (value.is_structured()) {
    for (Json& member : value) redact_texts(member);
  }
}

}  // namespace

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
