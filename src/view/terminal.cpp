// A run on a terminal: durable lines above, one live region below.
#include "ostler/view/terminal.hpp"

#include "ostler/view/plain.hpp"

namespace ostler {
namespace {

constexpr Milliseconds between_drawings{125};

}  // namespace

Terminal::Terminal(Settings settings, Clock& clock)
    : settings_(std::move(settings)), clock_(clock) {
  if (settings_.tick.count() == 0) return;
  ticker_ = std::jthread([this](std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      wake_.wait_for(lock, stop, settings_.tick, [] { return false; });
      draw(lock);
    }
  });
}

Terminal::~Terminal() {
  close();
}

void Terminal::on_event(const Event& event) {
  std::unique_lock lock(mutex_);
  update(view_, event);
  const bool message = event.type == "message";
  const std::string text =
      message ? message_text(event.data, settings_.region_style, settings_.detail)
              : durable_lines(event, view_, settings_.durable_style, settings_.detail);
  if (!text.empty()) {
    settings_.region(region_.erase(settings_.columns()));
    (message ? settings_.messages : settings_.durable)(text);
    last_drawing_.reset();
  }
  draw(lock);
}

void Terminal::tick() {
  std::unique_lock lock(mutex_);
  draw(lock);
}

void Terminal::close() {
  if (ticker_.joinable()) {
    ticker_.request_stop();
    ticker_.join();
  }
  std::unique_lock lock(mutex_);
  if (closed_) return;
  closed_ = true;
  settings_.region(region_.erase(settings_.columns()));
}

void Terminal::draw(std::unique_lock<std::mutex>&) {
  if (closed_) return;
  const BootTime now = clock_.boot();
  if (last_drawing_ && now - *last_drawing_ < between_drawings) return;
  const int columns = settings_.columns();
  Style style = settings_.region_style;
  style.width = std::max(columns - 1, 20);
  const Interrupt interrupt = settings_.stopping() ? Interrupt::requested : Interrupt::none;
  const std::string bytes =
      region_.draw(live_lines(view_, clock_.wall(), interrupt, style), columns);
  if (!bytes.empty()) settings_.region(bytes);
  last_drawing_ = now;
}

}  // namespace ostler
