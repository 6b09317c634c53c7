// Streaming from one server to another: nothing lost, and nothing completed that is not right.
#include "tests/contract/loopback.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/transport/http.hpp"

using namespace ostler;

namespace {

std::string content(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

/// A source and a target with a client between them. The target keeps what it got.
struct Route {
  explicit Route(std::function<void(Connection&)> give)
      : source(std::move(give)), target([this](Connection& connection) {
          const std::string text = connection.read_request();
          const auto body = text.find("\r\n\r\n");
          if (body != std::string::npos) {
            const auto header = text.find("Content-Length: ");
            received = text.substr(body + 4);
            complete = header < body && received.size() == std::stoul(text.substr(header + 16));
          }
          connection.answer(201, "stored");
        }) {}

  Result<HttpResponse> pipe(
      std::uint64_t length,
      const std::function<bool(std::string_view)>& watch = [](std::string_view) { return true; }) {
    HttpRequest from, to;
    from.url = source.url("/blob?signature=secret");
    to.method = "PUT";
    to.url = target.url("/upload");
    return http->pipe(from, to, length, watch);
  }

  Cancellation cancellation;
  std::unique_ptr<HttpClient> http = make_http_client(cancellation);
  std::string received;
  std::atomic<bool> complete{false};
  Loopback source, target;
};

std::function<void(Connection&)> giving(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& connection) {
    connection.read_request();
    connection.answer(200, bytes);
  };
}

}  // namespace

TEST_CASE("the target gets the source's bytes, and the watcher sees them all", "[http][pipe]") {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{100'000}, std::size_t{9u << 20}}) {
    INFO(size);
    const std::string bytes = content(size);
    Sha256 seen;
    Route route{giving(bytes)};
    const auto answer = route.pipe(size, [&](std::string_view piece) {
      seen.update(piece);
      return true;
    });
    REQUIRE(answer.ok());
    CHECK(answer->status == 201);
    CHECK(answer->body == "stored");
    CHECK(route.received == bytes);
    CHECK(seen.hex() == sha256_hex(bytes));
  }
}

TEST_CASE("a source that refuses is what failed, and the target hears nothing", "[http][pipe]") {
  for (const auto& [status, kind] :
       {std::pair{404, FailureKind::permanent}, std::pair{403, FailureKind::refused},
        std::pair{503, FailureKind::transient}}) {
    Route route{[status = status](Connection& connection) {
      connection.read_request();
      connection.answer(status, "no");
    }};
    const auto answer = route.pipe(10);
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.failure().kind == kind);
    CHECK(answer.failure().code == std::to_string(status));
    CHECK(answer.failure().message.find("secret") == std::string::npos);
    CHECK(route.target.connections == 0);
  }
}

TEST_CASE("the upload is never completed when the download is not right", "[http][pipe]") {
  const std::string bytes = content(700'000);
  SECTION("it breaks off") {
    Route route{[&](Connection& connection) {
      connection.read_request();
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 700000\r\n\r\n" +
                      bytes.substr(0, 600'000));
    }};
    CHECK(route.pipe(700'000).failure().kind == FailureKind::transient);
    CHECK_FALSE(route.complete);
  }
  SECTION("it is shorter than it should be") {
    Route route{giving(bytes.substr(0, 699'999))};
    CHECK(route.pipe(700'000).failure().kind == FailureKind::permanent);
    CHECK_FALSE(route.complete);
  }
  SECTION("it is longer") {
    Route route{giving(bytes + "x")};
    CHECK(route.pipe(700'000).failure().kind == FailureKind::permanent);
    CHECK_FALSE(route.complete);
  }
  SECTION("every byte is there, and only then it turns out broken") {
    Route* target = nullptr;
    Route route{[&](Connection& connection) {
      connection.read_request();
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\naae60\r\n" + bytes);
      // Time enough for an upload that does not wait for the end of the download.
      for (int times = 0; times < 30 && !target->complete; ++times)
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }};
    target = &route;
    CHECK(route.pipe(700'000).failure().kind == FailureKind::transient);
    CHECK_FALSE(route.complete);
  }
  SECTION("the watcher does not like the last piece") {
    Route route{giving(bytes)};
    std::size_t seen = 0;
    const auto answer = route.pipe(
        700'000, [&](std::string_view piece) { return (seen += piece.size()) < 700'000; });
    CHECK(answer.failure().kind == FailureKind::cancelled);
    CHECK_FALSE(route.complete);
  }
}

TEST_CASE("a target that answers early is listened to", "[http][pipe]") {
  const std::string bytes = content(4u << 20);
  Loopback source{giving(bytes)};
  Loopback target{[](Connection& connection) {
    connection.answer(413, "too large", "Connection: close\r\n");
    connection.wait_for_hang_up();
  }};
  Cancellation cancellation;
  const auto http = make_http_client(cancellation);
  HttpRequest from, to;
  from.url = source.url("/");
  to.method = "PUT";
  to.url = target.url("/");
  const auto answer = http->pipe(from, to, bytes.size(), [](std::string_view) { return true; });
  REQUIRE(answer.ok());
  CHECK(answer->status == 413);
}

TEST_CASE("a target that hangs up leaves the outcome open", "[http][pipe]") {
  const std::string bytes = content(100'000);
  Loopback source{giving(bytes)};
  Loopback target{[](Connection& connection) { connection.read_request(); }};
  Cancellation cancellation;
  const auto http = make_http_client(cancellation);
  HttpRequest from, to;
  from.url = source.url("/");
  to.method = "PUT";
  to.url = target.url("/");
  CHECK(http->pipe(from, to, bytes.size(), [](std::string_view) { return true; }).failure().kind ==
        FailureKind::unknown);
}
