// A stand-in: an environment's own names and addresses, and pictures that tell worlds apart.
#include "ostler/lab/stand_in.hpp"

#include "ostler/lab/modelled_postgres.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::lab;

namespace {

CellConfig cell_named(const std::string& name, const std::string& tenant) {
  CellConfig cell;
  cell.name = name;
  cell.name_space = "space-" + name;
  cell.workloads = {name + "-web", name + "-cron", ""};
  cell.route = name + "-route";
  cell.port = 8080;
  cell.tenants.server = "main";
  cell.tenants.names = {tenant};
  return cell;
}

StandInSettings settings_for(const std::vector<std::string>& modules) {
  StandInSettings settings;
  Environment& environment = settings.environment;
  environment.name = "prod";
  environment.kubernetes.cluster_uid = "3b1c";
  environment.traefik.name_space = "edge";
  environment.traefik.selector = "app.kubernetes.io/name=traefik,tier=edge";
  environment.registries = {{"production", "https://registry.prod.example", "", {}, {}, false, {}}};
  BucketConfig bucket;
  bucket.name = "records";
  bucket.endpoint = "https://s3.example";
  bucket.bucket = "release-records";
  environment.buckets = {bucket};
  environment.cells = {cell_named("a", "alma"), cell_named("b", "brio")};
  settings.running = settings.wanted = {"production", "shop/odoo", "", ""};
  settings.images = made_images(modules, "next");
  return settings;
}

struct Stage {
  World world{1};
  ModelledPostgres postgres{world, {{"alma", "brio"}}};
  StandIn platform{world, postgres.databases(), settings_for({})};
};

HttpRequest get(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.headers = {{"Accept", "application/vnd.oci.image.manifest.v1+json"}};
  return request;
}

}  // namespace

TEST_CASE("a stand-in has an environment's names, at its addresses", "[lab]") {
  Stage stage;
  REQUIRE(stage.platform.come_up().ok());
  const Picture picture = stage.platform.picture();
  for (const char* name :
       {"Deployment space-a/a-web", "Deployment space-b/b-cron", "Service space-a/a-web",
        "TraefikService space-b/b-route", "tag production/shop/odoo:1",
        "tag production/shop/odoo:next", "proxy traefik-1"})
    CHECK(picture.count(name) == 1);
  CHECK(picture.count("Deployment space-a/") == 0);
  CHECK(picture.at("Service space-a/a-web").at("spec").at("ports").at(0).at("port") == 8080);
  CHECK(text_at(picture.at("Deployment space-a/a-web"), "/spec/template/spec/containers/0/image")
            .find("registry.prod.example/shop/odoo@sha256:") == 0);

  const auto found =
      stage.platform.http().send(get("https://registry.prod.example/v2/shop/odoo/manifests/next"));
  REQUIRE(found.ok());
  CHECK(found->status == 200);
  CHECK_FALSE(stage.platform.http().send(get("https://registry.other.example/v2/")).ok());
}

TEST_CASE("two pictures of a platform that nobody changes are equal", "[lab]") {
  Stage stage;
  REQUIRE(stage.platform.come_up().ok());
  const Picture before = stage.platform.picture();
  stage.platform.pass(std::chrono::seconds{60});
  CHECK(stage.platform.picture() == before);
  CHECK(stage.platform.shopping().requests > 500);
  CHECK(stage.platform.shopping().failed == 0);
}

TEST_CASE("made images differ in the modules that were named and in nothing else", "[lab]") {
  const ImagePair pair = made_images({"pos_retail", "stock_rfid"}, "18.0-7");
  CHECK(pair.after.tag == "18.0-7");
  CHECK(pair.before.digest != pair.after.digest);
  CHECK(pair.after.code.plain_modules == std::vector<std::string>{"stock_rfid"});
  for (const auto& [name, version] : pair.after.code.modules) {
    const bool named = name == "pos_retail" || name == "stock_rfid";
    CHECK((pair.before.code.modules.at(name) != version) == named);
  }
}
