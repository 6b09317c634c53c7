#pragma once

#include "ostler/view/run_lines.hpp"
#include "ostler/view/sink.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ostler {

/// The bytes that redraw a few lines at the bottom of a terminal: up by what was drawn before, each
/// line cleared to its end, nothing above touched. Pure: knows no device.
class LiveRegion {
 public:
  /// From what stands there to `lines` on a terminal of `columns`; empty when nothing changed.
  std::string draw(const std::vector<std::string>& lines, int columns);
  /// Takes the region away, so that text can be written where it stood.
  std::string erase(int columns);

 private:
  int rows(int columns) const;
  std::vector<std::string> drawn_;
  int columns_ = 0;
};

/// A run on a terminal: lines that stay scroll up above one live region. Redraws at most 8 times a
/// second, keeps the clock running between events by a thread of its own, leaves the terminal clean
/// when it ends.
class Terminal final : public Observer {
 public:
  struct Settings {
    Sink durable;                    ///< what stays
    Sink region;                     ///< what is redrawn
    Sink messages;                   ///< warnings and errors
    std::function<int()> columns;    ///< of the region's terminal, asked before each drawing
    std::function<bool()> stopping;  ///< whether an interrupt has been asked for
    Style durable_style, region_style;
    Detail detail = Detail::normal;
    Milliseconds tick{250};  ///< 0: no thread, drawn only with events
  };
  Terminal(Settings settings, Clock& clock);
  ~Terminal() override;

  void on_event(const Event& event) override;
  /// Draws what is due now.
  void tick();
  /// Takes the region away for good.
  void close();

 private:
  void draw(std::unique_lock<std::mutex>& lock);
  Settings settings_;
  Clock& clock_;
  RunView view_;
  LiveRegion region_;
  std::optional<BootTime> last_drawing_;
  bool closed_ = false;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread ticker_;
};

}  // namespace ostler
