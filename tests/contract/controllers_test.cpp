// What the cluster does by itself, as far as steps wait for it: the same over FakeControllers, the
// lab's and the real controllers (with Pods on simulated nodes, which need no image).
#include "tests/contract/cluster.hpp"

#include <set>

using namespace ostler;

namespace {

using World = ClusterWorld;

/// A Pod's pattern that runs on the simulated nodes.
Json pattern(const std::string& app, const std::string& image) {
  Json result = Json::object();
  result["metadata"]["labels"]["app"] = app;
  result["spec"]["containers"] = Json::array({{{"name", "odoo"}, {"image", image}}});
  result["spec"]["nodeSelector"]["type"] = "kwok";
  result["spec"]["tolerations"] =
      Json::array({{{"key", "kwok.x-k8s.io/node"}, {"operator", "Exists"}}});
  return result;
}

void start(const World& world, int replicas) {
  Json object{{"apiVersion", "apps/v1"}, {"kind", "Deployment"}};
  object["metadata"] = {{"name", "web"}, {"namespace", world.name_space}};
  object["spec"] = {{"replicas", replicas}, {"template", pattern("web", "none.example/odoo:1")}};
  object["spec"]["selector"]["matchLabels"]["app"] = "web";
  REQUIRE(world.kubernetes.create(object).ok());
  Json service{{"apiVersion", "v1"}, {"kind", "Service"}};
  service["metadata"] = {{"name", "web"}, {"namespace", world.name_space}};
  service["spec"]["selector"]["app"] = "web";
  service["spec"]["ports"] = Json::array({{{"name", "http"}, {"port", 8069}}});
  REQUIRE(world.kubernetes.create(service).ok());
}

bool converged(const World& world) {
  const auto object = world.kubernetes.get(deployment_ref(world.name_space, "web"));
  return object.ok() && object->has_value() && rollout_state(**object).converged;
}

std::vector<Json> pods(const World& world) {
  auto list = world.kubernetes.list({"v1", "Pod", world.name_space, ""}, {"app=web", ""});
  REQUIRE(list.ok());
  std::vector<Json> staying;
  for (Json& pod : *list)
    if (value_at(pod, "/metadata/deletionTimestamp").is_null()) staying.push_back(std::move(pod));
  return staying;
}

/// Addresses of the Pods, and those that the Service's EndpointSlices offer as ready.
std::pair<std::set<std::string>, std::set<std::string>> addresses(const World& world) {
  std::set<std::string> of_pods, offered;
  for (const Json& pod : pods(world)) of_pods.insert(text_at(pod, "/status/podIP"));
  const auto slices =
      world.kubernetes.list({"discovery.k8s.io/v1", "EndpointSlice", world.name_space, ""},
                            {"kubernetes.io/service-name=web", ""});
  REQUIRE(slices.ok());
  for (const Json& slice : *slices) {
    CHECK(number_at(slice, "/ports/0/port", 8069) == 8069);
    if (!value_at(slice, "/endpoints").is_array()) continue;
    for (const Json& endpoint : slice["endpoints"])
      if (flag_at(endpoint, "/conditions/ready")) offered.insert(text_at(endpoint, "/addresses/0"));
  }
  return {of_pods, offered};
}

bool offers_its_pods(const World& world, std::size_t count) {
  const auto [of_pods, offered] = addresses(world);
  return of_pods.size() == count && of_pods == offered;
}

}  // namespace

TEST_CASE("contract: a Deployment brings up Pods, and a Service offers their addresses",
          "[controllers][Cluster]") {
  over_every_cluster([](const World& world) {
    start(world, 2);
    REQUIRE(eventually(world.clock, [&] { return converged(world); }));
    REQUIRE(eventually(world.clock, [&] { return offers_its_pods(world, 2); }));
    for (const Json& pod : pods(world)) {
      CHECK(text_at(pod, "/status/phase") == "Running");
      CHECK(text_at(pod, "/metadata/labels/app") == "web");
      CHECK_FALSE(text_at(pod, "/metadata/labels/pod-template-hash").empty());
      CHECK(text_at(pod, "/metadata/ownerReferences/0/kind") == "ReplicaSet");
      CHECK(text_at(pod, "/spec/containers/0/image") == "none.example/odoo:1");
    }
  });
}

TEST_CASE("contract: a new image brings new Pods, a new number keeps those that stay",
          "[controllers][Cluster]") {
  over_every_cluster([](const World& world) {
    const ObjectRef ref = deployment_ref(world.name_space, "web");
    start(world, 2);
    REQUIRE(eventually(world.clock, [&] { return converged(world) && offers_its_pods(world, 2); }));
    const std::set<std::string> before = addresses(world).first;

    REQUIRE(
        world.kubernetes.merge_patch(ref, Json::parse(R"({"spec":{"replicas":3}})"), "scale").ok());
    REQUIRE(eventually(world.clock, [&] { return converged(world) && offers_its_pods(world, 3); }));
    const std::set<std::string> more = addresses(world).first;
    for (const std::string& address : before) CHECK(more.count(address) == 1);

    Json roll = Json::object();
    roll["spec"]["template"] = pattern("web", "none.example/odoo:2");
    const auto rolled = world.kubernetes.merge_patch(ref, roll);
    REQUIRE(rolled.ok());
    CHECK_FALSE(rollout_state(*rolled).converged);
    REQUIRE(eventually(world.clock, [&] { return converged(world) && offers_its_pods(world, 3); }));
    for (const Json& pod : pods(world))
      CHECK(text_at(pod, "/spec/containers/0/image") == "none.example/odoo:2");

    REQUIRE(
        world.kubernetes.merge_patch(ref, Json::parse(R"({"spec":{"replicas":0}})"), "scale").ok());
    REQUIRE(eventually(world.clock, [&] { return converged(world) && offers_its_pods(world, 0); }));
  });
}

TEST_CASE("contract: what a Deployment started goes with it", "[controllers][Cluster]") {
  over_every_cluster([](const World& world) {
    start(world, 1);
    REQUIRE(eventually(world.clock, [&] { return converged(world); }));
    REQUIRE(world.kubernetes.remove(deployment_ref(world.name_space, "web")).ok());
    CHECK(eventually(world.clock, [&] { return pods(world).empty(); }));
  });
}

TEST_CASE("contract: a Job runs once and says that it is complete", "[controllers][Cluster]") {
  over_every_cluster([](const World& world) {
    Json job{{"apiVersion", "batch/v1"}, {"kind", "Job"}};
    job["metadata"] = {{"name", "update"}, {"namespace", world.name_space}};
    job["spec"] = {{"backoffLimit", 0}, {"template", pattern("update", "none.example/odoo:2")}};
    job["spec"]["template"]["spec"]["restartPolicy"] = "Never";
    REQUIRE(world.kubernetes.create(job).ok());
    const auto finished = [&] {
      const auto object = world.kubernetes.get(job_ref(world.name_space, "update"));
      REQUIRE(object.ok());
      const Json& conditions = value_at(**object, "/status/conditions");
      if (!conditions.is_array()) return false;
      for (const Json& condition : conditions)
        if (text_at(condition, "/type") == "Complete" && text_at(condition, "/status") == "True")
          return true;
      return false;
    };
    CHECK_FALSE(finished());
    CHECK(eventually(world.clock, finished));
    const auto object = world.kubernetes.get(job_ref(world.name_space, "update"));
    CHECK(number_at(**object, "/status/succeeded") == 1);
    const auto pods = world.kubernetes.list({"v1", "Pod", world.name_space, ""},
                                            {"batch.kubernetes.io/job-name=update", ""});
    REQUIRE(pods.ok());
    REQUIRE(pods->size() == 1);
    CHECK(text_at((*pods)[0], "/status/phase") == "Succeeded");
  });
}
