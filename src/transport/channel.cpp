// Byte streams over TCP with deadlines, and TLS by OpenSSL on top, for protocols that bring no
// client of their own.
#include "transport/channel.hpp"

#include "ostler/base/text.hpp"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ostler {

namespace {

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket(const Socket&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

enum class Ready { yes, late };

Ready wait_for(int descriptor, short events, Deadline deadline) {
  while (true) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return Ready::late;
    pollfd waiting{descriptor, events, 0};
    const int ready =
        poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60000)));
    if (ready > 0 || (ready < 0 && errno != EINTR)) return Ready::yes;
  }
}

class PlainChannel final : public Channel {
 public:
  PlainChannel(Socket socket, std::string name)
      : socket_(std::move(socket)), name_(std::move(name)) {}

  Result<void> send(std::string_view bytes, Deadline deadline) override {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        if (wait_for(socket_.get(), POLLOUT, deadline) == Ready::late) return late();
      } else if (errno != EINTR) {
        return broken(errno);
      }
    }
    return {};
  }

  Result<std::string> receive(Deadline deadline) override {
    std::string bytes(16384, '\0');
    while (true) {
      const ssize_t got = recv(socket_.get(), bytes.data(), bytes.size(), 0);
      if (got > 0) {
        bytes.resize(static_cast<std::size_t>(got));
        return bytes;
      }
      if (got == 0) return broken(0);
      if (errno == EAGAIN || errno == EWOULDBLOCK) {
        if (wait_for(socket_.get(), POLLIN, deadline) == Ready::late) return late();
      } else if (errno != EINTR) {
        return broken(errno);
      }
    }
  }

 private:
  Failure late() const { return {FailureKind::timeout, name_ + ": no answer in time", "", ""}; }
  Failure broken(int error) const {
    return {FailureKind::unknown,
            name_ + ": the connection ended" +
                (error == 0 ? std::string() : std::string(": ") + strerror(error)),
            "", ""};
  }

  Socket socket_;
  std::string name_;
};

struct FreeSsl {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* session) const { SSL_free(session); }
  void operator()(BIO* memory) const { BIO_free(memory); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Context = std::unique_ptr<SSL_CTX, FreeSsl>;
using Session = std::unique_ptr<SSL, FreeSsl>;

/// OpenSSL between two memory buffers; the bytes travel by the plain channel, with its deadlines
/// and without SIGPIPE.
class TlsChannel final : public Channel {
 public:
  TlsChannel(std::unique_ptr<Channel> below, Context context, Session session, std::string name)
      : below_(std::move(below)),
        context_(std::move(context)),
        session_(std::move(session)),
        name_(std::move(name)) {
    SSL_set_bio(session_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  }

  Result<void> handshake(Deadline deadline) {
    auto done = step(deadline, [this] { return SSL_connect(session_.get()); });
    if (!done.ok()) return done.failure();
    return flush(deadline);
  }

  Result<void> send(std::string_view bytes, Deadline deadline) override {
    if (bytes.empty()) return {};
    auto done = step(deadline, [&] {
      return SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size()));
    });
    if (!done.ok()) return done.failure();
    return flush(deadline);
  }

  Result<std::string> receive(Deadline deadline) override {
    std::string bytes(16384, '\0');
    OSTLER_TRY(const int got, step(deadline, [&] {
                 return SSL_read(session_.get(), bytes.data(), static_cast<int>(bytes.size()));
               }));
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
  }

 private:
  /// Repeats `call` until OpenSSL needs nothing more from the wire; its positive result.
  template <typename Call>
  Result<int> step(Deadline deadline, const Call& call) {
    while (true) {
      ERR_clear_error();
      const int result = call();
      if (result > 0) return result;
      const int error = SSL_get_error(session_.get(), result);
      OSTLER_CHECK(flush(deadline));
      if (error == SSL_ERROR_WANT_WRITE) continue;
      if (error != SSL_ERROR_WANT_READ) return trouble(error);
      OSTLER_TRY(const std::string bytes, below_->receive(deadline));
      BIO_write(SSL_get_rbio(session_.get()), bytes.data(), static_cast<int>(bytes.size()));
    }
  }

  Result<void> flush(Deadline deadline) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(session_.get()), &bytes);
    if (size <= 0) return {};
    auto sent = below_->send(std::string_view(bytes, static_cast<std::size_t>(size)), deadline);
    (void)BIO_reset(SSL_get_wbio(session_.get()));
    return sent;
  }

  Failure trouble(int error) const {
    const long verified = SSL_get_verify_result(session_.get());
    if (verified != X509_V_OK) {
      return {FailureKind::permanent,
              fmt::format("{}: the server's certificate is not trusted: {}", name_,
                          X509_verify_cert_error_string(verified)),
              "Give the server a certificate for this host name, and its authority as `ca`.", ""};
    }
    if (error == SSL_ERROR_ZERO_RETURN) {
      return {FailureKind::unknown, name_ + ": the connection ended", "", ""};
    }
    char text[256] = "";
    ERR_error_string_n(ERR_peek_last_error(), text, sizeof text);
    const bool connecting = SSL_is_init_finished(session_.get()) == 0;
    return {connecting ? FailureKind::permanent : FailureKind::unknown,
            name_ + ": TLS failed: " + sanitize(text),
            connecting ? "Check that the port is the encrypted one." : "", ""};
  }

  std::unique_ptr<Channel> below_;
  Context context_;
  Session session_;
  std::string name_;
};

/// Trusts exactly the certificates of `pem`.
bool trust_only(SSL_CTX* context, const std::string& pem) {
  const std::unique_ptr<BIO, FreeSsl> memory(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  int count = 0;
  while (const std::unique_ptr<X509, FreeSsl> certificate{
      PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)}) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get()) != 1) return false;
    ++count;
  }
  ERR_clear_error();
  return count > 0;
}

bool is_address(const std::string& host) {
  unsigned char ignored[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), ignored) == 1 ||
         inet_pton(AF_INET6, host.c_str(), ignored) == 1;
}

Result<std::unique_ptr<Channel>> encrypt(std::unique_ptr<Channel> plain,
                                         const ChannelSettings& settings, Deadline deadline) {
  Context context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const bool trusted = settings.ca_pem.empty()
                           ? SSL_CTX_set_default_verify_paths(context.get()) == 1
                           : trust_only(context.get(), settings.ca_pem);
  if (!trusted) {
    return Failure{FailureKind::refused,
                   settings.name + ": the authorities' certificates cannot be read",
                   "Give `ca` a file with certificates in PEM form.", ""};
  }
  Session session(SSL_new(context.get()));
  bool named = false;
  if (is_address(settings.host)) {
    named =
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session.get()), settings.host.c_str()) == 1;
  } else {
    SSL_set_hostflags(session.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    named = SSL_set1_host(session.get(), settings.host.c_str()) == 1 &&
            SSL_set_tlsext_host_name(session.get(), settings.host.c_str()) == 1;
  }
  if (!named) {
    return Failure{FailureKind::refused, settings.name + ": the host name is none", "", ""};
  }
  auto channel = std::make_unique<TlsChannel>(std::move(plain), std::move(context),
                                              std::move(session), settings.name);
  if (auto done = channel->handshake(deadline); !done.ok()) {
    Failure failure = done.failure();
    // Nothing of the protocol above has left yet.
    if (failure.kind != FailureKind::permanent) failure.kind = FailureKind::transient;
    return failure;
  }
  return std::unique_ptr<Channel>(std::move(channel));
}

Result<Socket> connect_to(const addrinfo& address, Deadline deadline) {
  const auto failed = [](int error) {
    return Failure{FailureKind::transient, strerror(error), "", ""};
  };
  Socket socket(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return failed(errno);
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(socket.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return failed(errno);
    if (wait_for(socket.get(), POLLOUT, deadline) == Ready::late) return failed(ETIMEDOUT);
    int outcome = 0;
    socklen_t size = sizeof outcome;
    getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &outcome, &size);
    if (outcome != 0) return failed(outcome);
  }
  return socket;
}

}  // namespace

Result<std::unique_ptr<Channel>> open_channel(const ChannelSettings& settings, Deadline deadline) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = getaddrinfo(settings.host.c_str(), settings.port.c_str(), &wanted, &found);
      code != 0) {
    return Failure{
        FailureKind::transient,
        fmt::format("{}: the host cannot be found: {}", settings.name, gai_strerror(code)),
        "Check the host's name.", ""};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, freeaddrinfo);
  std::string why;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    auto socket = connect_to(*address, deadline);
    if (!socket.ok()) {
      why = socket.failure().message;
      continue;
    }
    std::unique_ptr<Channel> channel =
        std::make_unique<PlainChannel>(std::move(*socket), settings.name);
    if (!settings.encrypted) return channel;
    return encrypt(std::move(channel), settings, deadline);
  }
  return Failure{FailureKind::transient, settings.name + ": " + why,
                 "Check that the server runs and that the network lets the connection through.",
                 ""};
}

}  // namespace ostler
