#include "ostler/systems/odoo.hpp"

#include <catch2/catch.hpp>

namespace ostler {
namespace {

UpdateAim aim() {
  return {"shop", "odoo-web", "new@sha256:1", "shop_a", {"sale", "pos"}, "/mnt/extra-addons", 900};
}

Json web(const Json& container) {
  Json deployment{{"metadata", {{"name", "odoo-web"}, {"namespace", "shop"}}}};
  deployment["spec"]["template"]["spec"] = {{"serviceAccountName", "odoo"},
                                            {"nodeSelector", {{"disk", "fast"}}},
                                            {"terminationGracePeriodSeconds", 200},
                                            {"volumes", Json::array({{{"name", "filestore"}}})},
                                            {"containers", Json::array({container})}};
  return deployment;
}

Json container_of(const Json& container) {
  const auto job = update_job(aim(), web(container), "job", "0123456789abcdef", {"r", 1, 2});
  REQUIRE(job.ok());
  return (*job)["spec"]["template"]["spec"]["containers"][0];
}

}  // namespace

TEST_CASE("a Job's name is fit for Kubernetes whatever the database is called", "[odoo]") {
  CHECK(update_job_name("shop_a", "0123456789", 1) == "ostler-update-shop-a-01234567");
  CHECK(update_job_name("shop_a", "0123456789", 3) == "ostler-update-shop-a-01234567-3");
  CHECK(update_job_name("__", "0123456789", 1) == "ostler-update-x-01234567");
  const std::string name = update_job_name(std::string(80, 'A') + "-", "0123456789", 3);
  CHECK(name.size() <= 57);
  CHECK(name == "ostler-update-" + std::string(30, 'a') + "-01234567-3");
}

TEST_CASE("the update runs as the web workload does, with nothing of a server", "[odoo]") {
  const Json made = container_of(
      {{"name", "odoo"},
       {"image", "old"},
       {"args", {"--workers=16", "--proxy-mode", "--db-filter=^%d$", "--limit-time-real", "14"}},
       {"envFrom", Json::array({{{"secretRef", {{"name", "odoo-db"}}}}})},
       {"env", Json::array({{{"name", "ODOO_PGAPPNAME"}, {"value", "web"}}})},
       {"readinessProbe", {{"periodSeconds", 1}}},
       {"lifecycle", {{"preStop", Json::object()}}}});
  CHECK(made["image"] == "new@sha256:1");
  CHECK_FALSE(made.contains("command"));
  CHECK_FALSE(made.contains("readinessProbe"));
  CHECK_FALSE(made.contains("lifecycle"));
  CHECK(made["envFrom"][0]["secretRef"]["name"] == "odoo-db");
  CHECK(made["args"] == Json({"-d", "shop_a", "-u", "sale,pos", "--no-http", "--stop-after-init",
                              "--workers=0", "--max-cron-threads=0", "--load=base,web,ostler_guard",
                              "--addons-path=/mnt/ostler,/mnt/extra-addons"}));
  CHECK(made["env"][0]["value"] == "odoo-mig-01234567-{pid}");
}

TEST_CASE("what the command line says about places is kept", "[odoo]") {
  const Json made =
      container_of({{"name", "odoo"},
                    {"image", "old"},
                    {"command", {"python3", "/opt/odoo/odoo-bin", "-c", "/etc/odoo.conf"}},
                    {"args",
                     {"--db_host=db", "--addons-path", "/a,/b", "--load=base,web,queue_job",
                      "--workers", "4"}}});
  CHECK(made["command"] == Json({"python3", "/opt/odoo/odoo-bin"}));
  const std::vector<std::string> words = made["args"];
  const std::vector<std::string> first(words.begin(), words.begin() + 5);
  CHECK(first == std::vector<std::string>{"-c", "/etc/odoo.conf", "--db_host=db", "-d", "shop_a"});
  CHECK(std::count(words.begin(), words.end(), "--load=base,web,queue_job,ostler_guard") == 1);
  CHECK(std::count(words.begin(), words.end(), "--addons-path=/mnt/ostler,/a,/b") == 1);
  CHECK(std::count(words.begin(), words.end(), "4") == 0);
}

TEST_CASE("a Job tries once, in its time, and tells whose it is", "[odoo]") {
  const auto job = update_job(aim(), web({{"name", "odoo"}, {"image", "old"}}), "job",
                              "0123456789abcdef", {"r7", 3, 4});
  REQUIRE(job.ok());
  const Json& spec = (*job)["spec"];
  CHECK(spec["backoffLimit"] == 0);
  CHECK(spec["activeDeadlineSeconds"] == 900);
  CHECK(spec["template"]["spec"]["restartPolicy"] == "Never");
  CHECK(spec["template"]["spec"]["serviceAccountName"] == "odoo");
  CHECK(spec["template"]["spec"]["nodeSelector"]["disk"] == "fast");
  CHECK_FALSE(spec["template"]["spec"].contains("terminationGracePeriodSeconds"));
  CHECK((*job)["metadata"]["annotations"]["ostler.dev/run"] == "r7");
  CHECK((*job)["metadata"]["annotations"]["ostler.dev/key"] == "0123456789abcdef");
  CHECK((*job)["metadata"]["labels"]["ostler.dev/update"] == "shop-a");
}

}  // namespace ostler
