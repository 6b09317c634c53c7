// Times as servers write them.
#include "lab/registry/times.hpp"

#include <fmt/chrono.h>

#include <cstdio>

namespace ostler::lab {
namespace {

std::chrono::sys_seconds in_seconds(WallTime time) {
  return std::chrono::time_point_cast<std::chrono::seconds>(time);
}

}  // namespace

std::string iso_time(WallTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", in_seconds(time));
}

std::string http_time(WallTime time) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", in_seconds(time));
}

std::optional<WallTime> read_iso_time(const std::string& text) {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (std::sscanf(text.c_str(), "%d-%u-%uT%u:%u:%u", &year, &month, &day, &hour, &minute,
                  &second) != 6)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{day}};
  if (!date.ok()) return std::nullopt;
  return WallTime{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
         std::chrono::minutes{minute} + std::chrono::seconds{second};
}

}  // namespace ostler::lab
