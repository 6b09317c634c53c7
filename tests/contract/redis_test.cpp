// Redis sessions over sockets that misbehave and over real servers, plain and encrypted.
#include "ostler/transport/redis.hpp"

#include "tests/contract/database_servers.hpp"
#include "tests/contract/loopback.hpp"
#include "tests/contract/stack.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/text.hpp"
#include "ostler/systems/redis.hpp"

using namespace ostler;

namespace {

Result<std::unique_ptr<RedisSession>> connect(const std::string& url, const std::string& ca = "",
                                              Milliseconds timeout = Milliseconds(5000)) {
  return make_redis_connector()->connect(Secret(std::string(url)), ca, timeout);
}

std::string local(const Loopback& server) {
  return "redis://:canary-word@127.0.0.1:" + std::to_string(server.port);
}

void hides_the_password(const Failure& failure) {
  CHECK((failure.message + failure.hint).find("canary") == std::string::npos);
}

void answers(const std::string& url, const std::string& ca) {
  auto session = connect(url, ca);
  if (!session.ok()) FAIL(session.failure().message);
  CHECK((*session)->command({"PING"})->text == "PONG");
  CHECK((*session)->command({"ECHO", std::string("a\0\r\n", 4)})->text ==
        std::string("a\0\r\n", 4));
  CHECK((*session)->command({"COMMAND", "COUNT"})->integer > 100);
  CHECK((*session)->command({"NOSUCH"}).failure().code == "ERR");
  CHECK((*session)->command({"PING"})->text == "PONG");
  // About 3 MiB in thousands of elements.
  CHECK((*session)->command({"COMMAND"})->elements.size() > 100);
}

}  // namespace

TEST_CASE("a Redis that never answers, hangs up, speaks otherwise or is not there", "[redis]") {
  const Loopback silent([](Connection& connection) { connection.wait_for_hang_up(); });
  const auto late = connect(local(silent), "", Milliseconds(200));
  REQUIRE_FALSE(late.ok());
  CHECK(late.failure().kind == FailureKind::transient);
  hides_the_password(late.failure());

  const Loopback broken([](Connection& connection) { connection.send("+O"); });
  CHECK(connect(local(broken)).failure().kind == FailureKind::transient);

  const Loopback foreign([](Connection& connection) {
    connection.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    connection.wait_for_hang_up();
  });
  CHECK(connect(local(foreign)).failure().kind == FailureKind::permanent);

  const Loopback parrot([](Connection& connection) {
    connection.send("-ERR unknown command 'AUTH', with args beginning with: 'canary-word'\r\n");
    connection.wait_for_hang_up();
  });
  const auto quoted = connect(local(parrot));
  REQUIRE_FALSE(quoted.ok());
  hides_the_password(quoted.failure());

  CHECK(connect("redis://127.0.0.1:1").failure().kind == FailureKind::transient);
  CHECK(connect("rediss://127.0.0.1:" + std::to_string(foreign.port)).failure().kind ==
        FailureKind::permanent);
}

TEST_CASE("an answer that comes too late is not taken for the next one's", "[redis]") {
  std::atomic<bool> asked{false};
  const Loopback slow([&asked](Connection& connection) {
    // The first command is never answered.
    asked = true;
    connection.wait_for_hang_up();
  });
  auto session = connect("redis://127.0.0.1:" + std::to_string(slow.port), "", Milliseconds(200));
  REQUIRE(session.ok());
  CHECK((*session)->command({"GET", "x"}).failure().kind == FailureKind::timeout);
  const auto next = (*session)->command({"GET", "y"});
  REQUIRE_FALSE(next.ok());
  CHECK(next.failure().kind == FailureKind::transient);
}

TEST_CASE("a Redis answers what it is asked", "[redis]") {
  over_database_servers([](const DatabaseServers& at) { answers(at.redis, ""); });
}

TEST_CASE("a Redis refuses who has no password, or a wrong one", "[redis]") {
  over_database_servers([](const DatabaseServers& at) {
    const std::string host = at.redis.substr(at.redis.find('@') + 1);
    const auto wrong = connect("redis://:canary-word@" + host);
    REQUIRE_FALSE(wrong.ok());
    CHECK(wrong.failure().kind == FailureKind::refused);
    hides_the_password(wrong.failure());
    auto anonymous = connect("redis://" + host);
    REQUIRE(anonymous.ok());
    CHECK((*anonymous)->command({"PING"}).failure().code == "NOAUTH");
  });
}

TEST_CASE("a Redis is spoken to in secret when it is the one that it says it is", "[redis]") {
  // The lab's Redis has no certificate.
  if (!on_stack()) return;
  const std::string ca = read_file(stack_variable("OSTLER_STACK_CA")).value();
  answers(stack_variable("OSTLER_REDIS_TLS"), ca);
  const auto untrusted = connect(stack_variable("OSTLER_REDIS_TLS"));
  REQUIRE_FALSE(untrusted.ok());
  CHECK(untrusted.failure().kind == FailureKind::permanent);
  CHECK(untrusted.failure().message.find("certificate is not trusted") != std::string::npos);
  // The certificate is right, the name is not.
  const std::string elsewhere =
      replace_all(stack_variable("OSTLER_REDIS_TLS"), "127.0.0.1", "127.0.0.2");
  CHECK_FALSE(connect(elsewhere, ca).ok());
}

TEST_CASE("the system Redis reads INFO and measures a round trip", "[redis]") {
  over_database_servers([](const DatabaseServers& at) {
    const auto connector = make_redis_connector();
    const auto clock = make_system_clock();
    const auto redis = make_redis({"sessions", std::make_shared<Secret>(std::string(at.redis)), ""},
                                  *connector, *clock);
    const auto memory = redis->info("memory");
    REQUIRE(memory.ok());
    CHECK(memory->at("maxmemory_policy") == "noeviction");
    CHECK(redis->info("replication")->at("role") == "master");
    CHECK(redis->ping().value() < Milliseconds(1000));
  });
}
