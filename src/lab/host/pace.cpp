// Lets virtual time follow the machine's clock, a given number of times as fast.
#include "ostler/lab/http_server.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
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

/// A lab that cannot keep up begins a stretch some fifty times a second; the oldest are forgotten.
constexpr std::size_t most_stretches = 200'000;

}  // namespace

struct Pace::Impl {
  /// From here on virtual time ran evenly.
  struct Stretch {
    RealClock::time_point real;
    Instant from;
    double speed;
  };

  Impl(World& the_world, double the_speed) : world(the_world), speed(the_speed) {
    count_from_here();
  }

  World& world;
  double speed;
  std::deque<Stretch> stretches;
  bool stopped = false;
  std::atomic<int> asking{0};
  // What is done at the present may change the pace.
  mutable std::recursive_mutex mutex;
  std::condition_variable_any ended;
  std::thread thread;

  Instant present() const {
    const Stretch& last = stretches.back();
    const std::chrono::duration<double, std::micro> passed = RealClock::now() - last.real;
    return last.from + Instant{static_cast<std::int64_t>(passed.count() * last.speed)};
  }

  void count_from_here() {
    stretches.push_back({RealClock::now(), world.now(), speed});
    if (stretches.size() > most_stretches) stretches.pop_front();
  }

  RealClock::time_point real(Instant when) const {
    const auto after =
        std::upper_bound(stretches.begin(), stretches.end(), when,
                         [](Instant at, const Stretch& stretch) { return at < stretch.from; });
    const Stretch& stretch = after == stretches.begin() ? *after : *std::prev(after);
    const std::chrono::duration<double, std::micro> passed{
        static_cast<double>((when - stretch.from).count()) / stretch.speed};
    return stretch.real + std::chrono::duration_cast<RealClock::duration>(passed);
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
  if (impl_->world.now() > impl_->present()) impl_->count_from_here();
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
  impl_->speed = speed;
  impl_->count_from_here();
}

double Pace::speed() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->speed;
}

WallTime Pace::machine_time(Instant when) const {
  const std::lock_guard lock(impl_->mutex);
  const RealClock::duration ago = RealClock::now() - impl_->real(when);
  return std::chrono::time_point_cast<Milliseconds>(
      std::chrono::system_clock::now() -
      std::chrono::duration_cast<std::chrono::system_clock::duration>(ago));
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
