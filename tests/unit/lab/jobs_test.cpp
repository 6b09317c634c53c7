// Jobs: parts of a process one by one, ends good and bad, deadlines, kills.
#include "tests/unit/lab/cluster_fixture.hpp"

using namespace ostler;
using namespace ostler::lab;
using namespace std::chrono_literals;

namespace {

const ObjectRef update = job_ref("shop", "update");

Json job_object() {
  return Json::parse(R"({"apiVersion": "batch/v1", "kind": "Job",
    "metadata": {"name": "update", "namespace": "shop"},
    "spec": {"backoffLimit": 0, "template": {"metadata": {"labels": {"kind": "update"}}, "spec": {
      "restartPolicy": "Never",
      "containers": [{"name": "odoo", "image": "odoo:2", "args": ["-d", "acme"]}]}}}})");
}

/// Three parts a second apart, each of which leaves a line; the last ends with that code.
void script(ClusterFixture& lab, int exit_code, int& done) {
  lab.programs.scripts["odoo:2"].parts = [exit_code, &done] {
    std::vector<JobPart> parts;
    for (int at = 1; at <= 3; ++at)
      parts.push_back({1s, [at, exit_code, &done](std::string& log) -> std::optional<int> {
                         done = at;
                         log += "part " + std::to_string(at) + "\n";
                         if (at < 3) return std::nullopt;
                         return exit_code;
                       }});
    return parts;
  };
}

std::string reason_of(const ClusterFixture& lab, const std::string& type) {
  return text_at(lab.condition(lab.get(update), type), "/reason");
}

}  // namespace

TEST_CASE("a Job runs its parts one by one and says that it is complete", "[lab]") {
  ClusterFixture lab;
  int done = 0;
  script(lab, 0, done);
  Json job = job_object();
  job["spec"]["ttlSecondsAfterFinished"] = 100;
  lab.objects.put(job);
  REQUIRE(lab.comes(5s, [&] { return done == 1; }));
  CHECK(number_at(lab.get(update), "/status/active") == 1);
  REQUIRE(lab.pods().size() == 1);
  const std::string name = text_at(lab.pods()[0], "/metadata/name");
  CHECK(lab.cluster.log("shop", name) == "part 1\n");
  CHECK(text_at(lab.pods()[0], "/metadata/labels/batch.kubernetes.io~1job-name") == "update");
  CHECK(text_at(lab.pods()[0], "/metadata/labels/job-name") == "update");
  REQUIRE(lab.comes(5s, [&] { return reason_of(lab, "Complete") == "CompletionsReached"; }));
  CHECK(reason_of(lab, "SuccessCriteriaMet") == "CompletionsReached");
  const Json object = lab.get(update);
  CHECK(number_at(object, "/status/succeeded") == 1);
  CHECK(value_at(object, "/status/active").is_null());
  CHECK(value_at(object, "/status/startTime").is_string());
  CHECK(value_at(object, "/status/completionTime").is_string());
  CHECK(text_at(lab.pods()[0], "/status/phase") == "Succeeded");
  CHECK(number_at(lab.pods()[0], "/status/containerStatuses/0/state/terminated/exitCode", -1) == 0);
  CHECK(lab.cluster.log("shop", name) == "part 1\npart 2\npart 3\n");
  CHECK(lab.programs.killed == 0);
  lab.pass(90s);
  CHECK(lab.get(update).is_object());
  lab.pass(15s);
  CHECK(lab.get(update).is_null());
  CHECK(lab.pods().empty());
}

TEST_CASE("a Job whose process fails has failed, and is not tried again", "[lab]") {
  ClusterFixture lab;
  int done = 0;
  script(lab, 255, done);
  lab.objects.put(job_object());
  REQUIRE(lab.comes(10s, [&] { return reason_of(lab, "Failed") == "BackoffLimitExceeded"; }));
  CHECK(reason_of(lab, "FailureTarget") == "BackoffLimitExceeded");
  CHECK(number_at(lab.get(update), "/status/failed") == 1);
  lab.pass(60s);
  REQUIRE(lab.pods().size() == 1);
  CHECK(text_at(lab.pods()[0], "/status/phase") == "Failed");
  CHECK(number_at(lab.pods()[0], "/status/containerStatuses/0/state/terminated/exitCode") == 255);
  CHECK(lab.cluster.log("shop", text_at(lab.pods()[0], "/metadata/name")) ==
        "part 1\npart 2\npart 3\n");
}

TEST_CASE("with a backoff limit a Job tries again after a while", "[lab]") {
  ClusterFixture lab;
  int done = 0;
  script(lab, 1, done);
  Json job = job_object();
  job["spec"]["backoffLimit"] = 1;
  lab.objects.put(job);
  REQUIRE(lab.comes(8s, [&] { return lab.programs.started == 1; }));
  lab.pass(10s);
  CHECK(lab.programs.started == 1);
  REQUIRE(lab.comes(15s, [&] { return lab.programs.started == 2; }));
  REQUIRE(lab.comes(15s, [&] { return reason_of(lab, "Failed") == "BackoffLimitExceeded"; }));
  CHECK(number_at(lab.get(update), "/status/failed") == 2);
}

TEST_CASE("what remained of a killed Job does not happen", "[lab]") {
  ClusterFixture lab;
  int done = 0;
  script(lab, 0, done);
  Json job = job_object();
  SECTION("its Pod is deleted") {
    lab.objects.put(job);
    REQUIRE(lab.comes(5s, [&] { return done == 1; }));
    lab.objects.remove({"v1", "Pod", "shop", text_at(lab.pods()[0], "/metadata/name")},
                       Json::object());
    REQUIRE(lab.comes(5s, [&] { return reason_of(lab, "Failed") == "BackoffLimitExceeded"; }));
  }
  SECTION("it runs past its deadline") {
    job["spec"]["activeDeadlineSeconds"] = 2;
    lab.objects.put(job);
    REQUIRE(lab.comes(5s, [&] { return reason_of(lab, "FailureTarget") == "DeadlineExceeded"; }));
    REQUIRE(lab.comes(5s, [&] { return reason_of(lab, "Failed") == "DeadlineExceeded"; }));
  }
  SECTION("the Job itself is deleted") {
    lab.objects.put(job);
    REQUIRE(lab.comes(5s, [&] { return done == 1; }));
    lab.objects.remove(update, {{"propagationPolicy", "Background"}});
    REQUIRE(lab.comes(5s, [&] { return lab.pods().empty(); }));
  }
  lab.pass(60s);
  CHECK(done == 1);
  CHECK(lab.programs.killed == 1);
  CHECK(lab.programs.started == 1);
}

TEST_CASE("a suspended Job starts when it is resumed", "[lab]") {
  ClusterFixture lab;
  int done = 0;
  script(lab, 0, done);
  Json job = job_object();
  job["spec"]["suspend"] = true;
  lab.objects.put(job);
  lab.pass(10s);
  CHECK(lab.pods().empty());
  CHECK(reason_of(lab, "Suspended") == "JobSuspended");
  lab.objects.edit(update, {{"spec", {{"suspend", false}}}});
  REQUIRE(lab.comes(10s, [&] { return reason_of(lab, "Complete") == "CompletionsReached"; }));
  CHECK(reason_of(lab, "Suspended") == "JobResumed");
}
