#include "tests/fakes/fake_http.hpp"
#include "tests/fakes/fake_processes.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/hash.hpp"
#include "ostler/systems/kubernetes.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace ostler;

namespace {

const std::string api = "https://api:6443";

/// A client with a scripted wire behind it.
struct Wire {
  explicit Wire(const std::string& user = "{token: token-one}")
      : folder(std::filesystem::temp_directory_path() / ("ostler-test-" + random_hex(12))) {
    std::filesystem::create_directories(folder);
    const std::string file = (folder / "config").string();
    REQUIRE(write_file_atomically(
                file,
                "current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n"
                "clusters: [{name: c, cluster: {server: 'https://api:6443'}}]\n"
                "users: [{name: u, user: " +
                    user + "}]\n")
                .ok());
    auto made = make_kubernetes({file, ""}, http, processes);
    REQUIRE(made.ok());
    kubernetes = std::move(*made);
  }
  ~Wire() { std::filesystem::remove_all(folder); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  std::filesystem::path folder;
  FakeHttp http;
  FakeProcesses processes;
  std::unique_ptr<Kubernetes> kubernetes;
};

Json status(int code, const std::string& reason, const std::string& name = "") {
  Json result{{"kind", "Status"}, {"reason", reason}, {"message", "because"}, {"code", code}};
  if (!name.empty()) result["details"]["name"] = name;
  return result;
}

Json web() {
  Json object{{"apiVersion", "apps/v1"}, {"kind", "Deployment"}};
  object["metadata"] = {{"name", "web"}, {"namespace", "pool"}};
  return object;
}

const std::string web_path = api + "/apis/apps/v1/namespaces/pool/deployments/web";

}  // namespace

TEST_CASE("an object is read by its path with the token", "[kubernetes]") {
  Wire wire;
  wire.http.expect("GET", web_path, json_answer(200, web()));
  const auto object = wire.kubernetes->get(deployment_ref("pool", "web"));
  REQUIRE(object.ok());
  CHECK(object->value() == web());
  REQUIRE(wire.http.requests[0].bearer);
  CHECK(wire.http.requests[0].bearer->reveal() == "token-one");
  CHECK(wire.http.finished());
}

TEST_CASE("absent is only what the API server says about that very object", "[kubernetes]") {
  Wire wire;
  const ObjectRef ref = deployment_ref("pool", "web");
  wire.http.expect("GET", web_path, json_answer(404, status(404, "NotFound", "web")));
  const auto absent = wire.kubernetes->get(ref);
  REQUIRE(absent.ok());
  CHECK_FALSE(absent->has_value());

  wire.http.expect("GET", web_path, http_answer(404, "404 page not found"));
  CHECK(wire.kubernetes->get(ref).failure().code == "404");
  wire.http.expect("GET", web_path,
                   json_answer(404, status(404, "NotFound")));  // the kind is unknown
  CHECK(wire.kubernetes->get(ref).failure().code == "404");
  for (const int code : {401, 403}) {
    wire.http.expect("GET", web_path, json_answer(code, status(code, "x")));
    CHECK(wire.kubernetes->get(ref).failure().kind == FailureKind::refused);
  }
  wire.http.expect("GET", web_path, Failure{FailureKind::unknown, "reset", "", ""});
  CHECK(wire.kubernetes->get(ref).failure().kind == FailureKind::transient);
  CHECK(wire.http.finished());
}

TEST_CASE("a list is read over all its pages and its items get their kind", "[kubernetes]") {
  Wire wire;
  const std::string path = api + "/api/v1/namespaces/pool/pods?limit=250&labelSelector=app%3Dweb";
  Json first{{"kind", "PodList"}}, second = first;
  first["metadata"]["continue"] = "a/b";
  first["items"] = Json::array({{{"metadata", {{"name", "one"}}}}});
  second["items"] = Json::array({{{"metadata", {{"name", "two"}}}}});
  wire.http.expect("GET", path, json_answer(200, first));
  wire.http.expect("GET", path + "&continue=a%2Fb", json_answer(200, second));
  const auto pods = wire.kubernetes->list({"v1", "Pod", "pool", ""}, {"app=web", ""});
  REQUIRE(pods.ok());
  REQUIRE(pods->size() == 2);
  CHECK((*pods)[1]["metadata"]["name"] == "two");
  CHECK((*pods)[1]["kind"] == "Pod");
  CHECK((*pods)[1]["apiVersion"] == "v1");
  CHECK(wire.http.finished());
}

TEST_CASE("a list whose snapshot expires is read anew, not for ever", "[kubernetes]") {
  Wire wire;
  Json page{{"kind", "PodList"}};
  page["metadata"]["continue"] = "x";
  page["items"] = Json::array({{{"metadata", {{"name", "one"}}}}});
  const std::string path = api + "/api/v1/pods?limit=250";
  const auto expire = [&] {
    wire.http.expect("GET", path, json_answer(200, page));
    wire.http.expect("GET", path + "&continue=x", json_answer(410, status(410, "Expired")));
  };
  expire();
  Json all = page;
  all["metadata"].erase("continue");
  wire.http.expect("GET", path, json_answer(200, all));
  CHECK(wire.kubernetes->list({"v1", "Pod", "", ""}, {})->size() == 1);
  for (int attempt = 0; attempt < 3; ++attempt) expire();
  CHECK(wire.kubernetes->list({"v1", "Pod", "", ""}, {}).failure().kind == FailureKind::transient);
  CHECK(wire.http.finished());
}

TEST_CASE("an unknown kind is discovered once", "[kubernetes]") {
  Wire wire;
  Json group = Json::object();
  group["resources"] =
      Json::array({{{"name", "widgets/status"}, {"kind", "Widget"}, {"namespaced", true}},
                   {{"name", "widgets"}, {"kind", "Widget"}, {"namespaced", true}}});
  wire.http.expect("GET", api + "/apis/example.com/v1", json_answer(200, group));
  const std::string widget = api + "/apis/example.com/v1/namespaces/pool/widgets/w";
  wire.http.expect("GET", widget, json_answer(404, status(404, "NotFound", "w")));
  wire.http.expect("GET", widget, json_answer(404, status(404, "NotFound", "w")));
  const ObjectRef ref{"example.com/v1", "Widget", "pool", "w"};
  CHECK(wire.kubernetes->get(ref).ok());
  CHECK(wire.kubernetes->get(ref).ok());
  CHECK(wire.http.finished());
}

TEST_CASE("writes carry the field manager, strict validation and their media type",
          "[kubernetes]") {
  Wire wire;
  const std::string flags = "?fieldManager=ostler&fieldValidation=Strict";
  wire.http.expect("PATCH", web_path + flags, json_answer(200, web()));
  wire.http.expect("PATCH", web_path + flags + "&force=false", json_answer(201, web()));
  wire.http.expect("POST", api + "/apis/apps/v1/namespaces/pool/deployments" + flags,
                   json_answer(201, web()));
  wire.http.expect("PATCH", web_path + "/scale" + flags,
                   json_answer(200, Json::parse(R"({"kind":"Scale","metadata":{"name":"web"}})")));
  const Json patch = Json::parse(R"({"spec":{"replicas":2}})");
  CHECK(wire.kubernetes->merge_patch(deployment_ref("pool", "web"), patch).ok());
  CHECK(wire.kubernetes->apply(web()).ok());
  CHECK(wire.kubernetes->create(web()).ok());
  CHECK(wire.kubernetes->merge_patch(deployment_ref("pool", "web"), patch, "scale").ok());
  CHECK(wire.http.finished());
  CHECK(wire.http.requests[0].headers[0] ==
        HttpHeader{"Content-Type", "application/merge-patch+json"});
  CHECK(wire.http.requests[1].headers[0] ==
        HttpHeader{"Content-Type", "application/apply-patch+yaml"});
  CHECK(wire.http.requests[0].body == R"({"spec":{"replicas":2}})");
}

TEST_CASE("a write whose answer does not show the object is unknown", "[kubernetes]") {
  Wire wire;
  wire.http.expect("PATCH", web_path + "*", http_answer(200, R"({"metadata":{"na)"));
  wire.http.expect("PATCH", web_path + "*", json_answer(200, status(200, "Success")));
  wire.http.expect("PATCH", web_path + "*", json_answer(500, status(500, "InternalError")));
  wire.http.expect("PATCH", web_path + "*", Failure{FailureKind::timeout, "late", "", ""});
  for (const FailureKind kind :
       {FailureKind::unknown, FailureKind::unknown, FailureKind::unknown, FailureKind::timeout})
    CHECK(wire.kubernetes->merge_patch(deployment_ref("pool", "web"), Json::object())
              .failure()
              .kind == kind);
}

TEST_CASE("deleting asks for that very object and takes its dependents along", "[kubernetes]") {
  Wire wire;
  wire.http.expect("DELETE", web_path, json_answer(200, status(200, "Success")));
  wire.http.expect("DELETE", web_path, json_answer(404, status(404, "NotFound", "web")));
  wire.http.expect("DELETE", web_path, json_answer(409, status(409, "Conflict")));
  CHECK(wire.kubernetes->remove(deployment_ref("pool", "web"), "uid-1").ok());
  CHECK(Json::parse(wire.http.requests[0].body) ==
        Json::parse(R"({"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Background",
                        "preconditions":{"uid":"uid-1"}})"));
  CHECK(wire.kubernetes->remove(deployment_ref("pool", "web")).ok());
  CHECK(wire.kubernetes->remove(deployment_ref("pool", "web"), "uid-1").failure().code ==
        "Conflict");
}

TEST_CASE("a right is asked for and answered", "[kubernetes]") {
  Wire wire;
  const std::string path = api + "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  wire.http.expect("POST", path, json_answer(201, Json::parse(R"({"status":{"allowed":true}})")));
  wire.http.expect("POST", path, json_answer(201, Json::parse(R"({"status":{"allowed":false}})")));
  const AccessQuestion question{"patch", "apps", "deployments", "scale", "pool"};
  CHECK(*wire.kubernetes->allowed(question));
  CHECK_FALSE(*wire.kubernetes->allowed(question));
  CHECK(
      Json::parse(wire.http.requests[0].body)["spec"]["resourceAttributes"] ==
      Json::parse(R"({"verb":"patch","group":"apps","resource":"deployments","subresource":"scale",
                        "namespace":"pool"})"));
}

TEST_CASE("a log is asked for in bounds and made harmless", "[kubernetes]") {
  Wire wire;
  wire.http.expect(
      "GET", api + "/api/v1/namespaces/pool/pods/p/log?limitBytes=100&container=odoo&tailLines=5",
      http_answer(200, "one\n\x1b[31mtwo\n"));
  const auto log = wire.kubernetes->pod_log("pool", "p", {"odoo", 5, 100});
  REQUIRE(log.ok());
  CHECK(*log == "one\n\\x1b[31mtwo\n");
}

TEST_CASE("a refused token file is read again, once", "[kubernetes]") {
  Wire wire{"{tokenFile: tok}"};
  const auto write_token = [&](const std::string& token) {
    REQUIRE(write_file_atomically((wire.folder / "tok").string(), token + "\n").ok());
  };
  write_token("token-old");
  wire.http.serve([&](const HttpRequest& request) -> Result<HttpResponse> {
    const bool fresh = request.bearer->reveal() == "token-new";
    write_token("token-new");
    return fresh ? json_answer(200, web()) : json_answer(401, status(401, "Unauthorized"));
  });
  CHECK(wire.kubernetes->get(deployment_ref("pool", "web")).ok());
  CHECK(wire.http.requests.size() == 2);

  wire.http.serve([](const HttpRequest&) -> Result<HttpResponse> {
    return json_answer(401, status(401, "Unauthorized"));
  });
  CHECK(wire.kubernetes->get(deployment_ref("pool", "web")).failure().code == "401");
  CHECK(wire.http.requests.size() == 3);  // the file says nothing new
}

namespace {

const char* const exec_user =
    "{exec: {apiVersion: client.authentication.k8s.io/v1, command: login, args: [get], "
    "installHint: 'Get login first.'}}";

std::string granted(const std::string& token, const std::string& expires) {
  Json answer{{"apiVersion", "client.authentication.k8s.io/v1"}, {"kind", "ExecCredential"}};
  answer["status"] = {{"token", token}, {"expirationTimestamp", expires}};
  return answer.dump();
}

}  // namespace

TEST_CASE("a plugin's credential is kept until it expires and renewed when refused",
          "[kubernetes]") {
  Wire wire{exec_user};
  wire.processes.answer(0, granted("token-one", "2100-01-01T00:00:00Z"));
  wire.processes.answer(0, granted("token-two", "2020-01-01T00:00:00Z"));
  wire.processes.answer(0, granted("token-three", "2100-01-01T00:00:00Z"));
  std::vector<std::string> tokens;
  wire.http.serve([&](const HttpRequest& request) -> Result<HttpResponse> {
    tokens.emplace_back(request.bearer->reveal());
    return tokens.size() == 3 ? json_answer(401, status(401, "Unauthorized"))
                              : json_answer(200, web());
  });
  for (int times = 0; times < 4; ++times)
    CHECK(wire.kubernetes->get(deployment_ref("pool", "web")).ok());
  // The third look is refused and asks again; what came then has expired, so the fourth asks once
  // more.
  CHECK(tokens == std::vector<std::string>{"token-one", "token-one", "token-one", "token-two",
                                           "token-three"});
  CHECK(wire.processes.requests[0].arguments == std::vector<std::string>{"login", "get"});
  const auto& environment = wire.processes.requests[0].environment;
  REQUIRE_FALSE(environment.empty());
  CHECK(environment.back().first == "KUBERNETES_EXEC_INFO");
  CHECK(Json::parse(environment.back().second)["spec"]["interactive"] == false);
}

TEST_CASE("a plugin that fails says so without its secrets", "[kubernetes]") {
  Wire wire{exec_user};
  const auto failure = [&] {
    return wire.kubernetes->get(deployment_ref("pool", "web")).failure();
  };
  CHECK(failure().message.find("'login' is not found") != std::string::npos);
  CHECK(failure().hint == "Get login first.");
  wire.processes.answer(1, "", "session expired\n");
  CHECK(failure().message ==
        "credentials for https://api:6443: the exec plugin 'login' ended with exit code 1: "
        "session expired");
  wire.processes.answer(0, "token-in-plain-text");
  CHECK(failure().message.find("token-in-plain-text") == std::string::npos);
  wire.processes.answer(
      0, R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{}})");
  CHECK(failure().message.find("neither a token nor a certificate") != std::string::npos);
  CHECK(wire.http.requests.empty());
}
