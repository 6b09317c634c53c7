// Deployments and their ReplicaSets: rolling out, scaling, pausing, failing, remembering.
#include "tests/unit/lab/cluster_fixture.hpp"

using namespace ostler;
using namespace ostler::lab;
using namespace std::chrono_literals;

namespace {

const ObjectRef web = deployment_ref("shop", "web");

std::vector<Json> replica_sets(const ClusterFixture& lab) {
  std::vector<Json> sets;
  for (const auto& set : lab.objects.all({"apps/v1", "ReplicaSet", "shop", ""}))
    sets.push_back(*set);
  return sets;
}

void start(ClusterFixture& lab, int replicas, Json deployment = Json()) {
  lab.objects.put(deployment.is_null() ? web_deployment(replicas) : std::move(deployment));
  REQUIRE(lab.comes(60s, [&] { return lab.converged(); }));
}

}  // namespace

TEST_CASE("a Deployment brings up Pods over a ReplicaSet that carries its hash", "[lab]") {
  ClusterFixture lab;
  lab.objects.put(web_deployment(3));
  REQUIRE(lab.comes(20s, [&] { return lab.converged(); }));
  const Json deployment = lab.deployment();
  CHECK(number_at(deployment, "/status/readyReplicas") == 3);
  CHECK(number_at(deployment, "/status/unavailableReplicas", -1) == -1);
  CHECK(text_at(lab.condition(deployment, "Available"), "/reason") == "MinimumReplicasAvailable");
  CHECK(text_at(lab.condition(deployment, "Progressing"), "/reason") == "NewReplicaSetAvailable");
  CHECK(text_at(deployment, "/metadata/annotations/deployment.kubernetes.io~1revision") == "1");
  REQUIRE(replica_sets(lab).size() == 1);
  const Json set = replica_sets(lab)[0];
  const std::string hash = text_at(set, "/metadata/labels/pod-template-hash");
  CHECK_FALSE(hash.empty());
  CHECK(text_at(set, "/metadata/name") == "web-" + hash);
  CHECK(text_at(set, "/spec/selector/matchLabels/pod-template-hash") == hash);
  std::set<std::string> addresses, zones;
  for (const Json& pod : lab.pods()) {
    CHECK(text_at(pod, "/status/phase") == "Running");
    CHECK(text_at(pod, "/metadata/labels/pod-template-hash") == hash);
    CHECK(text_at(pod, "/metadata/name").substr(0, hash.size() + 5) == "web-" + hash + "-");
    CHECK(text_at(pod, "/metadata/ownerReferences/0/kind") == "ReplicaSet");
    CHECK(flag_at(pod, "/metadata/ownerReferences/0/controller"));
    addresses.insert(text_at(pod, "/status/podIP"));
    zones.insert(text_at(pod, "/spec/nodeName"));
    CHECK(lab.cluster.listening(text_at(pod, "/status/podIP")) != nullptr);
  }
  CHECK(addresses.size() == 3);
  CHECK(zones.size() == 3);
}

TEST_CASE("a rollout with surge and none unavailable never has fewer available than wanted",
          "[lab]") {
  ClusterFixture lab;
  start(lab, 3);
  lab.objects.edit(web, image_change("odoo:2"));
  CHECK_FALSE(rollout_state(lab.deployment()).observed);
  std::size_t most = 0;
  REQUIRE(lab.comes(120s, [&] {
    std::size_t ready = 0, staying = 0;
    for (const Json& pod : lab.pods()) {
      if (value_at(pod, "/metadata/deletionTimestamp").is_string()) continue;
      ++staying;
      ready += text_at(lab.condition(pod, "Ready"), "/status") == "True";
    }
    most = std::max(most, staying);
    CHECK(ready >= 3);
    CHECK(number_at(lab.deployment(), "/status/availableReplicas") >= 3);
    return lab.converged();
  }));
  CHECK(most == 4);
  CHECK(text_at(lab.deployment(), "/metadata/annotations/deployment.kubernetes.io~1revision") ==
        "2");
  lab.pass(10s);
  REQUIRE(lab.pods().size() == 3);
  for (const Json& pod : lab.pods()) CHECK(text_at(pod, "/spec/containers/0/image") == "odoo:2");
  CHECK(lab.events().count("ScalingReplicaSet") == 1);
}

TEST_CASE("a new number keeps the Pods that stay; zero takes all away", "[lab]") {
  ClusterFixture lab;
  start(lab, 2);
  const std::vector<Json> before = lab.pods();
  lab.objects.edit(web, {{"spec", {{"replicas", 3}}}});
  REQUIRE(lab.comes(20s, [&] { return lab.converged(); }));
  for (const Json& pod : before)
    CHECK(lab.get({"v1", "Pod", "shop", text_at(pod, "/metadata/name")}).is_object());
  lab.objects.edit(web, {{"spec", {{"replicas", 0}}}});
  REQUIRE(lab.comes(20s, [&] { return lab.converged() && lab.pods().empty(); }));
  lab.objects.edit(web, {{"spec", {{"replicas", 2}}}});
  REQUIRE(lab.comes(20s, [&] { return lab.converged(); }));
  CHECK(replica_sets(lab).size() == 1);
}

TEST_CASE("scaling in the middle of a rollout is spread over both sides", "[lab]") {
  ClusterFixture lab;
  start(lab, 4);
  lab.programs.scripts["odoo:2"].status = 500;
  lab.objects.edit(web, image_change("odoo:2"));
  lab.pass(10s);
  REQUIRE(replica_sets(lab).size() == 2);
  lab.objects.edit(web, {{"spec", {{"replicas", 8}}}});
  lab.pass(10s);
  std::int64_t wanted = 0, least = 100;
  for (const Json& set : replica_sets(lab)) {
    wanted += number_at(set, "/spec/replicas");
    least = std::min(least, number_at(set, "/spec/replicas"));
  }
  CHECK(wanted == 9);
  CHECK(least == 2);
}

TEST_CASE("Pods that never become ready exceed the progress deadline, and going back heals it",
          "[lab]") {
  ClusterFixture lab;
  Json deployment = web_deployment(2);
  deployment["spec"]["progressDeadlineSeconds"] = 30;
  start(lab, 2, deployment);
  lab.programs.scripts["odoo:2"].start.ends_with = 1;
  lab.programs.scripts["odoo:2"].start.ends_after = 100ms;
  lab.programs.scripts["odoo:2"].start.listens_after = 1s;
  lab.objects.edit(web, image_change("odoo:2"));
  REQUIRE_FALSE(lab.comes(29s, [&] { return rollout_state(lab.deployment()).failed; }));
  REQUIRE(lab.comes(10s, [&] { return rollout_state(lab.deployment()).failed; }));
  const Json progress = lab.condition(lab.deployment(), "Progressing");
  CHECK(text_at(progress, "/status") == "False");
  CHECK(text_at(progress, "/message").find("has timed out progressing") != std::string::npos);
  CHECK(number_at(lab.deployment(), "/status/availableReplicas") == 2);

  lab.objects.edit(web, image_change("odoo:1"));
  REQUIRE(lab.comes(30s, [&] { return lab.converged(); }));
  CHECK_FALSE(rollout_state(lab.deployment()).failed);
  CHECK(replica_sets(lab).size() == 2);
  CHECK(text_at(lab.deployment(), "/metadata/annotations/deployment.kubernetes.io~1revision") ==
        "3");
}

TEST_CASE("Recreate starts new Pods only when the last old one is gone", "[lab]") {
  ClusterFixture lab;
  Json deployment = web_deployment(2);
  deployment["spec"]["strategy"] = {{"type", "Recreate"}};
  start(lab, 2, deployment);
  lab.objects.edit(web, image_change("odoo:2"));
  REQUIRE(lab.comes(60s, [&] {
    std::set<std::string> images;
    for (const Json& pod : lab.pods()) images.insert(text_at(pod, "/spec/containers/0/image"));
    CHECK(images.size() <= 1);
    return lab.converged();
  }));
  CHECK(text_at(lab.pods()[0], "/spec/containers/0/image") == "odoo:2");
}

TEST_CASE("a paused Deployment does not roll out until it is resumed", "[lab]") {
  ClusterFixture lab;
  start(lab, 2);
  lab.objects.edit(web, {{"spec", {{"paused", true}}}});
  lab.objects.edit(web, image_change("odoo:2"));
  lab.pass(10s);
  CHECK(replica_sets(lab).size() == 1);
  CHECK(text_at(lab.condition(lab.deployment(), "Progressing"), "/reason") == "DeploymentPaused");
  CHECK_FALSE(lab.converged());
  lab.objects.edit(web, {{"spec", {{"paused", false}}}});
  REQUIRE(lab.comes(60s, [&] { return lab.converged(); }));
  CHECK(replica_sets(lab).size() == 2);
}

TEST_CASE("old ReplicaSets are kept up to the history limit", "[lab]") {
  ClusterFixture lab;
  Json deployment = web_deployment(1);
  deployment["spec"]["revisionHistoryLimit"] = 1;
  start(lab, 1, deployment);
  for (int version = 2; version <= 5; ++version) {
    lab.objects.edit(web, image_change("odoo:" + std::to_string(version)));
    REQUIRE(lab.comes(60s, [&] { return lab.converged(); }));
  }
  lab.pass(10s);
  CHECK(replica_sets(lab).size() == 2);
}

TEST_CASE("percentages round up for the surge and down for the unavailable", "[lab]") {
  ClusterFixture lab;
  Json deployment = web_deployment(5);
  deployment["spec"].erase("strategy");
  start(lab, 5, deployment);
  lab.programs.scripts["odoo:2"].status = 500;
  lab.objects.edit(web, image_change("odoo:2"));
  lab.pass(20s);
  std::multiset<std::int64_t> sizes;
  for (const Json& set : replica_sets(lab)) sizes.insert(number_at(set, "/spec/replicas"));
  // 25 % of 5: two more, one less.
  CHECK(sizes == std::multiset<std::int64_t>{3, 4});
}

TEST_CASE("what a Deployment started goes with it", "[lab]") {
  ClusterFixture lab;
  start(lab, 2);
  CHECK(lab.objects.remove(web, {{"propagationPolicy", "Background"}}).status == 200);
  REQUIRE(lab.comes(20s, [&] { return lab.pods().empty(); }));
  CHECK(replica_sets(lab).empty());
  CHECK(lab.programs.ended_count == 2);
}

TEST_CASE("the quota refuses Pods beyond it, and the Deployment says so", "[lab]") {
  ClusterFixture lab;
  lab.objects.put(Json::parse(R"({"apiVersion": "v1", "kind": "ResourceQuota",
    "metadata": {"name": "pool", "namespace": "shop"}, "spec": {"hard": {"pods": "3"}}})"));
  start(lab, 3);
  const ObjectRef quota{"v1", "ResourceQuota", "shop", "pool"};
  CHECK(text_at(lab.get(quota), "/status/used/pods") == "3");
  lab.objects.edit(web, image_change("odoo:2"));
  lab.pass(5s);
  const Json failure = lab.condition(lab.deployment(), "ReplicaFailure");
  CHECK(text_at(failure, "/reason") == "FailedCreate");
  CHECK(text_at(failure, "/message")
            .find("exceeded quota: pool, requested: pods=1, used: pods=3, "
                  "limited: pods=3") != std::string::npos);
  lab.objects.edit(quota, {{"spec", {{"hard", {{"pods", "5"}}}}}});
  REQUIRE(lab.comes(120s, [&] { return lab.converged(); }));
  CHECK(lab.condition(lab.deployment(), "ReplicaFailure").is_null());
}

TEST_CASE("the same seed gives the same history, another one another", "[lab]") {
  const auto history = [](std::uint64_t seed) {
    ClusterFixture lab(seed);
    std::string told;
    lab.objects.on_change([&](const Change& change) {
      told += std::to_string(lab.world.now().count()) + " " + change.ref.text() + " " +
              (change.after ? to_bytes(*change.after) : "gone") + "\n";
    });
    lab.objects.put(web_service());
    start(lab, 3);
    lab.objects.edit(web, image_change("odoo:2"));
    lab.pass(60s);
    return told;
  };
  const std::string once = history(7);
  CHECK(once == history(7));
  CHECK(once != history(8));
}
