// One suite over the fake, the lab's and the real API server: what steps and checks rely on must
// hold for all of them.
#include "tests/contract/cluster.hpp"

using namespace ostler;

namespace {

using World = ClusterWorld;

Json config_map(const World& world, const std::string& name, const Json& data = {{"a", "1"}}) {
  Json object{{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"data", data}};
  object["metadata"] = {
      {"name", name}, {"namespace", world.name_space}, {"labels", {{"app", name}}}};
  return object;
}

/// Wants no Pods, so that no node is needed.
Json deployment(const World& world) {
  Json object{{"apiVersion", "apps/v1"}, {"kind", "Deployment"}};
  object["metadata"] = {{"name", "web"}, {"namespace", world.name_space}};
  object["spec"]["replicas"] = 0;
  object["spec"]["selector"]["matchLabels"]["app"] = "web";
  object["spec"]["template"]["metadata"]["labels"]["app"] = "web";
  object["spec"]["template"]["spec"]["containers"] =
      Json::array({{{"name", "odoo"}, {"image", "none.example/odoo:1"}}});
  return object;
}

Json read(const World& world, const ObjectRef& ref) {
  auto object = world.kubernetes.get(ref);
  REQUIRE(object.ok());
  REQUIRE(object->has_value());
  return **object;
}

std::vector<std::string> names(const World& world, const ListSelector& selector) {
  auto objects = world.kubernetes.list(config_map_ref(world.name_space, ""), selector);
  REQUIRE(objects.ok());
  std::vector<std::string> result;
  for (const Json& object : *objects) {
    CHECK(object["kind"] == "ConfigMap");
    CHECK(object["apiVersion"] == "v1");
    const std::string name = object["metadata"]["name"];
    if (name != "kube-root-ca.crt") result.push_back(name);
  }
  return result;
}

}  // namespace

TEST_CASE("contract: an object is created once, read, and removed for good",
          "[kubernetes][KubernetesDoor]") {
  over_every_cluster([](const World& world) {
    const ObjectRef ref = config_map_ref(world.name_space, "one");
    CHECK_FALSE(world.kubernetes.get(ref)->has_value());
    const auto created = world.kubernetes.create(config_map(world, "one"));
    REQUIRE(created.ok());
    CHECK_FALSE(text_at(*created, "/metadata/uid").empty());
    CHECK_FALSE(text_at(*created, "/metadata/resourceVersion").empty());
    CHECK(world.kubernetes.create(config_map(world, "one")).failure().code == "AlreadyExists");
    CHECK(read(world, ref)["data"]["a"] == "1");
    CHECK(world.kubernetes.remove(ref).ok());
    CHECK(world.kubernetes.remove(ref).ok());
    CHECK_FALSE(world.kubernetes.get(ref)->has_value());
  });
}

TEST_CASE("contract: a merge patch changes what it names, and null takes it away",
          "[kubernetes][KubernetesDoor]") {
  over_every_cluster([](const World& world) {
    const ObjectRef ref = config_map_ref(world.name_space, "one");
    const auto created =
        world.kubernetes.create(config_map(world, "one", {{"a", "1"}, {"b", "2"}}));
    REQUIRE(created.ok());
    const auto patched =
        world.kubernetes.merge_patch(ref, Json::parse(R"({"data":{"a":null,"c":"3"}})"));
    REQUIRE(patched.ok());
    CHECK((*patched)["data"] == Json::parse(R"({"b":"2","c":"3"})"));
    CHECK((*patched)["metadata"]["resourceVersion"] != (*created)["metadata"]["resourceVersion"]);
    const auto again = world.kubernetes.merge_patch(ref, Json::parse(R"({"data":{"c":"3"}})"));
    REQUIRE(again.ok());
    CHECK((*again)["metadata"]["resourceVersion"] == (*patched)["metadata"]["resourceVersion"]);
    const Failure absent =
        world.kubernetes.merge_patch(config_map_ref(world.name_space, "two"), Json::object())
            .failure();
    CHECK(absent.kind == FailureKind::permanent);
    CHECK(absent.code == "404");
  });
}

TEST_CASE("contract: a patch with an old resourceVersion or another uid is a conflict",
          "[kubernetes][KubernetesDoor]") {
  over_every_cluster([](const World& world) {
    const ObjectRef ref = config_map_ref(world.name_space, "one");
    const auto created = world.kubernetes.create(config_map(world, "one"));
    REQUIRE(created.ok());
    REQUIRE(world.kubernetes.merge_patch(ref, Json::parse(R"({"data":{"a":"2"}})")).ok());
    Json late = Json::parse(R"({"data":{"a":"3"}})");
    late["metadata"]["resourceVersion"] = (*created)["metadata"]["resourceVersion"];
    const Failure conflict = world.kubernetes.merge_patch(ref, late).failure();
    CHECK(conflict.kind == FailureKind::refused);
    CHECK(conflict.code == "Conflict");
    late["metadata"]["resourceVersion"] = read(world, ref)["metadata"]["resourceVersion"];
    CHECK(world.kubernetes.merge_patch(ref, late).ok());
    const Json other =
        Json::parse(R"({"metadata":{"uid":"00000000-0000-4000-8000-00000000ffff"}})");
    CHECK(world.kubernetes.merge_patch(ref, other).failure().code == "422");
    CHECK(read(world, ref)["data"]["a"] == "3");
  });
}

TEST_CASE("contract: apply owns what it sets and takes away what it no longer sets",
          "[kubernetes][KubernetesDoor]") {
  over_every_cluster([](const World& world) {
    const ObjectRef ref = config_map_ref(world.name_space, "one");
    REQUIRE(world.kubernetes.apply(config_map(world, "one", {{"a", "1"}, {"b", "2"}})).ok());
    const auto applied = world.kubernetes.apply(config_map(world, "one", {{"a", "9"}}));
    REQUIRE(applied.ok());
    CHECK((*applied)["data"] == Json({{"a", "9"}}));
    const auto again = world.kubernetes.apply(config_map(world, "one", {{"a", "9"}}));
    CHECK((*again)["metadata"]["resourceVersion"] == (*applied)["metadata"]["resourceVersion"]);
    // Another hand's value is not overwritten, and a patch of our own counts as another hand.
    REQUIRE(world.kubernetes.merge_patch(ref, Json::parse(R"({"data":{"a":"5","z":"1"}})")).ok());
    const Failure conflict =
        world.kubernetes.apply(config_map(world, "one", {{"a", "9"}})).failure();
    CHECK(conflict.kind == FailureKind::refused);
    CHECK(conflict.code == "Conflict");
    CHECK(read(world, ref)["data"]["a"] == "5");
    REQUIRE(world.kubernetes.apply(config_map(world, "one", {{"a", "5"}})).ok());
    CHECK(read(world, ref)["data"] == Json({{"a", "5"}, {"z", "1"}}));
  });
}

TEST_CASE("contract: lists are chosen by labels and names", "[kubernetes][KubernetesDoor]") {
  over_every_cluster([](const World& world) {
    for (const char* name : {"one", "three", "two"})
      REQUIRE(world.kubernetes.create(config_map(world, name)).ok());
    using Names = std::vector<std::string>;
    CHECK(names(world, {}) == Names{"one", "three", "two"});
    CHECK(names(world, {"app=two", ""}) == Names{"two"});
    CHECK(names(world, {"app==two", ""}) == Names{"two"});
    CHECK(names(world, {"app,app!=two", ""}) == Names{"one", "three"});
    CHECK(names(world, {"app in (one, two)", ""}) == Names{"one", "two"});
    CHECK(names(world, {"app,app notin (one, two)", ""}) == Names{"three"});
    CHECK(names(world, {"!app", ""}).empty());
    CHECK(names(world, {"", "metadata.name=one"}) == Names{"one"});
    CHECK(names(world, {"app", "metadata.name!=one"}) == Names{"three", "two"});
  });
}

TEST_CASE("contract: removing another object of the same name is a conflict",
          "[kubernetes][KubernetesDoor]") {
  over_every_cluster([](const World& world) {
    const ObjectRef ref = config_map_ref(world.name_space, "one");
    const auto created = world.kubernetes.create(config_map(world, "one"));
    REQUIRE(created.ok());
    CHECK(world.kubernetes.remove(ref, "00000000-0000-4000-8000-00000000ffff").failure().code ==
          "Conflict");
    CHECK(world.kubernetes.get(ref)->has_value());
    CHECK(world.kubernetes.remove(ref, text_at(*created, "/metadata/uid")).ok());
  });
}

TEST_CASE("contract: dependents go with their owner", "[kubernetes][KubernetesDoor]") {
  over_every_cluster([](const World& world) {
    const auto owner = world.kubernetes.create(config_map(world, "owner"));
    REQUIRE(owner.ok());
    Json dependent = config_map(world, "dependent");
    dependent["metadata"]["ownerReferences"] =
        Json::array({{{"apiVersion", "v1"},
                      {"kind", "ConfigMap"},
                      {"name", "owner"},
                      {"uid", (*owner)["metadata"]["uid"]}}});
    REQUIRE(world.kubernetes.create(dependent).ok());
    REQUIRE(world.kubernetes.remove(config_map_ref(world.name_space, "owner")).ok());
    CHECK(eventually(world.clock, [&] {
      return !world.kubernetes.get(config_map_ref(world.name_space, "dependent"))->has_value();
    }));
  });
}

TEST_CASE(
    "contract: the generation counts what a controller must act on, a Deployment's annotations too",
    "[kubernetes][KubernetesDoor]") {
  over_every_cluster([](const World& world) {
    const ObjectRef ref = deployment_ref(world.name_space, "web");
    REQUIRE(world.kubernetes.create(deployment(world)).ok());
    CHECK(eventually(world.clock, [&] { return rollout_state(read(world, ref)).converged; }));
    CHECK(number_at(read(world, ref), "/metadata/generation") == 1);
    REQUIRE(world.kubernetes.merge_patch(ref, Json::parse(R"({"status":{"replicas":7}})")).ok());
    REQUIRE(world.kubernetes.merge_patch(ref, Json::parse(R"({"metadata":{"labels":{"x":"y"}}})"))
                .ok());
    CHECK(number_at(read(world, ref), "/metadata/generation") == 1);
    CHECK(number_at(read(world, ref), "/status/replicas") == 0);
    // Only for Deployments does an annotation count, a breadcrumb too.
    const Json note = Json::parse(R"({"metadata":{"annotations":{"x":"y"}}})");
    CHECK(number_at(*world.kubernetes.merge_patch(ref, note), "/metadata/generation") == 2);
    const auto changed =
        world.kubernetes.merge_patch(ref, Json::parse(R"({"spec":{"minReadySeconds":3}})"));
    REQUIRE(changed.ok());
    CHECK(number_at(*changed, "/metadata/generation") == 3);
    CHECK_FALSE(rollout_state(*changed).observed);
    CHECK(eventually(world.clock, [&] { return rollout_state(read(world, ref)).converged; }));
    CHECK(container_image(read(world, ref)) == "none.example/odoo:1");
  });
}

TEST_CASE("contract: a workload is scaled through its scale", "[kubernetes][KubernetesDoor]") {
  over_every_cluster([](const World& world) {
    const ObjectRef ref = deployment_ref(world.name_space, "web");
    Json object = deployment(world);
    object["spec"]["paused"] = true;  // no Pods here either
    REQUIRE(world.kubernetes.create(object).ok());
    const auto scale =
        world.kubernetes.merge_patch(ref, Json::parse(R"({"spec":{"replicas":0}})"), "scale");
    REQUIRE(scale.ok());
    CHECK((*scale)["kind"] == "Scale");
    CHECK(number_at(*scale, "/spec/replicas") == 0);
    CHECK(number_at(read(world, ref), "/metadata/generation") == 1);
  });
}

TEST_CASE("contract: who the cluster is and what we may do", "[kubernetes][KubernetesDoor]") {
  over_every_cluster([](const World& world) {
    const auto uid = world.kubernetes.cluster_uid();
    REQUIRE(uid.ok());
    CHECK(uid->size() == 36);
    CHECK(*world.kubernetes.allowed({"patch", "apps", "deployments", "scale", world.name_space}));
    CHECK(world.kubernetes.server() == world.server);
    const auto version = world.kubernetes.raw_get("/version");
    REQUIRE(version.ok());
    CHECK(version->status == 200);
    CHECK(version->body.find("gitVersion") != std::string::npos);
    CHECK(world.kubernetes.raw_get("/no-such-path")->status == 404);
  });
}

TEST_CASE("an API server refuses what it does not know", "[kubernetes][KubernetesDoor]") {
  over_servers([](const World& world) {
    Json misspelt = deployment(world);
    misspelt["spec"]["replica"] = 1;
    const Failure unknown = world.kubernetes.create(misspelt).failure();
    CHECK(unknown.kind == FailureKind::refused);
    CHECK(unknown.message.find("unknown field \"spec.replica\"") != std::string::npos);
    Json invalid = deployment(world);
    invalid["spec"]["replicas"] = -1;
    const Failure bad = world.kubernetes.create(invalid).failure();
    CHECK(bad.kind == FailureKind::permanent);
    CHECK(bad.code == "422");
    CHECK(bad.message.find("spec.replicas") != std::string::npos);
    Json mistyped = deployment(world);
    mistyped["spec"]["replicas"] = "two";
    const Failure type = world.kubernetes.create(mistyped).failure();
    CHECK(type.kind == FailureKind::refused);
    CHECK(type.message.find("cannot unmarshal string into Go struct field "
                            "DeploymentSpec.spec.replicas of type int32") != std::string::npos);
    const Failure kind =
        world.kubernetes.get({"apps/v1", "Widget", world.name_space, "x"}).failure();
    CHECK(kind.message.find("there is no kind 'Widget'") != std::string::npos);
    CHECK(world.kubernetes.get({"no.example/v1", "Widget", world.name_space, "x"}).failure().code ==
          "404");
    CHECK(world.kubernetes.get({"networking.k8s.io/v1", "Ingress", world.name_space, "x"}).ok());
  });
}

TEST_CASE("a list over several pages is whole", "[kubernetes][KubernetesDoor]") {
  over_servers([](const World& world) {
    for (int number = 0; number < 300; ++number)
      REQUIRE(world.kubernetes.create(config_map(world, fmt::format("map-{:03}", number))).ok());
    CHECK(names(world, {"app", ""}).size() == 300);
  });
}

TEST_CASE("an identity without rights is refused, not told that nothing is there",
          "[kubernetes][KubernetesDoor]") {
  const auto is_refused = [](Kubernetes& reader) {
    const Failure denied =
        reader.remove(deployment_ref("odoo-pool-a", "no-such-deployment")).failure();
    CHECK(denied.kind == FailureKind::refused);
    CHECK(denied.code == "403");
    CHECK_FALSE(*reader.allowed({"delete", "apps", "deployments", "", "odoo-pool-a"}));
  };
  SECTION("lab") {
    LabPlatform lab;
    lab.platform.kubernetes().deny("delete", "deployments");
    is_refused(*lab.kubernetes());
  }
  SECTION("real") {
    if (!on_stack()) return;
    const auto http = make_http_client(Cancellation());
    const auto processes = make_process_runner();
    auto reader = make_kubernetes({stack_variable("KUBECONFIG_READER"), ""}, *http, *processes);
    REQUIRE(reader.ok());
    is_refused(**reader);
  }
}
