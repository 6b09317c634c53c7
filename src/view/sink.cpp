// The two calls through which views touch the outside: writing, and asking for a terminal's width.
#include "ostler/view/sink.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace ostler {
namespace {

// A reader that never reads (a stopped pager) may hold us up this long in all, then it is given up.
constexpr int patience_ms = 2000;

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd ready{descriptor, POLLOUT, 0};
      if (poll(&ready, 1, patience_ms) <= 0) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

Sink descriptor_sink(int descriptor) {
  auto broken = std::make_shared<bool>(false);
  return [descriptor, broken](std::string_view text) {
    if (!*broken) *broken = !write_all(descriptor, text);
  };
}

int terminal_columns(int descriptor, int otherwise) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return otherwise;
}

}  // namespace ostler
