// The event stream for machines.
#include "ostler/view/json_lines.hpp"

namespace ostler {

void JsonLines::on_event(const Event& event) {
  sink_(to_bytes(to_json(event)) + '\n');
}

}  // namespace ostler
