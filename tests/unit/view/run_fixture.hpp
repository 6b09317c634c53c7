#pragma once

#include "ostler/view/run_view.hpp"

namespace ostler {

/// A short release as the stream tells it: two steps, the second with a gate that is breached, then
/// the way back.
inline std::vector<Event> breached_run() {
  const WallTime start = *parse_utc("2026-11-24T09:24:32.000Z");
  std::vector<Event> events;
  const auto add = [&](int seconds, const char* type, Json data) {
    events.push_back(
        {type, start + std::chrono::seconds(seconds), events.size(), "prod-3", std::move(data)});
  };
  add(0, "run.open",
      {{"plan", "sha256:3f9a2c"},
       {"environment", "prod"},
       {"release", "2026.11.3"},
       {"version_before", "1"},
       {"version_after", "2"},
       {"direction", "forward"},
       {"steps", Json::array({{{"id", "S1"},
                               {"kind", "image.copy"},
                               {"title", "copy image"},
                               {"undo", "leave (harmless)"},
                               {"usually_ms", 8000}},
                              {{"id", "S2"},
                               {"kind", "traffic.weigh"},
                               {"title", "canary 5 %"},
                               {"undo", "weight 0 %"},
                               {"usually_ms", 4000}}})}});
  add(0, "step.state",
      {{"step", "S1"}, {"state", "running"}, {"direction", "forward"}, {"usually_ms", 8000}});
  add(5, "step.progress",
      {{"step", "S1"}, {"waiting_for", "12.0 MiB of 40.0 MiB"}, {"elapsed_ms", 5000}});
  add(11, "step.state",
      {{"step", "S1"},
       {"state", "applied"},
       {"direction", "forward"},
       {"elapsed_ms", 11000},
       {"found", "9 blobs"}});
  add(11, "step.state",
      {{"step", "S2"}, {"state", "running"}, {"direction", "forward"}, {"usually_ms", 4000}});
  add(13, "step.state",
      {{"step", "S2"}, {"state", "applied"}, {"direction", "forward"}, {"elapsed_ms", 2000}});
  const auto sample = [&](int seconds, double canary, int elapsed) {
    add(seconds, "gate.sample",
        {{"step", "S2"},
         {"indicator", "errors"},
         {"unit", "ratio"},
         {"canary", canary},
         {"stable", 0.0019},
         {"baseline", 0.0018},
         {"limit", 0.01},
         {"samples", 120},
         {"trouble", ""},
         {"elapsed_ms", elapsed},
         {"hold_ms", 180000}});
  };
  sample(14, 0.002, 1000);
  sample(15, 0.0213, 2000);
  add(15, "gate.verdict",
      {{"step", "S2"},
       {"verdict", "breach"},
       {"indicator", "errors"},
       {"reason", "errors 2.13 % over the limit 1.00 %"},
       {"elapsed_ms", 2000}});
  add(15, "run.phase",
      {{"phase", "rolling_back"},
       {"reason", "S2 (canary 5 %): errors 2.13 % over the limit 1.00 %"}});
  add(15, "step.state",
      {{"step", "S2"}, {"state", "reverting"}, {"direction", "back"}, {"usually_ms", 2000}});
  add(17, "step.state",
      {{"step", "S2"}, {"state", "reverted"}, {"direction", "back"}, {"elapsed_ms", 2000}});
  add(18, "run.phase", {{"phase", "rolled_back"}, {"reason", ""}});
  add(18, "result",
      {{"outcome", "rolled_back"},
       {"exit_code", 20},
       {"world", "before"},
       {"summary", "prod is as before, on 1: 1 step undone and verified."},
       {"reason", "S2 (canary 5 %): errors 2.13 % over the limit 1.00 %"},
       {"next", {"ostler why prod-3"}}});
  return events;
}

}  // namespace ostler
