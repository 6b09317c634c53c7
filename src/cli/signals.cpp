// Interrupts: stop after the running step, then abandon it, then leave.
#include "signals.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/text.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>

namespace ostler {
namespace {

constexpr unsigned grace_after_terminate_s = 5, grace_after_abandon_s = 2;

// What the handlers use; set up before they are installed. Only lock-free atomics and
// async-signal-safe calls.
std::atomic<const Cancellation*> stop_wish{nullptr}, abandon_wish{nullptr};
std::atomic<int> first_signal{0}, presses{0};
std::atomic<bool> running{false}, changed{false};
std::array<char, 512> parting_words{};
std::atomic<std::size_t> parting_length{0};

[[noreturn]] void leave() {
  const std::size_t length = parting_length.load();
  if (length > 0 && write(STDERR_FILENO, parting_words.data(), length) < 0) {
    // Nobody is left to tell.
  }
  if (changed.load()) _exit(22);
  _exit(first_signal.load() == SIGINT ? 130 : 143);
}

void request(const std::atomic<const Cancellation*>& wish) {
  if (const Cancellation* cancellation = wish.load()) cancellation->request();
}

void on_signal(int signal) {
  const int saved = errno;
  int none = 0;
  first_signal.compare_exchange_strong(none, signal);
  const int press = ++presses;
  if (press == 1) {
    request(stop_wish);
    if (!running.load()) {
      request(abandon_wish);
      alarm(grace_after_abandon_s);
    } else if (signal != SIGINT) {
      alarm(grace_after_terminate_s);
    }
  } else if (press == 2 && running.load()) {
    request(abandon_wish);
    alarm(grace_after_abandon_s);
  } else {
    leave();
  }
  errno = saved;
}

void on_alarm(int) {
  const int saved = errno;
  const Cancellation* abandon = abandon_wish.load();
  if (abandon == nullptr || abandon->requested()) leave();
  abandon->request();
  alarm(grace_after_abandon_s);
  errno = saved;
}

void install(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  for (const int other : {SIGINT, SIGTERM, SIGHUP, SIGALRM}) sigaddset(&action.sa_mask, other);
  sigaction(signal, &action, nullptr);
}

constexpr std::array<int, 3> wishes{SIGINT, SIGTERM, SIGHUP};

}  // namespace

Signals::Signals() {
  stop_wish = &stop_;
  abandon_wish = &abandon_;
  for (const int signal : wishes) install(signal, on_signal);
  install(SIGALRM, on_alarm);
  std::signal(SIGPIPE, SIG_IGN);
}

Signals::~Signals() {
  alarm(0);
  for (const int signal : wishes) std::signal(signal, SIG_DFL);
  std::signal(SIGALRM, SIG_DFL);
  stop_wish = nullptr;
  abandon_wish = nullptr;
}

void Signals::begin_run() {
  running = true;
}

void Signals::end_run() {
  running = false;
  alarm(0);
}

void Signals::leave_interrupts_alone() {
  std::signal(SIGINT, SIG_IGN);
}

void Signals::note_change() {
  changed = true;
}

void Signals::set_parting_words(const std::string& words) {
  parting_length = 0;
  const std::size_t length = std::min(words.size(), parting_words.size());
  std::copy_n(words.data(), length, parting_words.data());
  parting_length = length;
}

int Signals::received() const {
  return first_signal.load();
}

void protect_process() {
  if (std::getenv("OSTLER_DEBUG_CORE") == nullptr) {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
  }
  if (isatty(STDIN_FILENO) != 0) return;
  // A CI runner that kills its shell would leave us running unseen.
  const Result<std::string> parent = read_file(fmt::format("/proc/{}/comm", getppid()), 4096);
  if (!parent) return;
  for (const char* shell : {"sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "busybox"})
    if (trim(*parent) == shell) prctl(PR_SET_PDEATHSIG, SIGTERM);
}

}  // namespace ostler
