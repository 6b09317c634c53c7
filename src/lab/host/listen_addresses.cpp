// Addresses for local servers: which are free, and which answer.
#include "lab/host/listen_addresses.hpp"

#include "ostler/base/file_handle.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace ostler::lab {
namespace {

FileHandle new_socket() {
  return FileHandle(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

sockaddr_in address_of(const ListenAt& at) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(at.port));
  inet_pton(AF_INET, at.host.c_str(), &address.sin_addr);
  return address;
}

Failure no_port(const char* call) {
  return {FailureKind::refused,
          fmt::format("the kernel gives no free port of 127.0.0.1 for a server of the lab: {}: {}",
                      call, std::strerror(errno)),
          "Look at ulimit -n and at ss -s: too many files or connections may be open.", "port"};
}

/// Holds the port until the handle is closed, so that two searches do not find the same one.
Result<FileHandle> hold_port(ListenAt& at) {
  FileHandle socket = new_socket();
  if (socket.get() < 0) return no_port("socket");
  sockaddr_in address = address_of({"127.0.0.1", 0});
  socklen_t size = sizeof address;
  if (bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return no_port("bind");
  if (getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return no_port("getsockname");
  at = {"127.0.0.1", ntohs(address.sin_port)};
  return socket;
}

}  // namespace

bool accepts_connections(const ListenAt& at) {
  const FileHandle socket = new_socket();
  sockaddr_in address = address_of(at);
  return socket.get() >= 0 &&
         connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

Result<void> require_free(const ListenAt& at, std::string_view who) {
  const FileHandle socket = new_socket();
  sockaddr_in address = address_of(at);
  // As the servers themselves do, or connections that are just over would count.
  const int yes = 1;
  if (socket.get() >= 0 &&
      setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
      bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
    return {};
  return Failure{
      FailureKind::refused,
      fmt::format("{}:{}, where {} is to listen: {}", at.host, at.port, who, std::strerror(errno)),
      fmt::format("Another lab may run there: end it (ss -ltnp src {} names it), or give "
                  "this one a network of its own with --listen, such as 127.84.1.",
                  at.host),
      "address"};
}

Result<void> choose_free_ports(LocalServersSettings& settings) {
  OSTLER_TRY(const FileHandle postgres, hold_port(settings.postgres));
  OSTLER_TRY(const FileHandle replica, hold_port(settings.replica));
  OSTLER_TRY(const FileHandle redis, hold_port(settings.redis));
  return {};
}

}  // namespace ostler::lab
