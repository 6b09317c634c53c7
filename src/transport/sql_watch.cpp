// Breaks a connection whose answer is late or too long, since libpqxx itself waits for ever and
// holds a whole answer in memory.
#include "transport/sql_watch.hpp"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <system_error>

namespace ostler {

namespace {

/// How far a fast server gets beyond the byte limit is decided by this.
constexpr std::chrono::milliseconds look_interval{50};

std::uint64_t received_bytes(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  constexpr std::size_t needed =
      offsetof(tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received;
  return size < needed ? 0 : info.tcpi_bytes_received;
}

}  // namespace

SocketWatch::SocketWatch(int socket, std::optional<Time> deadline, std::uint64_t byte_limit)
    : socket_(socket), deadline_(deadline), byte_limit_(byte_limit) {}

SocketWatch::~SocketWatch() {
  stop();
  close(socket_);
}

Result<std::unique_ptr<SocketWatch>> SocketWatch::start(int socket, std::optional<Time> deadline,
                                                        std::uint64_t byte_limit) {
  // A descriptor of our own: the library may close its one meanwhile, and the number may then mean
  // a file of somebody else.
  const int own = fcntl(socket, F_DUPFD_CLOEXEC, 0);
  if (own < 0) {
    return Failure{
        FailureKind::transient,
        fmt::format("the connection cannot be watched: {}", std::system_category().message(errno)),
        "", ""};
  }
  std::unique_ptr<SocketWatch> watch(new SocketWatch(own, deadline, byte_limit));
  try {
    watch->thread_ = std::thread([raw = watch.get()] { raw->watch(); });
  } catch (const std::system_error& error) {
    return Failure{FailureKind::transient,
                   fmt::format("no thread to watch the connection: {}", error.what()), "", ""};
  }
  return watch;
}

SocketWatch::Verdict SocketWatch::stop() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  return verdict_;
}

SocketWatch::Verdict SocketWatch::judge(std::uint64_t received_before) const {
  if (deadline_ && std::chrono::steady_clock::now() >= *deadline_) return Verdict::late;
  const std::uint64_t received = received_bytes(socket_);
  if (received > received_before && received - received_before > byte_limit_) {
    return Verdict::too_long;
  }
  return Verdict::none;
}

void SocketWatch::watch() {
  const std::uint64_t received_before = received_bytes(socket_);
  std::unique_lock lock(mutex_);
  while (!done_) {
    verdict_ = judge(received_before);
    if (verdict_ != Verdict::none) {
      shutdown(socket_, SHUT_RDWR);
      return;
    }
    Time next = std::chrono::steady_clock::now() + look_interval;
    if (deadline_) next = std::min(next, *deadline_);
    wake_.wait_until(lock, next, [this] { return done_; });
  }
}

}  // namespace ostler
