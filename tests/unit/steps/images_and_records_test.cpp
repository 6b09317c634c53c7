// image.copy, image.tag and record.publish.
#include "tests/fakes/driven_step.hpp"

namespace ostler {
namespace {

Json tag(const ShopWorld& world, const char* mobility = "fixed") {
  return {{"registry", "production"},
          {"repository", "retail/odoo"},
          {"tag", "2026.11.2"},
          {"digest", world.image.descriptor.digest},
          {"mobility", mobility}};
}

std::string tagged(ShopWorld& world) {
  return world.systems.production.repositories["retail/odoo"].tags["2026.11.2"];
}

}  // namespace

TEST_CASE("an index without one of its platforms is not there", "[image.copy]") {
  ShopWorld world;
  const Manifest one = world.systems.staging.add_image("retail/odoo", "", {"a"});
  const Manifest two = world.systems.staging.add_image("retail/odoo", "", {"b"});
  const Manifest index = world.systems.staging.add_index(
      "retail/odoo", "3", {{"linux/amd64", one}, {"linux/arm64", two}});
  auto& target = world.systems.production.repositories["retail/odoo"];
  target.manifests[index.descriptor.digest] = index;
  target.manifests[one.descriptor.digest] = one;
  DrivenStep step(world, "image.copy",
                  {{"from_registry", "staging"},
                   {"from_repository", "retail/odoo"},
                   {"to_registry", "production"},
                   {"to_repository", "retail/odoo"},
                   {"digest", index.descriptor.digest}});
  CHECK(step.look().state == TargetState::before);
  step.require_ok(step.apply());
  CHECK(step.look().state == TargetState::applied);
  CHECK(target.manifests.count(two.descriptor.digest) == 1);
  CHECK_FALSE(step.attempt->shown.empty());
}

TEST_CASE("a release tag at another image is refused and left", "[image.tag]") {
  ShopWorld world;
  const Manifest old = world.systems.production.add_image("retail/odoo", "2026.11.2", {"old"});
  world.image = world.systems.production.add_image("retail/odoo", "", {"new"});
  DrivenStep step(world, "image.tag", tag(world));
  const auto done = step.apply();
  CHECK(done.failure().kind == FailureKind::refused);
  CHECK(done.failure().code == "diverged");
  CHECK(tagged(world) == old.descriptor.digest);
}

TEST_CASE("a moving tag moves and comes back, unless somebody moved it on", "[image.tag]") {
  ShopWorld world;
  const Manifest old = world.systems.production.add_image("retail/odoo", "2026.11.2", {"old"});
  world.image = world.systems.production.add_image("retail/odoo", "", {"new"});
  DrivenStep step(world, "image.tag", tag(world, "moving"));
  step.require_ok(step.apply());
  CHECK(tagged(world) == world.image.descriptor.digest);
  SECTION("back") {
    step.require_ok(step.revert());
    CHECK(tagged(world) == old.descriptor.digest);
  }
  SECTION("moved on") {
    const Manifest third =
        world.systems.production.add_image("retail/odoo", "2026.11.2", {"third"});
    CHECK(step.revert().failure().code == "diverged");
    CHECK(tagged(world) == third.descriptor.digest);
  }
}

TEST_CASE("a new tag stays after undo, and that is said", "[image.tag]") {
  ShopWorld world;
  world.image = world.systems.production.add_image("retail/odoo", "", {"new"});
  DrivenStep step(world, "image.tag", tag(world));
  step.require_ok(step.apply());
  step.require_ok(step.revert());
  CHECK(step.attempt->noted("stays"));
  CHECK(tagged(world) == world.image.descriptor.digest);
}

TEST_CASE("a record is written once", "[record.publish]") {
  ShopWorld world;
  const Json parameters{{"bucket", "records"},
                        {"key", "a/b.json"},
                        {"release", "2026.11.2"},
                        {"plan_summary", {{"steps", 3}}}};
  SECTION("the same again is fine") {
    DrivenStep step(world, "record.publish", parameters);
    step.require_ok(step.apply());
    const std::string bytes = world.systems.records.objects["a/b.json"];
    step.require_ok(step.apply());
    CHECK(world.systems.records.objects["a/b.json"] == bytes);
  }
  SECTION("another one under the key is left") {
    world.systems.records.objects["a/b.json"] = R"({"release": "2026.11.1", "plan": {"steps": 9}})";
    DrivenStep step(world, "record.publish", parameters);
    CHECK(step.apply().failure().code == "diverged");
    CHECK(world.systems.records.objects["a/b.json"].find("2026.11.1") != std::string::npos);
  }
}

}  // namespace ostler
