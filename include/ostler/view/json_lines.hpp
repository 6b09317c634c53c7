#pragma once

#include "ostler/engine/events.hpp"
#include "ostler/view/sink.hpp"

namespace ostler {

/// Every event as one JSON object a line (manual: ostler-events(5)).
class JsonLines final : public Observer {
 public:
  explicit JsonLines(Sink sink) : sink_(std::move(sink)) {}
  void on_event(const Event& event) override;

 private:
  Sink sink_;
};

}  // namespace ostler
