// Sessions on a Redis server: connects, proves who we are, sends one command at a time.
#include "ostler/transport/redis.hpp"

#include "transport/channel.hpp"
#include "transport/redis_protocol.hpp"

#include "ostler/base/text.hpp"

namespace ostler {

namespace {

class ChannelRedisSession final : public RedisSession {
 public:
  ChannelRedisSession(std::unique_ptr<Channel> channel, std::string name, Milliseconds timeout)
      : channel_(std::move(channel)), name_(std::move(name)), timeout_(timeout) {}

  Result<RedisReply> command(const std::vector<std::string>& words) override {
    const Deadline deadline = std::chrono::steady_clock::now() + timeout_;
    if (!channel_) {
      return Failure{FailureKind::transient, name_ + ": the session has ended", "", ""};
    }
    std::string bytes = redis_command(words);
    auto sent = channel_->send(bytes, deadline);
    wipe(bytes);
    if (!sent.ok()) return ended(sent.failure());
    while (true) {
      auto received = channel_->receive(deadline);
      if (!received.ok()) return ended(received.failure());
      auto reply = reader_.feed(*received);
      if (!reply.ok()) {
        Failure failure = with_context(reply.failure(), name_);
        return reader_.in_step() ? failure : ended(failure);
      }
      if (reply->has_value()) return std::move(**reply);
    }
  }

 private:
  /// A late answer to this command must not be taken for that of the next one.
  Failure ended(Failure failure) {
    channel_.reset();
    return failure;
  }

  std::unique_ptr<Channel> channel_;
  RedisReplyReader reader_;
  std::string name_;
  Milliseconds timeout_;
};

class ChannelRedisConnector final : public RedisConnector {
 public:
  Result<std::unique_ptr<RedisSession>> connect(const Secret& url, const std::string& ca_pem,
                                                Milliseconds timeout) override {
    OSTLER_TRY(const RedisAddress address, read_redis_address(url));
    OSTLER_TRY(auto channel,
               open_channel({address.host, address.port, address.text(), address.encrypted, ca_pem},
                            std::chrono::steady_clock::now() + timeout));
    auto session =
        std::make_unique<ChannelRedisSession>(std::move(channel), address.text(), timeout);
    OSTLER_CHECK(authenticate(address, *session));
    if (address.database != 0) {
      auto selected = session->command({"SELECT", std::to_string(address.database)});
      if (!selected.ok()) return nothing_happened(selected.failure());
    }
    return std::unique_ptr<RedisSession>(std::move(session));
  }

 private:
  static Failure nothing_happened(Failure failure) {
    if (failure.kind == FailureKind::unknown || failure.kind == FailureKind::timeout) {
      failure.kind = FailureKind::transient;
    }
    return failure;
  }

  static Result<void> authenticate(const RedisAddress& address, RedisSession& session) {
    if (address.password.empty()) return {};
    std::vector<std::string> words{"AUTH"};
    if (!address.user.empty()) words.push_back(address.user);
    words.emplace_back(address.password.reveal());
    auto answer = session.command(words);
    wipe(words.back());
    if (answer.ok()) return {};
    Failure failure = nothing_happened(answer.failure());
    // A server that does not know AUTH quotes what it was sent.
    if (!failure.code.empty() && failure.kind != FailureKind::transient) {
      failure.message = fmt::format(
          "{}: the server refuses the login{} ({})", address.text(),
          address.user.empty() ? "" : " of user '" + sanitize(address.user) + "'", failure.code);
    }
    return failure;
  }
};

}  // namespace

std::unique_ptr<RedisConnector> make_redis_connector() {
  return std::make_unique<ChannelRedisConnector>();
}

}  // namespace ostler
