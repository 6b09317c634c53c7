// Points in time as people read them.
#include "ostler/view/style.hpp"

#include <ctime>

namespace ostler {
namespace {

std::tm broken_down(WallTime time, Zone zone) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(time));
  std::tm parts{};
  if (zone == Zone::utc)
    gmtime_r(&seconds, &parts);
  else
    localtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

std::string format_time(WallTime time, Zone zone) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", broken_down(time, zone));
}

std::string format_day(WallTime time, WallTime now, Zone zone) {
  const std::tm then = broken_down(time, zone), today = broken_down(now, zone);
  if (then.tm_year != today.tm_year) return fmt::format("{:%d %b %Y}", then);
  if (then.tm_yday == today.tm_yday) return fmt::format("today {:%H:%M}", then);
  return fmt::format("{:%d %b %H:%M}", then);
}

std::string zone_name(Zone zone) {
  if (zone == Zone::utc) return "UTC";
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  return parts.tm_zone != nullptr ? parts.tm_zone : "local";
}

}  // namespace ostler
