#pragma once

#include "ostler/base/result.hpp"
#include "ostler/lab/door.hpp"
#include "ostler/lab/kubernetes_door.hpp"
#include "ostler/lab/world.hpp"

#include <functional>
#include <memory>
#include <string>

namespace ostler::lab {

/// Virtual time driven by the machine's clock, and the one lock under which everything in the lab
/// happens. A thread lets the world go on while nobody asks anything.
class Pace {
 public:
  /// `speed` virtual seconds pass in each real one; 1 to 1000.
  Pace(World& world, double speed);
  ~Pace();
  Pace(const Pace&) = delete;
  Pace& operator=(const Pace&) = delete;

  /// Brings the world to the present (or as near as a busy machine gets) and runs `act` alone. An
  /// act may ask this pace, and may bring the world forward: virtual time then goes on from there.
  void at_present(const std::function<void()>& act);
  /// Waits until so much virtual time has passed, or the pace has ended.
  void wait(Instant virtual_time);
  void set_speed(double speed);
  double speed() const;
  /// What the machine's clock showed when virtual time was there.
  WallTime machine_time(Instant when) const;
  /// Ends the thread and all waiting.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One address at which a Door answers over HTTP/1.1 (RFC 9112), each request at the pace's
/// present, its answer held back for as long as the Door says that it took.
class HttpServer {
 public:
  /// `watches` is the same door again when it is the API server's, for `watch=true` requests.
  HttpServer(Pace& pace, Door& door, KubernetesDoor* watches = nullptr);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Binds and begins to answer in threads of its own. Fails when the address is taken.
  Result<void> start(const std::string& host, int port);
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostler::lab
