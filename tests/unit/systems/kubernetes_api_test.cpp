#include "systems/kubernetes_api.hpp"

#include "tests/fakes/fake_http.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

Json status(int code, const char* reason, const char* message) {
  return {{"kind", "Status"}, {"apiVersion", "v1"}, {"status", "Failure"},
          {"reason", reason}, {"message", message}, {"code", code}};
}

Failure refusal(int code, const char* reason, Effect effect) {
  return kubernetes_failure(json_answer(code, status(code, reason, "because")), effect,
                            "patching Deployment a/b at https://api:6443");
}

}  // namespace

TEST_CASE("a refusal is classified by what it says about the effect", "[kubernetes]") {
  struct Row {
    int code;
    const char* reason;
    FailureKind look, effect;
    const char* failure_code;
  };
  for (const Row& row : {
           Row{400, "BadRequest", FailureKind::refused, FailureKind::refused, "400"},
           Row{401, "Unauthorized", FailureKind::refused, FailureKind::refused, "401"},
           Row{403, "Forbidden", FailureKind::refused, FailureKind::refused, "403"},
           Row{404, "NotFound", FailureKind::permanent, FailureKind::permanent, "404"},
           Row{408, "Timeout", FailureKind::transient, FailureKind::unknown, "408"},
           Row{409, "Conflict", FailureKind::refused, FailureKind::refused, "Conflict"},
           Row{409, "AlreadyExists", FailureKind::refused, FailureKind::refused, "AlreadyExists"},
           Row{410, "Expired", FailureKind::permanent, FailureKind::permanent, "410"},
           Row{415, "UnsupportedMediaType", FailureKind::permanent, FailureKind::permanent, "415"},
           Row{422, "Invalid", FailureKind::permanent, FailureKind::permanent, "422"},
           Row{429, "TooManyRequests", FailureKind::transient, FailureKind::transient, "429"},
           Row{500, "InternalError", FailureKind::transient, FailureKind::unknown, "500"},
           Row{503, "ServiceUnavailable", FailureKind::transient, FailureKind::unknown, "503"},
           Row{504, "Timeout", FailureKind::transient, FailureKind::unknown, "504"},
       }) {
    INFO(row.code << " " << row.reason);
    CHECK(refusal(row.code, row.reason, Effect::none).kind == row.look);
    CHECK(refusal(row.code, row.reason, Effect::possible).kind == row.effect);
    CHECK(refusal(row.code, row.reason, Effect::possible).code == row.failure_code);
  }
}

TEST_CASE("a refusal says what was asked of whom, and in which words it was refused",
          "[kubernetes]") {
  CHECK(refusal(403, "Forbidden", Effect::none).message ==
        "patching Deployment a/b at https://api:6443: 403 Forbidden: because");
  CHECK(kubernetes_failure(http_answer(502, "<html>bad gateway\x1b[31m</html>"), Effect::none, "x")
            .message == "x: 502: <html>bad gateway\\x1b[31m</html>");
}

TEST_CASE("the fields an object fails by are named", "[kubernetes]") {
  Json invalid = status(422, "Invalid", "Deployment is invalid");
  invalid["details"]["causes"] =
      Json::array({{{"field", "spec.replicas"}, {"message", "must be at least 0"}}});
  CHECK(kubernetes_failure(json_answer(422, invalid), Effect::possible, "x").message ==
        "x: 422 Invalid: Deployment is invalid; spec.replicas: must be at least 0");
}

TEST_CASE("when to come back stands in the hint", "[kubernetes]") {
  Json busy = status(429, "TooManyRequests", "slow down");
  CHECK(
      kubernetes_failure(json_answer(429, busy, {{"retry-after", "7"}}), Effect::none, "x").hint ==
      "Try again in 7 s, as the server asks.");
  busy["details"]["retryAfterSeconds"] = 3;
  CHECK(kubernetes_failure(json_answer(429, busy), Effect::none, "x").hint ==
        "Try again in 3 s, as the server asks.");
}

TEST_CASE("paths are built from kinds", "[kubernetes]") {
  const ObjectRef deployment = deployment_ref("pool", "web");
  const auto resource = known_resource(deployment.api_version, deployment.kind);
  REQUIRE(resource);
  CHECK(resource_path(deployment, *resource, "scale") ==
        "/apis/apps/v1/namespaces/pool/deployments/web/scale");
  CHECK(resource_path({"v1", "Node", "", ""}, *known_resource("v1", "Node")) == "/api/v1/nodes");
  CHECK(resource_path({"v1", "Pod", "", ""}, *known_resource("v1", "Pod")) == "/api/v1/pods");
  CHECK(resource_path({"v1", "Pod", "a", "x/../y"}, *known_resource("v1", "Pod")) ==
        "/api/v1/namespaces/a/pods/x%2F..%2Fy");
  CHECK_FALSE(known_resource("example.com/v1", "Deployment"));
}
