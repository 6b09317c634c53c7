#include "ostler/systems/prometheus.hpp"

#include "tests/fakes/fake_http.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace ostler;

namespace {

struct Wire {
  FakeHttp http;
  std::unique_ptr<PrometheusLook> prometheus =
      make_prometheus({"http://127.0.0.1:9090/", "", nullptr, Milliseconds{4000}}, http);

  Result<PromAnswer> query(int status, const std::string& body) {
    http.expect("POST", "http://127.0.0.1:9090/api/v1/query", http_answer(status, body));
    return prometheus->query("sum(rate(x{a=\"b\"}[1m]))");
  }
};

}  // namespace

TEST_CASE("an instant vector is read with labels, values and times", "[prometheus]") {
  Wire wire;
  const auto answer =
      wire.query(200, R"({"status":"success","data":{"resultType":"vector","result":[
      {"metric":{"service":"a"},"value":[1435781451.781,"0.0123"]},
      {"metric":{},"value":[1435781451.781,"NaN"]},
      {"metric":{},"value":[1435781451.781,"+Inf"]}]},"warnings":["partial"],"infos":["x"]})");
  REQUIRE(answer.ok());
  REQUIRE(answer->samples.size() == 3);
  CHECK(answer->samples[0].labels.at("service") == "a");
  CHECK(answer->samples[0].value == 0.0123);
  CHECK(format_utc(answer->samples[0].time) == "2015-07-01T20:10:51.781Z");
  CHECK(std::isnan(answer->samples[1].value));
  CHECK(std::isinf(answer->samples[2].value));
  CHECK(answer->warnings == std::vector<std::string>{"partial"});
  CHECK(wire.http.requests[0].body ==
        "query=sum%28rate%28x%7Ba%3D%22b%22%7D%5B1m%5D%29%29&timeout=4000ms");
}

TEST_CASE("no series is an answer without samples, a scalar is one sample", "[prometheus]") {
  Wire wire;
  const auto none =
      wire.query(200, R"({"status":"success","data":{"resultType":"vector","result":[]}})");
  REQUIRE(none.ok());
  CHECK(none->samples.empty());
  const auto scalar =
      wire.query(200, R"({"status":"success","data":{"resultType":"scalar","result":[1,"2"]}})");
  REQUIRE(scalar.ok());
  CHECK(scalar->samples.at(0).value == 2);
}

TEST_CASE("what is no number now is a failure, not a value", "[prometheus]") {
  Wire wire;
  for (
      const char* body :
      {R"({"status":"success","data":{"resultType":"matrix","result":[]}})",
       R"({"status":"success","data":{"resultType":"string","result":[1,"x"]}})",
       R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{}]}]}})",
       R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"x"]}]}})",
       R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,2]}]}})",
       "not JSON"}) {
    INFO(body);
    CHECK(wire.query(200, body).failure().kind == FailureKind::permanent);
  }
}

TEST_CASE("an error is told with its type, and by whether asking again may help", "[prometheus]") {
  Wire wire;
  const auto bad =
      wire.query(400, R"({"status":"error","errorType":"bad_data","error":"parse error"})");
  CHECK(bad.failure().message == "Prometheus at http://127.0.0.1:9090: 400 bad_data: parse error");
  CHECK(bad.failure().kind == FailureKind::permanent);
  CHECK(wire.query(503, R"({"status":"error","errorType":"timeout","error":"x"})").failure().kind ==
        FailureKind::transient);
  CHECK(wire.query(502, "<html>").failure().kind == FailureKind::transient);
  CHECK(wire.query(401, "").failure().kind == FailureKind::refused);
  wire.http.expect("POST", "*", Failure{FailureKind::unknown, "reset", "", ""});
  CHECK(wire.prometheus->query("x").failure().kind == FailureKind::transient);
}

TEST_CASE("ready is what Prometheus says of itself", "[prometheus]") {
  Wire wire;
  for (const auto& [status, ready] : {std::pair{200, true}, std::pair{503, false}}) {
    wire.http.expect("GET", "http://127.0.0.1:9090/-/ready", http_answer(status));
    CHECK(*wire.prometheus->ready() == ready);
  }
  wire.http.expect("GET", "http://127.0.0.1:9090/-/ready", http_answer(404));
  CHECK_FALSE(wire.prometheus->ready().ok());
}
