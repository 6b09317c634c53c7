// The live region against a small model of a terminal: only the lowest lines change, and they end
// clean.
#include "ostler/view/terminal.hpp"

#include "run_fixture.hpp"

#include "ostler/base/text.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

// A terminal that knows what LiveRegion may use: text, line feed, carriage return, cursor up, clear
// to the end of the line or screen. Anything else fails the test.
class Screen {
 public:
  explicit Screen(int columns) : columns_(columns) {}
  void put(std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
      if (bytes[at] == '\x1b') {
        const std::size_t end = bytes.find_first_of("AKJm", at);
        REQUIRE(end != std::string_view::npos);
        const std::string body(bytes.substr(at + 2, end - at - 2));
        if (bytes[end] == 'A') row_ -= std::stoul(body);
        if (bytes[end] == 'K') line().resize(std::min(line().size(), column_));
        if (bytes[end] == 'J') {
          line().resize(std::min(line().size(), column_));
          lines_.resize(row_ + 1);
        }
        at = end + 1;
      } else if (bytes[at] == '\n') {
        ++row_;
        column_ = 0;
        line();
        ++at;
      } else if (bytes[at] == '\r') {
        column_ = 0;
        ++at;
      } else {
        if (column_ == static_cast<std::size_t>(columns_)) {
          ++row_;
          column_ = 0;
        }
        std::string& text = line();
        if (text.size() <= column_) text.resize(column_ + 1, ' ');
        text[column_++] = bytes[at++];
      }
    }
  }
  std::vector<std::string> lines() const { return lines_; }

 private:
  std::string& line() {
    if (lines_.size() <= row_) lines_.resize(row_ + 1);
    return lines_[row_];
  }
  int columns_;
  std::vector<std::string> lines_{""};
  std::size_t row_ = 0, column_ = 0;
};

}  // namespace

TEST_CASE("live region: redraws its own lines and nothing above", "[view]") {
  Screen screen(40);
  LiveRegion region;
  screen.put("kept\n");
  screen.put(region.draw({"one", "two"}, 40));
  CHECK(screen.lines() == std::vector<std::string>{"kept", "one", "two", ""});
  CHECK(region.draw({"one", "two"}, 40).empty());
  screen.put(region.draw({"1"}, 40));
  CHECK(screen.lines() == std::vector<std::string>{"kept", "1", ""});
  screen.put(region.erase(40));
  CHECK(screen.lines() == std::vector<std::string>{"kept", ""});
  CHECK(region.erase(40).empty());
}

TEST_CASE("live region: a terminal that became narrower has broken the lines", "[view]") {
  LiveRegion region;
  CHECK(region.draw({std::string(30, 'x'), "y"}, 40).find('A') == std::string::npos);
  CHECK(region.draw({"z"}, 10).starts_with("\x1b[4A\r\x1b[J"));
}

TEST_CASE("terminal: durable lines stay in order, the region is gone at the end", "[view]") {
  VirtualClock clock(*parse_utc("2026-11-24T09:24:32Z"));
  Screen screen(100);
  Terminal::Settings settings;
  settings.durable = settings.region =
      settings.messages = [&](std::string_view bytes) { screen.put(bytes); };
  settings.columns = [] { return 100; };
  settings.stopping = [] { return false; };
  settings.tick = Milliseconds(0);
  Terminal terminal(std::move(settings), clock);
  for (const Event& event : breached_run()) {
    terminal.on_event(event);
    clock.advance(Milliseconds(500));
    terminal.tick();
  }
  terminal.close();
  const auto lines = screen.lines();
  REQUIRE(lines.size() == 11);
  CHECK(lines[0] == "  ok S1  copy image        11s  9 blobs");
  CHECK(lines[6] == "ROLLED BACK  prod is as before, on 1: 1 step undone and verified.");
  CHECK(lines[9] == "prod-3  exit 20");
  CHECK(lines[10].empty());
}

TEST_CASE("terminal: at most 8 drawings a second", "[view]") {
  VirtualClock clock;
  int drawings = 0;
  Terminal::Settings settings;
  settings.durable = settings.messages = [](std::string_view) {};
  settings.region = [&](std::string_view bytes) { drawings += bytes.empty() ? 0 : 1; };
  settings.columns = [] { return 80; };
  settings.stopping = [] { return false; };
  settings.tick = Milliseconds(0);
  Terminal terminal(std::move(settings), clock);
  terminal.on_event(breached_run()[0]);
  for (int event = 0; event < 1000; ++event) {
    terminal.on_event(
        {"step.progress",
         clock.wall(),
         1,
         "prod-3",
         {{"step", "S1"}, {"waiting_for", std::to_string(event)}, {"elapsed_ms", event}}});
    terminal.on_event(
        {"step.state", clock.wall(), 1, "prod-3", {{"step", "S1"}, {"state", "running"}}});
    clock.advance(Milliseconds(1));
  }
  CHECK(drawings <= 10);
}

TEST_CASE("terminal: a message does not land inside the region", "[view]") {
  VirtualClock clock;
  Screen screen(80);
  Terminal::Settings settings;
  settings.durable = settings.region =
      settings.messages = [&](std::string_view bytes) { screen.put(bytes); };
  settings.columns = [] { return 80; };
  settings.stopping = [] { return false; };
  settings.tick = Milliseconds(0);
  Terminal terminal(std::move(settings), clock);
  terminal.on_event(breached_run()[0]);
  terminal.on_event({"message",
                     clock.wall(),
                     1,
                     "prod-3",
                     {{"level", "warning"}, {"text", "odd"}, {"hint", "Look."}}});
  const auto lines = screen.lines();
  CHECK(lines[0] == "ostler: warning: odd");
  CHECK(lines[1] == "hint: Look.");
  terminal.close();
  CHECK(screen.lines().size() == 3);
}
