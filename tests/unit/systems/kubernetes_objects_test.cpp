#include "ostler/systems/kubernetes.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

Json deployment(int generation, int observed, int replicas, int total, int updated, int available) {
  Json object = Json::object();
  object["metadata"]["generation"] = generation;
  object["spec"]["replicas"] = replicas;
  object["status"] = {{"observedGeneration", observed},
                      {"replicas", total},
                      {"updatedReplicas", updated},
                      {"readyReplicas", available},
                      {"availableReplicas", available}};
  return object;
}

Json failed_condition() {
  return Json::array(
      {{{"type", "Progressing"}, {"status", "False"}, {"reason", "ProgressDeadlineExceeded"}}});
}

}  // namespace

TEST_CASE("a rollout is complete when the newest generation is everywhere and nothing old is left",
          "[kubernetes]") {
  CHECK(rollout_state(deployment(4, 4, 3, 3, 3, 3)).converged);
  CHECK_FALSE(rollout_state(deployment(5, 4, 3, 3, 3, 3)).converged);  // not seen yet
  CHECK_FALSE(rollout_state(deployment(4, 4, 3, 4, 3, 3)).converged);  // one old is left
  CHECK_FALSE(rollout_state(deployment(4, 4, 3, 3, 3, 2)).converged);  // one not available
  CHECK_FALSE(rollout_state(deployment(4, 4, 3, 3, 2, 3)).converged);
  CHECK(rollout_state(deployment(4, 4, 0, 0, 0, 0)).converged);
  CHECK_FALSE(rollout_state(Json::object()).observed);
}

TEST_CASE("a rollout says where it stands", "[kubernetes]") {
  CHECK(rollout_state(deployment(4, 4, 3, 4, 2, 3)).text() ==
        "2 of 3 updated, 3 available, 2 old left");
  CHECK(rollout_state(deployment(5, 4, 3, 3, 3, 3)).text() ==
        "the controller has not seen the change yet");
}

TEST_CASE("an exceeded progress deadline counts only for the generation it is about",
          "[kubernetes]") {
  Json object = deployment(4, 4, 3, 4, 1, 3);
  object["status"]["conditions"] = failed_condition();
  CHECK(rollout_state(object).failed);
  object["metadata"]["generation"] = 5;
  CHECK_FALSE(rollout_state(object).failed);
}

TEST_CASE("the image of a container is found by name, or alone", "[kubernetes]") {
  Json object = Json::object();
  Json& containers = object["spec"]["template"]["spec"]["containers"];
  containers = Json::array({{{"name", "odoo"}, {"image", "reg/odoo@sha256:1"}}});
  CHECK(container_image(object) == "reg/odoo@sha256:1");
  containers.push_back({{"name", "sidecar"}, {"image", "reg/sidecar:2"}});
  CHECK(container_image(object).empty());
  CHECK(container_image(object, "sidecar") == "reg/sidecar:2");
  CHECK(container_image(object, "absent").empty());
  CHECK(container_image(Json{}).empty());
}

TEST_CASE("a reference names its object for people", "[kubernetes]") {
  CHECK(deployment_ref("pool", "web").text() == "Deployment pool/web");
  CHECK(ObjectRef{"v1", "Node", "", "node-a"}.text() == "Node node-a");
  CHECK(ObjectRef{"v1", "Pod", "pool", ""}.text() == "Pod in pool");
}

TEST_CASE("a breadcrumb becomes annotations, which are texts", "[kubernetes]") {
  CHECK(annotations_of({"run-1", 2, 17}) ==
        Json({{"ostler.dev/run", "run-1"}, {"ostler.dev/epoch", "2"}, {"ostler.dev/opno", "17"}}));
}
