// Which file a typed name or path means.
#include "config/find_environment.hpp"

#include "reading.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

/// A working folder and a system folder, both without environments at first.
struct Places {
  ConfigFolder working, system;
  Places() { std::filesystem::remove(working.path("environment.yaml")); }
  void put(const ConfigFolder& folder, const std::string& below, const std::string& text) const {
    std::filesystem::create_directories(folder.path(below));
    folder.write(below + "/environment.yaml", text);
  }
  Result<std::string> find(const std::string& typed) const {
    return find_environment_below(typed, working.path(""), system.path(""));
  }
};

}  // namespace

TEST_CASE("a name is looked for in the project, in the system and beside", "[config]") {
  Places places;
  const std::string text = places.system.text("environment.yaml");
  CHECK(places.find("shop").failure().kind == FailureKind::refused);
  CHECK(places.find("shop").failure().message == "there is no environment 'shop'");
  CHECK(places.find("shop").failure().hint.find(
            places.working.path(".ostler/env/shop/environment.yaml")) != std::string::npos);

  places.working.write("environment.yaml", text);
  CHECK(places.find("shop").value() == places.working.path("environment.yaml"));
  places.put(places.system, "env/shop", text);
  CHECK(places.find("shop").value() == places.system.path("env/shop/environment.yaml"));
  places.put(places.working, ".ostler/env/shop", text);
  CHECK(places.find("shop").value() == places.working.path(".ostler/env/shop/environment.yaml"));
}

TEST_CASE("the file beside counts only when it says the name", "[config]") {
  Places places;
  places.working.write("environment.yaml", places.system.text("environment.yaml"));
  const auto other = places.find("other");
  REQUIRE_FALSE(other);
  CHECK(other.failure().message.find("there is no environment 'other'") == 0);
  CHECK(other.failure().message.find("is the one of 'shop'") != std::string::npos);
  // A broken file is found, so that its mistakes are told.
  places.working.write("environment.yaml", "environment: [");
  CHECK(places.find("other").value() == places.working.path("environment.yaml"));
}

TEST_CASE("a path is taken as it is, a folder means the file in it", "[config]") {
  Places places;
  const std::string file = places.system.path("environment.yaml");
  CHECK(places.find(file).value() == file);
  CHECK(places.find(places.system.path("")).value() == file);
  CHECK(places.find("./nowhere.yaml").failure().message ==
        "there is no environment file './nowhere.yaml'");
  CHECK_FALSE(places.find("../../etc/passwd/"));
  CHECK_FALSE(places.find(""));
}

TEST_CASE("the file's own name must be the one that was typed", "[config]") {
  ConfigFolder folder;
  const auto environment = folder.environment();
  REQUIRE(environment);
  CHECK(check_environment_name(*environment, "shop").ok());
  CHECK(check_environment_name(*environment, folder.path("environment.yaml")).ok());
  const auto refused = check_environment_name(*environment, "prod");
  REQUIRE_FALSE(refused);
  CHECK(refused.failure().message ==
        folder.path("environment.yaml") +
            ":2:14: the file is for the environment 'shop', not 'prod'");
}
