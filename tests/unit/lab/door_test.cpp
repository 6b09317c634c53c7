// What all doors of the lab share.
#include "ostler/lab/door.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::lab;

namespace {

Served finished(const std::string& method, Served served, std::string sent = "") {
  HttpRequest request;
  request.method = method;
  request.body = std::move(sent);
  finish_transfer(request, served, Instant{1'000}, 10);
  return served;
}

}  // namespace

TEST_CASE("the answer to a HEAD keeps the length of its body and moves nothing", "[lab][door]") {
  const Served head = finished("HEAD", answer_text(200, std::string(5'000, 'x')));
  CHECK(head.response.body.empty());
  CHECK(head.response.headers.back() == HttpHeader{"content-length", "5000"});
  CHECK(head.took == Instant{1'000});
  const Served empty = finished("HEAD", answer_text(404, ""));
  CHECK(empty.response.headers.size() == 1);
}

TEST_CASE("an answer takes its latency and the time for the bytes of both ways", "[lab][door]") {
  const Served got =
      finished("PUT", answer_text(200, std::string(20'000, 'x')), std::string(10'000, 'y'));
  CHECK(got.response.body.size() == 20'000);
  CHECK(got.took == Instant{4'000});
}
