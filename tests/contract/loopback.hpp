// A server on a loopback socket whose every byte the test decides: what it answers, and how it
// breaks.
#pragma once

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace ostler {

/// One accepted connection, in the hands of the test.
class Connection {
 public:
  explicit Connection(int socket) : socket_(socket) {}

  /// The next request with its whole body, or what came of it before the other side hung up.
  std::string read_request() {
    std::string& text = buffer_;
    std::size_t end;
    while ((end = text.find("\r\n\r\n")) == std::string::npos)
      if (!read_more()) return std::exchange(text, "");
    end += 4;
    const auto header = text.find("Content-Length: ");
    const std::size_t length = header < end ? std::stoul(text.substr(header + 16)) : 0;
    while (text.size() < end + length)
      if (!read_more()) return std::exchange(text, "");
    std::string request = text.substr(0, end + length);
    text.erase(0, end + length);
    return request;
  }

  bool send(const std::string& bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return false;
      sent += static_cast<std::size_t>(count);
    }
    return true;
  }

  void answer(int status, const std::string& body, const std::string& headers = "") {
    send("HTTP/1.1 " + std::to_string(status) + " Text\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }

  /// The connection ends with RST instead of FIN.
  void reset_on_close() {
    const linger now{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

  /// Waits until the other side has hung up.
  void wait_for_hang_up() {
    while (read_more()) {
    }
  }

 private:
  bool read_more() {
    char piece[65536];
    const ssize_t count = recv(socket_, piece, sizeof piece, 0);
    if (count <= 0) return false;
    buffer_.append(piece, static_cast<std::size_t>(count));
    return true;
  }

  int socket_;
  std::string buffer_;
};

/// Serves each connection in a thread of its own until the handler returns; then the connection is
/// closed.
class Loopback {
 public:
  explicit Loopback(std::function<void(Connection&)> handler) : handler_(std::move(handler)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(listener_, 64) == 0);
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    acceptor_ = std::thread{[this] { accept_all(); }};
  }
  ~Loopback() {
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard guard{mutex_};
      for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
    close(listener_);
  }
  Loopback(const Loopback&) = delete;
  Loopback& operator=(const Loopback&) = delete;

  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port) + path;
  }

  int port = 0;
  std::atomic<int> connections{0};

 private:
  void accept_all() {
    for (;;) {
      const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      ++connections;
      const std::lock_guard guard{mutex_};
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket] {
        Connection connection{socket};
        handler_(connection);
        const std::lock_guard closing{mutex_};
        sockets_.remove(socket);
        close(socket);
      });
    }
  }

  std::function<void(Connection&)> handler_;
  int listener_ = -1;
  std::mutex mutex_;
  std::list<int> sockets_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

/// A port of the loopback address where nobody listens.
inline int closed_port() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  socklen_t size = sizeof address;
  getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
  close(probe);
  return ntohs(address.sin_port);
}

}  // namespace ostler
