#include "ostler/systems/redis.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

/// Answers from a list, in turn, and counts connections.
struct ScriptedRedis final : RedisConnector {
  struct Session final : RedisSession {
    explicit Session(ScriptedRedis& owner) : owner_(owner) {}
    Result<RedisReply> command(const std::vector<std::string>& words) override {
      owner_.commands.push_back(words);
      REQUIRE_FALSE(owner_.answers.empty());
      auto answer = owner_.answers.front();
      owner_.answers.erase(owner_.answers.begin());
      return answer;
    }
    ScriptedRedis& owner_;
  };
  Result<std::unique_ptr<RedisSession>> connect(const Secret&, const std::string&,
                                                Milliseconds) override {
    ++connections;
    return std::unique_ptr<RedisSession>(std::make_unique<Session>(*this));
  }
  static RedisReply text(std::string words) {
    RedisReply reply;
    reply.kind = RedisReply::Kind::text;
    reply.text = std::move(words);
    return reply;
  }
  std::vector<Result<RedisReply>> answers;
  std::vector<std::vector<std::string>> commands;
  int connections = 0;
};

struct Fixture {
  ScriptedRedis connector;
  VirtualClock clock;
  std::unique_ptr<RedisLook> redis =
      make_redis({"sessions", std::make_shared<Secret>(std::string("redis://localhost")), ""},
                 connector, clock);
};

}  // namespace

TEST_CASE("INFO becomes names and values") {
  Fixture f;
  f.connector.answers.push_back(ScriptedRedis::text(
      "# Memory\r\nused_memory:12\r\nslave0:ip=1.2.3.4,port=1\r\nodd line\r\n"));
  const auto info = f.redis->info("memory");
  REQUIRE(info.ok());
  CHECK(info->at("used_memory") == "12");
  CHECK(info->at("slave0") == "ip=1.2.3.4,port=1");
  CHECK(info->size() == 2);
  CHECK(f.connector.commands[0] == std::vector<std::string>{"INFO", "memory"});
}

TEST_CASE("a lost session is replaced once, an answer of the server is not repeated") {
  Fixture f;
  f.connector.answers.push_back(ScriptedRedis::text("a:1"));
  REQUIRE(f.redis->info("x").ok());
  f.connector.answers.push_back(Failure{FailureKind::unknown, "the connection ended", "", ""});
  f.connector.answers.push_back(ScriptedRedis::text("a:2"));
  CHECK(f.redis->info("x")->at("a") == "2");
  CHECK(f.connector.connections == 2);
  f.connector.answers.push_back(Failure{FailureKind::refused, "NOPERM no", "", "NOPERM"});
  const auto refused = f.redis->info("x");
  CHECK(refused.failure().message == "redis 'sessions': NOPERM no");
  CHECK(f.connector.connections == 2);
}

TEST_CASE("a ping that does not answer PONG is no round trip") {
  Fixture f;
  f.connector.answers.push_back(ScriptedRedis::text("PONG"));
  f.connector.answers.push_back(ScriptedRedis::text("PONG"));
  CHECK(f.redis->ping().value() == Milliseconds(0));
  f.connector.answers.push_back(ScriptedRedis::text("what"));
  f.connector.answers.push_back(ScriptedRedis::text("what"));
  CHECK_FALSE(f.redis->ping().ok());
}
