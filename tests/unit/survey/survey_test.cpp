// What a survey sees of the example platform, and how it fails.
#include "ostler/model/survey.hpp"

#include "tests/fakes/fake_platform.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/survey/tenants.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

std::string fact(const Survey& survey, const std::string& subject, const std::string& name) {
  for (const Fact& one : survey.facts)
    if (one.subject == subject && one.name == name) return one.value;
  return "(none)";
}

/// One file of a tar archive.
std::string tar_entry(const std::string& path, const std::string& text) {
  std::string header(512, '\0');
  const auto put = [&](std::size_t at, const std::string& value) {
    header.replace(at, value.size(), value);
  };
  put(0, path);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", text.size()));
  put(136, "00000000000");
  put(148, "        ");
  put(156, "0");
  put(257, "ustar");
  put(263, "00");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum) + std::string(1, '\0') + " ");
  std::string padded = text;
  padded.resize((text.size() + 511) / 512 * 512, '\0');
  return header + padded;
}

std::string shop_layer(const std::string& version) {
  return tar_entry("usr/lib/python3/dist-packages/odoo/release.py",
                   "version_info = (18, 0, 0, 'final', 0, '')\n") +
         tar_entry("usr/lib/python3/dist-packages/odoo/addons/base/__manifest__.py",
                   "{'name': 'Base', 'version': '1.3', 'depends': []}\n") +
         tar_entry("mnt/extra-addons/sale_omni/__manifest__.py",
                   "{'name': 'Omni', 'version': '18.0." + version + ".0', 'depends': ['base']}\n") +
         tar_entry("mnt/extra-addons/pos_retail/__manifest__.py",
                   "{'name': 'POS', 'version': '18.0." + version + ".0', 'depends': ['base']}\n") +
         std::string(1024, '\0');
}

struct Case {
  Case() {
    platform.old_image =
        platform.production.add_image("retail/odoo", "1", {shop_layer("1")}).descriptor.digest;
    platform.new_image =
        platform.staging.add_image("retail/odoo", "2", {shop_layer("2")}).descriptor.digest;
    for (const char* name : {"odoo-web", "odoo-cron", "odoo-queue"})
      platform.set_in_deployment(name, "/spec/template/spec/containers/0/image",
                                 "127.0.0.1:5001/retail/odoo@" + platform.old_image);
  }
  Result<Survey> look() const { return survey(environment, release, platform); }
  Survey seen() const {
    auto result = look();
    if (!result.ok()) FAIL(result.failure().message);
    return *result;
  }
  FakePlatform platform;
  Environment environment = example_environment();
  Release release = example_release();
};

}  // namespace

TEST_CASE("survey: the platform at rest") {
  const Case a;
  const Survey survey = a.seen();
  CHECK(survey.cluster_uid == "05713e55-0000-4000-8000-0000c1057e12");
  CHECK(survey.image_digest == a.platform.new_image);
  CHECK_FALSE(survey.image_in_target);
  CHECK(survey.before.series == "18.0");
  CHECK(survey.before.digest == a.platform.old_image);
  CHECK(survey.after.digest == a.platform.new_image);
  REQUIRE(survey.cells.size() == 1);
  const CellState& cell = survey.cells[0];
  CHECK(cell.stable_service == "odoo-web");
  CHECK(cell.port == 8069);
  CHECK(cell.web_replicas == 3);
  CHECK(cell.web_container == "odoo");
  CHECK(cell.workers.size() == 2);
  CHECK(cell.autoscaler_min == 3);
  REQUIRE(cell.tenants.size() == 2);
  CHECK(cell.tenants[0].is_odoo);
  CHECK(cell.tenants[0].modules.size() == 3);
}

TEST_CASE("survey: a plan can be made from it") {
  const Case a;
  const auto plan = make_plan(a.environment, a.release, a.seen(), WallTime{}, Milliseconds{1000});
  if (!plan.ok()) FAIL(plan.failure().message);
  CHECK(plan->release_class == ReleaseClass::expand_only);
}

TEST_CASE("survey: facts name what a plan rests on") {
  const Case a;
  const Survey survey = a.seen();
  CHECK(fact(survey, "cluster", "uid") == "05713e55-0000-4000-8000-0000c1057e12");
  CHECK(fact(survey, "image staging/retail/odoo:2", "digest") == a.platform.new_image);
  CHECK(fact(survey, "tag production/retail/odoo:2026.11.2", "digest") == "absent");
  CHECK(fact(survey, "Deployment odoo-pool-a/odoo-cron", "replicas") == "1");
  CHECK(fact(survey, "HorizontalPodAutoscaler odoo-pool-a/odoo-web", "minReplicas") == "3");
  CHECK(fact(survey, "TraefikService odoo-pool-a/odoo-web", "children") == "odoo-web:8069 100");
  CHECK(fact(survey, "cell pool-a", "tenants") == "acme, bistro");
  CHECK(fact(survey, "tenant main/acme", "module sale_omni") == "18.0.1.0");
  CHECK(fact(survey, "tenant main/acme", "modules in transit") == "");
  CHECK(fact(survey, "tenant main/acme", "migrations") == "");
}

TEST_CASE("survey: what changes by itself is no fact, what a hand changes is") {
  Case a;
  const std::vector<Fact> before = a.seen().facts;
  a.platform.edit_deployment("odoo-web", {{"spec", {{"replicas", 5}}}});
  a.platform.edit_deployment(
      "odoo-web",
      Json::parse(R"({"spec":{"template":{"metadata":{"annotations":{"restarted":"now"}}}}})"));
  CHECK(compare_facts(before, a.seen().facts).empty());
  a.platform.edit_deployment("odoo-cron", {{"spec", {{"replicas", 0}}}});
  a.platform.set_in_deployment("odoo-web", "/spec/template/spec/containers/0/env",
                               Json::array({{{"name", "A"}, {"value", "b"}}}));
  const auto differences = compare_facts(before, a.seen().facts);
  REQUIRE(differences.size() == 2);
  CHECK(differences[0].find("Deployment odoo-pool-a/odoo-web: template was") == 0);
  CHECK(differences[1] == "Deployment odoo-pool-a/odoo-cron: replicas was 1, is now 0");
}

TEST_CASE("survey: tenants half-way through an update and with migrations behind them") {
  Case a;
  FakeSqlServer& server = *a.platform.database.server;
  server.on_rows("FROM ir_module_module",
                 {{"base", "18.0.1.3", "installed"},
                  {"sale_omni", "18.0.1.0", "to upgrade"},
                  {"website", SqlValue{}, "to install"}},
                 "acme");
  server.on_rows("to_regclass('public.ostler_migration')", {{"t"}}, "acme");
  server.on_rows("FROM ostler_migration", {{"0001", "abcdef0123456789"}}, "acme");
  const Survey survey = a.seen();
  const TenantState& acme = survey.cells[0].tenants[0];
  CHECK(acme.transitional == std::vector<std::string>{"sale_omni", "website"});
  CHECK(acme.modules.size() == 2);
  CHECK(acme.applied_migrations == std::vector<std::string>{"0001 abcdef0123456789"});
  CHECK(fact(survey, "tenant main/acme", "migrations") == "0001 abcdef01");
}

TEST_CASE("survey: what cannot be looked at is a failure with the place") {
  Case gone;
  gone.platform.cluster.erase(deployment_ref("odoo-pool-a", "odoo-queue"));
  const auto failed = gone.look();
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.failure().message.find("cell pool-a: ") == 0);
  CHECK(failed.failure().message.find("odoo-queue") != std::string::npos);

  Case unpushed;
  unpushed.release.image_from = "staging/retail/odoo:3";
  REQUIRE_FALSE(unpushed.look().ok());
  CHECK(unpushed.look().failure().message == "image staging/retail/odoo:3 is not in its registry");

  Case foreign;
  foreign.platform.set_in_deployment("odoo-web", "/spec/template/spec/containers/0/image",
                                     "docker.io/odoo:18");
  REQUIRE_FALSE(foreign.look().ok());
  CHECK(foreign.look().failure().message.find("docker.io/odoo:18 lies in no registry") !=
        std::string::npos);

  Case silent;
  silent.platform.database.server->faults.fail_before(
      "ir_module_module", {FailureKind::transient, "connection refused", "", "08001"}, 100);
  REQUIRE_FALSE(silent.look().ok());
  CHECK(silent.look().failure().message.find("tenant acme: connection refused") !=
        std::string::npos);
}

TEST_CASE("list_tenants: by query or by name, each once, never none") {
  Case a;
  CellConfig cell = a.environment.cells[0];
  cell.tenants.names = {"acme", "acme", "bistro"};
  CHECK(*list_tenants(cell, a.platform) == std::vector<std::string>{"acme", "bistro"});
  cell.tenants.names.clear();
  cell.tenants.query = "select name from saas.tenant";
  a.platform.database.server->on_rows("saas.tenant", {{"cafe"}});
  CHECK(*list_tenants(cell, a.platform) == std::vector<std::string>{"cafe"});
  a.platform.database.server->on_rows("saas.tenant", {});
  CHECK_FALSE(list_tenants(cell, a.platform).ok());
  a.platform.database.server->on_rows("saas.tenant", {{SqlValue{}}});
  CHECK_FALSE(list_tenants(cell, a.platform).ok());
}
