// The real HttpClient against servers that behave and servers that do not.
#include "tests/contract/loopback.hpp"
#include "tests/contract/stack.hpp"

#include "ostler/base/file.hpp"
#include "ostler/transport/http.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

using namespace ostler;

namespace {

struct Client {
  Cancellation cancellation;
  std::unique_ptr<HttpClient> http = make_http_client(cancellation);
};

HttpRequest request(const std::string& method, const std::string& url,
                    const std::string& body = "") {
  HttpRequest result;
  result.method = method;
  result.url = url;
  result.body = body;
  return result;
}

std::shared_ptr<const Secret> secret(const std::string& value) {
  return std::make_shared<const Secret>(std::string{value});
}

/// Answers every request of a connection with 200 and the request's own bytes.
void echo(Connection& connection) {
  for (std::string text; !(text = connection.read_request()).empty();) connection.answer(200, text);
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an answer comes with status, lower-case headers and body", "[http]") {
  Client client;
  Loopback server{[](Connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n");
    connection.answer(404, "nothing", "X-Thing:  a \r\nX-THING: b\r\n");
  }};
  const auto answer = client.http->send(request("GET", server.url("/a?b=c")));
  REQUIRE(answer.ok());
  CHECK(answer->status == 404);
  CHECK(answer->body == "nothing");
  CHECK(answer->header("x-thing") == "a");
  CHECK(answer->header("x-early").empty());
  CHECK(answer->header("absent").empty());
}

TEST_CASE("requests carry what was asked and nothing of libcurl's own", "[http]") {
  Client client;
  Loopback server{echo};
  const auto sent = [&](HttpRequest wanted) {
    const auto answer = client.http->send(wanted);
    REQUIRE(answer.ok());
    return answer->body;
  };
  const std::string post = sent(request("POST", server.url("/x"), "body"));
  CHECK(holds(post, "POST /x HTTP/1.1\r\n"));
  CHECK(holds(post, "\r\n\r\nbody"));
  CHECK_FALSE(holds(post, "Content-Type"));
  CHECK_FALSE(holds(post, "Expect"));
  CHECK_FALSE(holds(sent(request("PUT", server.url("/x"), std::string(2u << 20, 'a'))), "Expect"));
  CHECK(holds(sent(request("POST", server.url("/x"))), "Content-Length: 0\r\n"));
  CHECK(holds(sent(request("PATCH", server.url("/x"), "{}")), "PATCH /x HTTP/1.1\r\n"));
  CHECK(holds(sent(request("DELETE", server.url("/x"), "{}")), "\r\n\r\n{}"));
  const std::string bare = sent(request("DELETE", server.url("/a/../b%2Fc?q=%20")));
  CHECK(holds(bare, "DELETE /a/../b%2Fc?q=%20 HTTP/1.1\r\n"));
  CHECK_FALSE(holds(bare, "Content-Length"));

  HttpRequest with = request("GET", server.url("/x"));
  with.headers = {{"X-Empty", ""}, {"Content-Type", "a/b"}};
  with.bearer = secret("token-value");
  const std::string text = sent(with);
  CHECK(holds(text, "X-Empty:\r\n"));
  CHECK(holds(text, "Content-Type: a/b\r\n"));
  CHECK(holds(text, "Authorization: Bearer token-value\r\n"));
  HttpRequest basic = request("GET", server.url("/x"));
  basic.basic_user = "Aladdin";
  basic.basic_password = secret("open sesame");
  CHECK(holds(sent(basic), "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
}

TEST_CASE("a request to S3 is signed over the query as it is sent", "[http]") {
  Client client;
  Loopback server{echo};
  HttpRequest wanted = request("GET", server.url("/bucket?versioning"));
  wanted.aws = AwsCredentials{"AK", secret("secret-key"), "us-east-1"};
  const std::string text = client.http->send(wanted)->body;
  CHECK(holds(text, "GET /bucket?versioning= HTTP/1.1\r\n"));
  CHECK(holds(text,
              "x-amz-content-sha256: "
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n"));
  CHECK(holds(text, "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="));
}

TEST_CASE("redirects are answers", "[http]") {
  Client client;
  Loopback server{[](Connection& connection) {
    connection.read_request();
    connection.answer(307, "", "Location: http://127.0.0.1:1/\r\n");
  }};
  CHECK(client.http->send(request("GET", server.url("/")))->status == 307);
}

TEST_CASE("what left nothing behind is transient, what left a byte is unknown", "[http]") {
  Client client;
  const auto failure = [&](const HttpRequest& wanted) {
    const auto answer = client.http->send(wanted);
    REQUIRE_FALSE(answer.ok());
    return answer.failure();
  };
  const Failure refused = failure(
      request("POST", "http://127.0.0.1:" + std::to_string(closed_port()) + "/path?secret=1"));
  CHECK(refused.kind == FailureKind::transient);
  CHECK(holds(refused.message, "POST http://127.0.0.1:"));
  CHECK(holds(refused.message, "/path: could not connect"));
  CHECK_FALSE(holds(refused.message, "secret"));
  CHECK(failure(request("GET", "https://no-such-host.invalid/")).kind == FailureKind::transient);

  Loopback hang_up{[](Connection& connection) { connection.read_request(); }};
  CHECK(failure(request("POST", hang_up.url("/"), "x")).kind == FailureKind::unknown);
  Loopback reset{[](Connection& connection) {
    connection.read_request();
    connection.reset_on_close();
  }};
  CHECK(failure(request("POST", reset.url("/"), "x")).kind == FailureKind::unknown);
  Loopback cut{[](Connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  }};
  CHECK(failure(request("PATCH", cut.url("/"), "x")).kind == FailureKind::unknown);
  Loopback garbage{[](Connection& connection) {
    connection.read_request();
    connection.send("220 smtp ready\r\n");
  }};
  CHECK(failure(request("POST", garbage.url("/"), "x")).kind == FailureKind::unknown);
  Loopback silent{[](Connection& connection) { connection.wait_for_hang_up(); }};
  HttpRequest late = request("POST", silent.url("/"), "x");
  late.timeout = Milliseconds{80};
  CHECK(failure(late).kind == FailureKind::timeout);
}

TEST_CASE("a server that speaks no TLS got no byte of the request", "[http]") {
  Client client;
  Loopback server{
      [](Connection& connection) { connection.send("HTTP/1.1 400 Bad Request\r\n\r\n"); }};
  const auto answer = client.http->send(
      request("POST", "https://127.0.0.1:" + std::to_string(server.port) + "/", "x"));
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.failure().kind == FailureKind::transient);
}

TEST_CASE("an answer over the limit is an error, and leaves an effect open", "[http]") {
  Client client;
  Loopback announced{[](Connection& connection) {
    connection.read_request();
    connection.answer(200, std::string(5000, 'a'));
  }};
  Loopback endless{[](Connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\n\r\n");
    while (connection.send(std::string(1000, 'a'))) {
    }
  }};
  Loopback headers{[](Connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\n");
    while (connection.send("X-Header: " + std::string(1000, 'a') + "\r\n")) {
    }
  }};
  for (const Loopback* server : {&announced, &endless, &headers}) {
    HttpRequest wanted = request("GET", server->url("/"));
    wanted.max_body = 4999;
    CHECK(client.http->send(wanted).failure().kind == FailureKind::permanent);
    wanted.method = "POST";
    CHECK(client.http->send(wanted).failure().kind == FailureKind::unknown);
  }
  HttpRequest fits = request("GET", announced.url("/"));
  fits.max_body = 5000;
  CHECK(client.http->send(fits).ok());
}

TEST_CASE("a HEAD may announce more than would be accepted", "[http]") {
  Client client;
  Loopback server{[](Connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
  }};
  const auto answer = client.http->send(request("HEAD", server.url("/")));
  REQUIRE(answer.ok());
  CHECK(answer->header("content-length") == "99999999999");
}

TEST_CASE("the long text of a refusal is cut, not an error", "[http]") {
  Client client;
  Loopback server{[](Connection& connection) {
    connection.read_request();
    connection.answer(500, std::string(200'000, 'x'));
  }};
  const auto answer = client.http->send(request("GET", server.url("/")));
  REQUIRE(answer.ok());
  CHECK(answer->body.size() == 64u << 10);
}

TEST_CASE("what cannot be sent is refused before anything is", "[http]") {
  Client client;
  Loopback server{echo};
  HttpRequest wanted = request("GET", server.url("/"));
  wanted.headers = {{"X-A", "b\r\nX-Evil: 1"}};
  CHECK(client.http->send(wanted).failure().kind == FailureKind::permanent);
  wanted.headers = {{"X A", "b"}};
  CHECK(client.http->send(wanted).failure().kind == FailureKind::permanent);
  wanted.headers.clear();
  wanted.bearer = secret("token\nmore");
  CHECK(client.http->send(wanted).failure().kind == FailureKind::permanent);
  CHECK(client.http->send(request("GE T", server.url("/"))).failure().kind ==
        FailureKind::permanent);
  CHECK(client.http->send(request("GET", "gopher://127.0.0.1/")).failure().kind ==
        FailureKind::permanent);
  CHECK(server.connections == 0);
}

TEST_CASE("addresses that lead astray are not connected to", "[http]") {
  Client client;
  for (const char* url :
       {"http://169.254.169.254/latest/meta-data", "http://[::ffff:169.254.169.254]/",
        "http://0xa9fea9fe/", "http://192.0.2.1/", "http://[2001:db8::1]/"}) {
    INFO(url);
    const auto answer = client.http->send(request("GET", url));
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.failure().kind == FailureKind::permanent);
  }
}

TEST_CASE("looks share a connection, an effect never rides on a kept one", "[http]") {
  Client client;
  Loopback server{echo};
  for (int times = 0; times < 3; ++times)
    CHECK(client.http->send(request("GET", server.url("/"))).ok());
  CHECK(server.connections == 1);
  CHECK(client.http->send(request("POST", server.url("/"))).ok());
  CHECK(server.connections == 2);
}

TEST_CASE("an effect is sent once even when the server hangs up on it", "[http]") {
  Client client;
  std::atomic<int> posts{0};
  Loopback server{[&](Connection& connection) {
    for (std::string text; !(text = connection.read_request()).empty();) {
      if (holds(text, "POST ")) {
        ++posts;
        return;
      }
      connection.answer(200, "");
    }
  }};
  CHECK(client.http->send(request("GET", server.url("/"))).ok());
  CHECK(client.http->send(request("POST", server.url("/"))).failure().kind == FailureKind::unknown);
  CHECK(posts == 1);
}

TEST_CASE("a look survives a kept connection that has died", "[http]") {
  Client client;
  std::atomic<int> served{0};
  Loopback server{[&](Connection& connection) {
    // Each connection answers one request and drops the next.
    if (connection.read_request().empty()) return;
    connection.answer(200, std::to_string(++served));
    connection.read_request();
  }};
  CHECK(client.http->send(request("GET", server.url("/")))->body == "1");
  CHECK(client.http->send(request("GET", server.url("/")))->body == "2");
}

TEST_CASE("requests sent together are under way together", "[http]") {
  Client client;
  constexpr int count = 12;
  std::mutex mutex;
  std::condition_variable all_here;
  int here = 0;
  Loopback server{[&](Connection& connection) {
    const std::string text = connection.read_request();
    std::unique_lock lock{mutex};
    ++here;
    all_here.notify_all();
    all_here.wait_for(lock, std::chrono::seconds{10}, [&] { return here >= count; });
    connection.answer(here >= count ? 200 : 500, text.substr(4, text.find(' ', 4) - 4));
  }};
  std::vector<HttpRequest> requests;
  for (int number = 0; number < count; ++number)
    requests.push_back(request("GET", server.url("/" + std::to_string(number))));
  requests.push_back(request("GET", "nonsense"));
  const auto answers = client.http->send_all(requests);
  REQUIRE(answers.size() == count + 1);
  for (int number = 0; number < count; ++number) {
    REQUIRE(answers[static_cast<std::size_t>(number)].ok());
    CHECK(answers[static_cast<std::size_t>(number)]->body == "/" + std::to_string(number));
  }
  CHECK_FALSE(answers.back().ok());
  CHECK(client.http->send_all({}).empty());
}

TEST_CASE("cancelling ends what waits and what comes", "[http]") {
  Client client;
  std::atomic<int> waiting{0};
  Loopback server{[&](Connection& connection) {
    connection.read_request();
    if (++waiting == 2) client.cancellation.request();
    connection.wait_for_hang_up();
  }};
  const auto answers =
      client.http->send_all({request("GET", server.url("/")), request("GET", server.url("/"))});
  for (const auto& answer : answers) CHECK(answer.failure().kind == FailureKind::cancelled);
  CHECK(client.http->send(request("GET", server.url("/"))).failure().kind ==
        FailureKind::cancelled);
  CHECK(server.connections == 2);
}

TEST_CASE("threads share one client", "[http]") {
  Client client;
  Loopback server{echo};
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int number = 0; number < 8; ++number)
    threads.emplace_back([&] {
      for (int times = 0; times < 20; ++times)
        if (client.http->send(request("GET", server.url("/"))).ok()) ++good;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 160);
  CHECK(server.connections <= 8);
}

TEST_CASE("a stream arrives in pieces, without a limit, and can be ended", "[http]") {
  Client client;
  const std::string body(3u << 20, 'b');
  Loopback server{[&](Connection& connection) {
    const std::string text = connection.read_request();
    connection.answer(holds(text, "/bad") ? 403 : 200, holds(text, "/bad") ? "no" : body);
  }};
  HttpRequest wanted = request("GET", server.url("/good"));
  wanted.max_body = 1000;
  std::string got;
  const auto whole = client.http->stream(wanted, [&](std::string_view piece) {
    got += piece;
    return true;
  });
  REQUIRE(whole.ok());
  CHECK(got == body);
  CHECK(whole->body.empty());
  int pieces = 0;
  const auto ended = client.http->stream(wanted, [&](std::string_view) { return ++pieces < 2; });
  CHECK(ended.failure().kind == FailureKind::cancelled);
  wanted.url = server.url("/bad");
  const auto refused = client.http->stream(wanted, [&](std::string_view) { return false; });
  REQUIRE(refused.ok());
  CHECK(refused->status == 403);
  CHECK(refused->body == "no");
}

TEST_CASE("the TLS peer is verified against the given authority and name", "[http]") {
  if (!on_stack()) return;
  Client client;
  HttpRequest wanted = request("GET", "https://127.0.0.1:5001/v2/");
  const std::string file = stack_variable("OSTLER_STACK_CA");
  const std::string authority = *read_file(file);
  const auto untrusted = client.http->send(wanted);
  REQUIRE_FALSE(untrusted.ok());
  CHECK(untrusted.failure().kind == FailureKind::permanent);
  CHECK(holds(untrusted.failure().message, "the server's certificate is not trusted"));
  wanted.tls.ca_pem = authority;
  CHECK(client.http->send(wanted).ok());
  wanted.tls.server_name = "elsewhere.example";
  CHECK(client.http->send(wanted).failure().kind == FailureKind::permanent);
  // The API server's certificate has this name besides its addresses.
  HttpRequest named = request("GET", "https://10.99.0.1:6443/livez");
  named.tls.ca_pem = authority;
  named.tls.server_name = "kubernetes.default.svc";
  CHECK(client.http->send(named).ok());
}

TEST_CASE("the S3 store accepts our signatures", "[http]") {
  if (!on_stack()) return;
  Client client;
  for (const char* query : {"?versioning", "?list-type=2&prefix=a%2Fb&max-keys=3",
                            "?prefix=x&list-type=2", "?object-lock"}) {
    HttpRequest wanted =
        request("GET", std::string{"http://127.0.0.1:7070/release-records"} + query);
    wanted.aws = AwsCredentials{stack_variable("OSTLER_S3_KEY"),
                                secret(stack_variable("OSTLER_S3_SECRET")), "us-east-1"};
    const auto answer = client.http->send(wanted);
    REQUIRE(answer.ok());
    INFO(query << ": " << answer->body);
    CHECK(answer->status == 200);
  }
}
