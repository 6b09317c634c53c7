// The bytes between us and a Redis server: URLs, commands, replies. hiredis reads the replies, but
// builds ours.
#include "transport/redis_protocol.hpp"

#include "ostler/base/text.hpp"

#include <hiredis.h>
#include <string.h>

#include <charconv>
#include <deque>

namespace ostler {

namespace {

constexpr std::size_t reply_limit = 16u << 20;
constexpr int element_limit = 1 << 17;

Failure bad_redis_url(std::string_view what) {
  return {FailureKind::refused, fmt::format("the Redis URL {}", what),
          "Write it as rediss://USER:PASSWORD@HOST:PORT/DATABASE, with special characters "
          "percent-encoded.",
          ""};
}

/// The text with %XX decoded; nothing when an escape is damaged.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded += text[at];
      continue;
    }
    unsigned value = 0;
    if (at + 2 >= text.size()) return std::nullopt;
    const auto [end, trouble] =
        std::from_chars(text.data() + at + 1, text.data() + at + 3, value, 16);
    if (trouble != std::errc() || end != text.data() + at + 3) return std::nullopt;
    decoded += static_cast<char>(value);
    at += 2;
  }
  return decoded;
}

bool is_number(std::string_view text, int limit) {
  int value = -1;
  const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), value);
  return trouble == std::errc() && end == text.data() + text.size() && value >= 0 && value <= limit;
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" ||
         (starts_with(host, "127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

Result<void> read_credentials(std::string_view text, RedisAddress& address) {
  const auto colon = text.find(':');
  auto user = percent_decoded(text.substr(0, colon));
  if (!user) return bad_redis_url("has a damaged escape in its user");
  address.user = *user;
  if (colon == std::string_view::npos) return {};
  auto password = percent_decoded(text.substr(colon + 1));
  if (!password) return bad_redis_url("has a damaged escape in its password");
  address.password = Secret(std::move(*password));
  return {};
}

Result<void> read_host(std::string_view text, RedisAddress& address) {
  std::string_view port;
  if (starts_with(text, "[")) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return bad_redis_url("has an unfinished IPv6 address");
    address.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    address.host = text.substr(0, text.find(':'));
    port = text.substr(address.host.size());
  }
  if (address.host.empty()) return bad_redis_url("names no host");
  if (port.empty()) return {};
  if (port[0] != ':' || !is_number(port.substr(1), 65535))
    return bad_redis_url("has a damaged port");
  address.port = port.substr(1);
  return {};
}

}  // namespace

struct RedisReplyReader::State {
  struct FreeReader {
    void operator()(redisReader* reader) const { redisReaderFree(reader); }
  };
  std::unique_ptr<redisReader, FreeReader> reader;
  std::size_t bytes = 0;  ///< of the reply under way
  int elements = 0;       ///< of the reply under way
  std::string first_error;
  RedisReply root;

  /// Where the value of `task` goes: into its parent's element, or the root.
  static RedisReply* place(const redisReadTask* task) {
    auto* state = static_cast<State*>(task->privdata);
    if (task->parent == nullptr) return &state->root;
    auto* parent = static_cast<RedisReply*>(task->parent->obj);
    return &parent->elements[static_cast<std::size_t>(task->idx)];
  }
  static void* create_string(const redisReadTask* task, char* text, std::size_t length) {
    auto* state = static_cast<State*>(task->privdata);
    RedisReply* reply = place(task);
    reply->kind =
        task->type == REDIS_REPLY_STRING ? RedisReply::Kind::text : RedisReply::Kind::status;
    reply->text.assign(text, length);
    if (task->type == REDIS_REPLY_ERROR && state->first_error.empty()) {
      state->first_error = reply->text.empty() ? "ERR" : reply->text;
    }
    return reply;
  }
  static void* create_array(const redisReadTask* task, int count) {
    auto* state = static_cast<State*>(task->privdata);
    if (count < 0 || count > element_limit - state->elements) return nullptr;
    state->elements += count;
    RedisReply* reply = place(task);
    reply->kind = RedisReply::Kind::array;
    reply->elements.resize(static_cast<std::size_t>(count));
    return reply;
  }
  static void* create_integer(const redisReadTask* task, long long value) {
    RedisReply* reply = place(task);
    reply->kind = RedisReply::Kind::integer;
    reply->integer = value;
    return reply;
  }
  static void* create_nil(const redisReadTask* task) {
    RedisReply* reply = place(task);
    reply->kind = RedisReply::Kind::nil;
    return reply;
  }
  static void free_object(void*) {}
};

std::string RedisAddress::text() const {
  const bool brackets = host.find(':') != std::string::npos;
  return sanitize(
      fmt::format("Redis at {}{}{}:{}", brackets ? "[" : "", host, brackets ? "]" : "", port));
}

Result<RedisAddress> read_redis_address(const Secret& url) {
  RedisAddress address;
  std::string_view rest = url.reveal();
  if (starts_with(rest, "rediss://")) {
    address.encrypted = true;
    rest.remove_prefix(9);
  } else if (starts_with(rest, "redis://")) {
    rest.remove_prefix(8);
  } else {
    return bad_redis_url("begins with neither redis:// nor rediss://");
  }
  if (rest.find_first_of("?#") != std::string_view::npos)
    return bad_redis_url("has a query or fragment");
  if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
    const std::string_view database = rest.substr(slash + 1);
    if (!database.empty()) {
      if (!is_number(database, 1'000'000))
        return bad_redis_url("has a database that is not a number");
      std::from_chars(database.data(), database.data() + database.size(), address.database);
    }
    rest = rest.substr(0, slash);
  }
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    OSTLER_CHECK(read_credentials(rest.substr(0, at), address));
    rest.remove_prefix(at + 1);
  }
  OSTLER_CHECK(read_host(rest, address));
  if (!address.encrypted && !address.password.empty() && !is_loopback(address.host)) {
    return Failure{
        FailureKind::refused,
        address.text() + ": redis:// would send the password over the network in the clear",
        "Write rediss://, or reach the server through a loopback address.", ""};
  }
  return address;
}

std::string redis_command(const std::vector<std::string>& words) {
  std::size_t size = 16;
  for (const std::string& word : words) size += word.size() + 32;
  std::string bytes;
  bytes.reserve(size);  // growing would leave copies of a password behind
  fmt::format_to(std::back_inserter(bytes), "*{}\r\n", words.size());
  for (const std::string& word : words) {
    fmt::format_to(std::back_inserter(bytes), "${}\r\n", word.size());
    bytes += word;
    bytes += "\r\n";
  }
  return bytes;
}

RedisReplyReader::RedisReplyReader() : state_(std::make_unique<State>()) {
  static redisReplyObjectFunctions functions{State::create_string, State::create_array,
                                             State::create_integer, State::create_nil,
                                             State::free_object};
  state_->reader.reset(redisReaderCreateWithFunctions(&functions));
  if (state_->reader) state_->reader->privdata = state_.get();
}

RedisReplyReader::~RedisReplyReader() = default;

Result<std::optional<RedisReply>> RedisReplyReader::feed(std::string_view bytes) {
  in_step_ = false;
  const auto damaged = [](std::string_view what) {
    return Failure{FailureKind::permanent, fmt::format("the answer {}", what),
                   "Check that the port is that of a Redis server.", ""};
  };
  state_->bytes += bytes.size();
  if (state_->bytes > reply_limit) {
    return damaged("is longer than " + format_bytes(reply_limit));
  }
  void* reply = nullptr;
  if (!state_->reader ||
      redisReaderFeed(state_->reader.get(), bytes.data(), bytes.size()) != REDIS_OK ||
      redisReaderGetReply(state_->reader.get(), &reply) != REDIS_OK) {
    return damaged("is no RESP2 or goes beyond its limits");
  }
  in_step_ = true;
  if (reply == nullptr) return std::optional<RedisReply>();
  state_->bytes = 0;
  state_->elements = 0;
  RedisReply done = std::exchange(state_->root, {});
  if (std::string error = std::exchange(state_->first_error, {}); !error.empty()) {
    return redis_failure(error);
  }
  return std::optional<RedisReply>(std::move(done));
}

Failure redis_failure(std::string_view error) {
  Failure failure{FailureKind::permanent, sanitize(error, Lines::escape, 500), "",
                  sanitize(error.substr(0, error.find(' ')), Lines::escape, 32)};
  const std::string& code = failure.code;
  if (code == "NOAUTH" || code == "WRONGPASS" || code == "NOPERM" || code == "DENIED" ||
      error.find("without any password configured") != std::string_view::npos ||
      error.find("invalid password") != std::string_view::npos) {
    failure.kind = FailureKind::refused;
    failure.hint = "Check the user, the password and the rights of the Redis user.";
  } else if (code == "LOADING" || code == "MASTERDOWN" || code == "BUSY" || code == "TRYAGAIN" ||
             code == "CLUSTERDOWN" || code == "OOM" ||
             error.find("max number of clients") != std::string_view::npos) {
    failure.kind = FailureKind::transient;
  }
  return failure;
}

}  // namespace ostler
