// The checks of the cluster: each is well on the platform at rest, and says what is wrong
// otherwise.
#include "tests/unit/checks/check_case.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

TEST_CASE("kubernetes.identity: only the named cluster") {
  CheckCase a;
  CHECK(a.worst("kubernetes.identity") == Outcome::pass);
  a.environment.kubernetes.cluster_uid = "another";
  a.environment.kubernetes.cluster_uid_place = {"environment.yaml", 8, 3};
  const Finding wrong = a.only("kubernetes.identity");
  CHECK(wrong.outcome == Outcome::fail);
  CHECK(wrong.limit == "uid another");
  CHECK(wrong.place.line == 8);
  a.platform.cluster.fail({"get", "kube-system", FakeKubernetes::Moment::before, a.silence, 9, 0});
  CHECK(a.worst("kubernetes.identity") == Outcome::inconclusive);
}

TEST_CASE("kubernetes.rights: every verb of a release and its undo") {
  CheckCase a;
  CHECK(a.worst("kubernetes.rights") == Outcome::pass);
  CHECK(a.findings("kubernetes.rights").size() == 2);  // the cell's namespace and the proxies'
  a.platform.cluster.deny("patch", "traefikservices");
  a.platform.cluster.deny("get", "pods/log");
  const Finding wrong = a.first_bad("kubernetes.rights");
  CHECK(wrong.subject == "namespace odoo-pool-a");
  CHECK(wrong.found == "may not get pods/log, patch traefikservices");
  a.platform.cluster.fail({"allowed", "", FakeKubernetes::Moment::before, a.silence, 99, 0});
  CHECK(a.worst("kubernetes.rights") == Outcome::inconclusive);
}

TEST_CASE("kubernetes.rights: reading proxies through the API server needs a right of its own") {
  CheckCase a;
  a.platform.cluster.deny("get", "pods/proxy");
  CHECK(a.worst("kubernetes.rights") == Outcome::pass);
  a.environment.traefik.through_api_server = true;
  CHECK(a.first_bad("kubernetes.rights").found == "may not get pods/proxy");
}

TEST_CASE("kubernetes.workloads: at rest and whole") {
  CheckCase a;
  CHECK(a.worst("kubernetes.workloads") == Outcome::pass);
  CHECK(a.findings("kubernetes.workloads").front().found == "3 of 3 available");
}

TEST_CASE("kubernetes.workloads: what is not at rest") {
  const auto found = [](const std::function<void(CheckCase&)>& change) {
    CheckCase a;
    change(a);
    return a.first_bad("kubernetes.workloads").found;
  };
  CHECK(found([](CheckCase& a) {
          a.platform.cluster.erase(deployment_ref("odoo-pool-a", "odoo-cron"));
        }) == "it does not exist");
  CHECK(found([](CheckCase& a) {
          a.platform.set_in_deployment("odoo-web", "/spec/paused", true);
        }) == "its rollout is paused");
  CHECK(found([](CheckCase& a) {
          a.platform.controllers.stuck.insert("odoo-web");
          a.platform.edit_deployment("odoo-web", {{"spec", {{"replicas", 5}}}});
        }).find("updated") != std::string::npos);
  CHECK(found([](CheckCase& a) {
          a.platform.edit_deployment(
              "odoo-queue",
              {{"metadata", {{"annotations", {{"ostler.dev/fenced-replicas", "2"}}}}}});
        }) == "still fenced at 0 of 2 replicas");
  for (const char* argument : {"-u", "--update=all", "-i", "--init=sale"})
    CHECK(found([&](CheckCase& a) {
            a.platform.set_in_deployment("odoo-web", "/spec/template/spec/containers/0/args",
                                         Json::array({"--workers=8", argument}));
          }) == fmt::format("every start updates the database ({})", argument));
  CHECK(found([](CheckCase& a) {
          Json canary = a.platform.deployment("odoo-web");
          canary["metadata"] = {{"name", "odoo-web-canary"}, {"namespace", "odoo-pool-a"}};
          a.platform.cluster.put(canary);
        }) == "a canary is there");
  CHECK(found([](CheckCase& a) {
          a.platform.cluster.erase(autoscaler_ref("odoo-pool-a", "odoo-web"));
        }) == "it does not exist");
}

TEST_CASE("kubernetes.workloads: a tag is well enough, and said") {
  CheckCase a;
  a.platform.set_in_deployment("odoo-web", "/spec/template/spec/containers/0/image",
                               "127.0.0.1:5001/retail/odoo:1");
  CHECK(a.worst("kubernetes.workloads") == Outcome::pass);
  CHECK(a.findings("kubernetes.workloads").front().found.find("image by tag") != std::string::npos);
}

TEST_CASE("kubernetes.graceful-exit: the boundaries") {
  struct Row {
    const char* pointer;
    Json value;
    Outcome expected;
  };
  const auto pass = Outcome::pass, fail = Outcome::fail;
  const std::string container = "/spec/template/spec/containers/0";
  for (const Row& row : std::vector<Row>{
           {"/spec/template/spec/containers/0/lifecycle/preStop/sleep/seconds", 4, pass},
           {"/spec/template/spec/containers/0/lifecycle/preStop/sleep/seconds", 3, fail},
           {"/spec/template/spec/containers/0/lifecycle", Json::object(), fail},
           {"/spec/template/spec/containers/0/lifecycle/preStop",
            {{"exec", {{"command", {"/bin/sh", "-c", "sleep 5"}}}}},
            pass},
           {"/spec/template/spec/containers/0/lifecycle/preStop",
            {{"exec", {{"command", {"sleep", "3"}}}}},
            fail},
           {"/spec/template/spec/terminationGracePeriodSeconds", 16, pass},
           {"/spec/template/spec/terminationGracePeriodSeconds", 15, fail},
           {"/spec/template/spec/containers/0/args", Json::array({"--limit-time-real=14"}), pass},
           {"/spec/template/spec/containers/0/args", Json::array({"--limit-time-real=15"}), fail},
           {"/spec/strategy", {{"type", "Recreate"}}, fail},
           {"/spec/strategy/rollingUpdate", {{"maxSurge", "25%"}, {"maxUnavailable", "25%"}}, pass},
           {"/spec/strategy/rollingUpdate", {{"maxSurge", 1}, {"maxUnavailable", "34%"}}, fail},
           {"/spec/strategy/rollingUpdate", {{"maxSurge", 1}, {"maxUnavailable", 1}}, fail},
           {"/spec/strategy/rollingUpdate", {{"maxSurge", 0}, {"maxUnavailable", 0}}, fail},
           {"/spec/minReadySeconds", 2, pass},
           {"/spec/minReadySeconds", 1, fail},
           {"/spec/template/spec/containers/0/readinessProbe", nullptr, fail}}) {
    CheckCase a;
    CAPTURE(row.pointer, row.value.dump());
    a.platform.set_in_deployment("odoo-web", row.pointer, row.value);
    CHECK(a.worst("kubernetes.graceful-exit") == row.expected);
  }
}

TEST_CASE("kubernetes.graceful-exit: the limit follows the proxies' reload time and is said") {
  CheckCase a;
  a.environment.traefik.throttle = Milliseconds{5000};
  const Finding wrong = a.first_bad("kubernetes.graceful-exit");
  CHECK(wrong.found == "preStop sleeps 6 s");
  CHECK(wrong.limit == "at least 7 s (the proxies' reload of 5 s and 2 s on the way)");
  a.platform.cluster.erase(deployment_ref("odoo-pool-a", "odoo-web"));
  CHECK(a.worst("kubernetes.graceful-exit") == Outcome::inconclusive);
}
