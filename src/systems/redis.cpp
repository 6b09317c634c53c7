// One Redis server, looked at over one session that is opened when it is first needed.
#include "ostler/systems/redis.hpp"

#include "ostler/base/text.hpp"

#include <mutex>

namespace ostler {

namespace {

constexpr Milliseconds command_timeout{5000};

class RedisServer final : public RedisLook {
 public:
  RedisServer(RedisSettings settings, RedisConnector& connector, Clock& clock)
      : settings_(std::move(settings)), connector_(connector), clock_(clock) {}

  Result<std::map<std::string, std::string>> info(const std::string& section) const override {
    const std::lock_guard lock(mutex_);
    OSTLER_TRY(const RedisReply reply, command({"INFO", section}));
    if (reply.kind != RedisReply::Kind::text) {
      return Failure{FailureKind::permanent, context() + ": INFO does not answer with a text", "",
                     ""};
    }
    return parse_info(reply.text);
  }

  Result<Milliseconds> ping() const override {
    const std::lock_guard lock(mutex_);
    // The first command may have to connect, which is no part of a round trip.
    OSTLER_TRY(RedisReply reply, command({"PING"}));
    const BootTime start = clock_.boot();
    OSTLER_TRY(reply, command({"PING"}));
    const BootTime end = clock_.boot();
    if (reply.text != "PONG") {
      return Failure{FailureKind::permanent, context() + ": PING does not answer PONG", "", ""};
    }
    return std::chrono::ceil<Milliseconds>(end - start);
  }

  std::string name() const override { return settings_.name; }

 private:
  std::string context() const { return "redis '" + settings_.name + "'"; }

  /// Only commands that read: one on a session that was lost meanwhile is sent again on a new one.
  Result<RedisReply> command(const std::vector<std::string>& words) const {
    if (session_) {
      auto reply = session_->command(words);
      if (reply.ok() || !session_is_lost(reply.failure())) return named(std::move(reply));
      session_.reset();
    }
    auto session = connector_.connect(*settings_.url, settings_.ca_pem, command_timeout);
    if (!session.ok()) return with_context(session.failure(), context());
    auto reply = (*session)->command(words);
    if (reply.ok() || !session_is_lost(reply.failure())) session_ = std::move(*session);
    return named(std::move(reply));
  }

  static bool session_is_lost(const Failure& failure) { return failure.code.empty(); }

  Result<RedisReply> named(Result<RedisReply> reply) const {
    if (!reply.ok()) return with_context(reply.failure(), context());
    return reply;
  }

  static std::map<std::string, std::string> parse_info(std::string_view text) {
    std::map<std::string, std::string> values;
    for (const std::string& line : split(text, '\n')) {
      const std::string entry = trim(line);
      const auto colon = entry.find(':');
      if (entry.empty() || entry[0] == '#' || colon == std::string::npos) continue;
      values[sanitize(entry.substr(0, colon))] = sanitize(entry.substr(colon + 1));
    }
    return values;
  }

  RedisSettings settings_;
  RedisConnector& connector_;
  Clock& clock_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<RedisSession> session_;
};

}  // namespace

std::unique_ptr<RedisLook> make_redis(RedisSettings settings, RedisConnector& connector,
                                      Clock& clock) {
  return std::make_unique<RedisServer>(std::move(settings), connector, clock);
}

}  // namespace ostler
