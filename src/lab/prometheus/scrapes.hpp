#pragma once

#include "ostler/lab/objects.hpp"
#include "ostler/lab/prometheus_door.hpp"
#include "ostler/lab/proxies.hpp"
#include "ostler/lab/shop_programs.hpp"

#include <map>
#include <string>

namespace ostler::lab {

/// What the lab's Prometheus scrapes, as the stack's does: the proxies, and the shop's Pods as
/// discovery finds them (by their annotation, from when they run to their end).
class Scrapes {
 public:
  /// Both must outlive it.
  Scrapes(PrometheusDoor& prometheus, const Shop& shop) : prometheus_(prometheus), shop_(shop) {}

  /// They must outlive the door.
  void add_proxies(const Proxies& proxies);
  /// Hears of every change of an object.
  void object_changed(const Change& change);

 private:
  PrometheusDoor& prometheus_;
  const Shop& shop_;
  std::map<std::string, PrometheusDoor::Target> pods_;  ///< by uid
};

}  // namespace ostler::lab
