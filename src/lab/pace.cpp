// Lets virtual time follow the machine's clock, a given number of times as fast.
#include "ostler/lab/http_server.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace ostler::lab {
namespace {

using RealClock = std::chrono::steady_clock;

/// While nobody asks, acts may be late by this much of real time.
constexpr std::chrono::milliseconds tick{5};

/// The world is brought forward in strides of this much virtual time ...
constexpr Instant stride{5'000};
/// ... for as long as this of real time. A machine that cannot keep up makes the lab slower;
/// whoever asks is answered all the same.
constexpr std::chrono::milliseconds patience{20};

}  // namespace

struct Pace::Impl {
  Impl(World& the_world, double the_speed) : world(the_world), speed(the_speed) {}

  World& world;
  double speed;
  RealClock::time_point real_since = RealClock::now();
  Instant virtual_since{0};
  bool stopped = false;
  std::atomic<int> asking{0};
  mutable std::mutex mutex;
  std::condition_variable ended;
  std::thread thread;

  Instant present() const {
    const std::chrono::duration<double, std::micro> passed = RealClock::now() - real_since;
    return virtual_since + Instant{static_cast<std::int64_t>(passed.count() * speed)};
  }

  void count_from_here() {
    virtual_since = world.now();
    real_since = RealClock::now();
  }

  void catch_up() {
    const Instant target = present();
    const RealClock::time_point enough = RealClock::now() + patience;
    while (world.now() < target) {
      world.advance_to(std::min(target, world.now() + stride));
      if (RealClock::now() < enough) continue;
      count_from_here();
      return;
    }
  }

  void run() {
    std::unique_lock lock(mutex);
    while (!stopped) {
      // A mutex is not fair: who asks goes first.
      if (asking == 0) catch_up();
      ended.wait_for(lock, tick, [this] { return stopped; });
    }
  }
};

Pace::Pace(World& world, double speed) : impl_(std::make_unique<Impl>(world, speed)) {
  impl_->virtual_since = world.now();
  impl_->thread = std::thread([this] { impl_->run(); });
}

Pace::~Pace() {
  stop();
}

void Pace::at_present(const std::function<void()>& act) {
  ++impl_->asking;
  const std::lock_guard lock(impl_->mutex);
  --impl_->asking;
  impl_->catch_up();
  act();
}

void Pace::wait(Instant virtual_time) {
  std::unique_lock lock(impl_->mutex);
  const std::chrono::duration<double, std::micro> real{static_cast<double>(virtual_time.count()) /
                                                       impl_->speed};
  impl_->ended.wait_for(lock, real, [this] { return impl_->stopped; });
}

void Pace::set_speed(double speed) {
  const std::lock_guard lock(impl_->mutex);
  impl_->catch_up();
  impl_->count_from_here();
  impl_->speed = speed;
}

double Pace::speed() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->speed;
}

void Pace::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopped = true;
    impl_->ended.notify_all();
  }
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace ostler::lab
