#include "transport/redis_protocol.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

Result<RedisAddress> read(const std::string& url) {
  return read_redis_address(Secret(std::string(url)));
}

/// Feeds byte by byte; the reply, which must come with the last one.
Result<RedisReply> reply_of(std::string_view bytes) {
  RedisReplyReader reader;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    auto reply = reader.feed(bytes.substr(at, 1));
    if (!reply.ok()) return reply.failure();
    if (reply->has_value()) {
      CHECK(at + 1 == bytes.size());
      return **reply;
    }
  }
  return Failure{FailureKind::unknown, "incomplete", "", ""};
}

}  // namespace

TEST_CASE("Redis URLs are read in all their parts") {
  const auto full = read("rediss://us%40er:p%3Aw@cache.example:6380/3");
  REQUIRE(full.ok());
  CHECK(full->encrypted);
  CHECK(full->user == "us@er");
  CHECK(full->password.reveal() == "p:w");
  CHECK(full->host == "cache.example");
  CHECK(full->port == "6380");
  CHECK(full->database == 3);
  CHECK(full->text() == "Redis at cache.example:6380");
  const auto plain = read("redis://:secret-word@[::1]");
  REQUIRE(plain.ok());
  CHECK(plain->user.empty());
  CHECK(plain->host == "::1");
  CHECK(plain->text() == "Redis at [::1]:6379");
}

TEST_CASE("damaged URLs and passwords in the clear are refused, and never quoted") {
  for (const char* url : {"", "canary", "http://canary", "redis://", "redis://:canary%zz@localhost",
                          "redis://:canary@cache.example", "redis://localhost:canary",
                          "redis://localhost/canary", "redis://localhost:99999", "redis://[::1",
                          "redis://localhost/0?canary", "redis://:canary@localhost.evil.test"}) {
    INFO(url);
    const auto address = read(url);
    REQUIRE_FALSE(address.ok());
    CHECK(address.failure().kind == FailureKind::refused);
    CHECK((address.failure().message + address.failure().hint).find("canary") == std::string::npos);
  }
  CHECK(read("redis://cache.example").ok());
}

TEST_CASE("commands are arrays of strings, binary ones too") {
  CHECK(redis_command({"SET", std::string("a\0b", 3), ""}) ==
        std::string("*3\r\n$3\r\nSET\r\n$3\r\na\0b\r\n$0\r\n\r\n", 28));
}

TEST_CASE("replies are put together from any pieces") {
  CHECK(reply_of("+OK\r\n")->text == "OK");
  CHECK(reply_of(":-42\r\n")->integer == -42);
  CHECK(reply_of("$5\r\nhe\r\no\r\n")->text == "he\r\no");
  CHECK(reply_of("$-1\r\n")->kind == RedisReply::Kind::nil);
  const auto list = reply_of("*3\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n+x\r\n");
  REQUIRE(list.ok());
  REQUIRE(list->elements.size() == 3);
  CHECK(list->elements[1].elements[0].integer == 1);
  CHECK(list->elements[1].elements[1].kind == RedisReply::Kind::nil);
  CHECK(list->elements[2].text == "x");
}

TEST_CASE("the reader goes on after an error of the server") {
  RedisReplyReader reader;
  CHECK(reader.feed("-ERR odd\r\n").failure().code == "ERR");
  CHECK(reader.in_step());
  CHECK((*reader.feed("+OK\r\n"))->text == "OK");
}

TEST_CASE("bytes beyond the caps are refused") {
  CHECK_FALSE(reply_of("*1000000000\r\n").ok());
  CHECK_FALSE(reply_of("hello\r\n").ok());
  CHECK_FALSE(reply_of("$-2\r\nx").ok());
  std::string deep;
  for (int level = 0; level < 100; ++level) deep += "*1\r\n";
  CHECK_FALSE(reply_of(deep).ok());
  std::string many;
  for (int count = 0; count < 20; ++count) many += "*100000\r\n";
  CHECK_FALSE(reply_of(many).ok());
  RedisReplyReader reader;
  REQUIRE(reader.feed("$1000000000\r\n").ok());
  Result<std::optional<RedisReply>> last = std::optional<RedisReply>();
  const std::string piece(1u << 20, 'x');
  for (int count = 0; count < 16 && last.ok(); ++count) last = reader.feed(piece);
  CHECK_FALSE(last.ok());
  CHECK_FALSE(reader.in_step());
}

TEST_CASE("what an error reply means") {
  CHECK(redis_failure("NOAUTH Authentication required.").kind == FailureKind::refused);
  CHECK(redis_failure("WRONGPASS invalid username-password pair").kind == FailureKind::refused);
  CHECK(redis_failure("ERR AUTH <password> called without any password configured").kind ==
        FailureKind::refused);
  CHECK(redis_failure("LOADING Redis is loading the dataset in memory").kind ==
        FailureKind::transient);
  CHECK(redis_failure("MASTERDOWN Link with MASTER is down").kind == FailureKind::transient);
  CHECK(redis_failure("ERR max number of clients reached").kind == FailureKind::transient);
  CHECK(redis_failure("ERR unknown command").kind == FailureKind::permanent);
  CHECK(redis_failure("READONLY You can't write").code == "READONLY");
}
