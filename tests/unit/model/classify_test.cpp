// Tables for the class of a release, and for what is refused before a plan is made.
#include "tests/fakes/example_release.hpp"

#include "ostler/base/text.hpp"
#include "ostler/model/addons.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

struct Case {
  Environment environment = example_environment();
  Release release = example_release();
  Survey survey = example_survey();
  ReleaseClass released_as() const { return classify(release, survey).release_class; }
  std::string reasons() const { return join(classify(release, survey).reasons, "; "); }
  Failure refusal() const {
    const auto plan = make_plan(environment, release, survey, WallTime{}, Milliseconds{1000});
    return plan.ok() ? Failure{FailureKind::unknown, "a plan was made", "", ""} : plan.failure();
  }
  TenantState& tenant() { return survey.cells[0].tenants[0]; }
};

/// Only code of sale_omni differs, under the same version.
Case code_change() {
  Case a;
  a.release.migrations.clear();
  a.release.modules.clear();
  a.survey.after.addons = a.survey.before.addons;
  a.survey.after.addons[2].hash = "s2";
  a.survey.after.changed_files = {"sale_omni/models/sale_order.py"};
  return a;
}

}  // namespace

TEST_CASE("classify: identical addons without SQL are image only") {
  Case a = code_change();
  a.survey.after.addons = a.survey.before.addons;
  CHECK(a.released_as() == ReleaseClass::image_only);
  CHECK(a.reasons() == "all 3 addons are identical");
  a.release.migrations = example_release().migrations;
  CHECK(a.released_as() == ReleaseClass::expand_only);
}

TEST_CASE("classify: which changed files are code only") {
  struct Row {
    const char* file;
    ReleaseClass expected;
  };
  const auto code = ReleaseClass::code_only, update = ReleaseClass::expand_only;
  for (const Row row :
       {Row{"sale_omni/models/sale_order.py", code}, Row{"sale_omni/__init__.py", code},
        Row{"sale_omni/tests/data/x.xml", code}, Row{"sale_omni/i18n/sale_omni.pot", code},
        Row{"sale_omni/README.md", code}, Row{"sale_omni/__manifest__.py", update},
        Row{"sale_omni/migrations/18.0.1.0/pre-a.py", update},
        Row{"sale_omni/upgrades/18.0.1.0/pre-a.py", update},
        Row{"sale_omni/security/rules.py", update}, Row{"sale_omni/data/x.xml", update},
        Row{"sale_omni/views/x.xml", update}, Row{"sale_omni/static/src/main.js", update},
        Row{"sale_omni/i18n/de.po", update}}) {
    CAPTURE(row.file);
    Case a = code_change();
    a.survey.after.changed_files = {row.file};
    CHECK(a.released_as() == row.expected);
  }
  Case a = code_change();
  CHECK(a.reasons().find("assumed, because fields were not compared") != std::string::npos);
  a.survey.after.changed_files.clear();
  CHECK(a.released_as() == ReleaseClass::expand_only);  // which files changed is not known
}

TEST_CASE("classify: a change that no update reaches is said") {
  Case a = code_change();
  a.survey.after.changed_files = {"sale_omni/views/x.xml"};
  CHECK(a.reasons().find("changed views and data of sale_omni do not reach the databases") !=
        std::string::npos);
  a.release.modules = {"sale_omni"};
  CHECK(a.reasons().find("do not reach") == std::string::npos);
}

TEST_CASE("classify: an update of modules is expand only on the condition that is said") {
  const Case a;
  CHECK(a.released_as() == ReleaseClass::expand_only);
  CHECK(a.reasons().find("provided that reading the schema back on the first tenant proves it") !=
        std::string::npos);
  CHECK(a.reasons().find("sale_omni goes from 18.0.1.0 to 18.0.2.0") != std::string::npos);
}

TEST_CASE("classify: a listed module makes an update even when only code changed") {
  Case a = code_change();
  a.release.modules = {"sale_omni"};
  CHECK(a.released_as() == ReleaseClass::expand_only);
}

TEST_CASE(
    "classify: another series is major, contracting SQL is contracting, and neither is planned") {
  Case major;
  major.survey.after.series = "19.0";
  CHECK(major.released_as() == ReleaseClass::major);
  CHECK(major.refusal().code == "class");
  CHECK(major.refusal().message.find("from 18.0 to 19.0") != std::string::npos);

  Case contracting;
  contracting.release.migrations[0].text = "-- later\nALTER TABLE sale_order DROP COLUMN note;";
  CHECK(contracting.released_as() == ReleaseClass::contracting);
  const Failure failure = contracting.refusal();
  CHECK(failure.kind == FailureKind::refused);
  CHECK(failure.message.find("migrations/0001_order_channel.sql:2: ALTER TABLE sale_order DROP "
                             "COLUMN note") != std::string::npos);
  CHECK(failure.hint.find("later release") != std::string::npos);
}

TEST_CASE("admission: a statement that stops the shop is refused with its safe form") {
  Case a;
  a.release.migrations[0].text = "\n\nCREATE INDEX i ON sale_order (channel);";
  const Failure failure = a.refusal();
  CHECK(failure.code == "statement");
  CHECK(failure.message.find("0001_order_channel.sql:3:") != std::string::npos);
  CHECK(failure.message.find("CREATE INDEX CONCURRENTLY") != std::string::npos);
}

TEST_CASE("admission: an image without Odoo has no class") {
  Case a;
  a.survey.before.series = a.survey.after.series = "";
  CHECK(a.refusal().code == "class");
}

TEST_CASE("admission: tenants that are no Odoo or half-way through an update") {
  Case wrong;
  wrong.tenant().is_odoo = false;
  CHECK(wrong.refusal().code == "tenant");
  Case transit;
  transit.tenant().transitional = {"pos_retail"};
  CHECK(transit.refusal().code == "transitional");
  CHECK(transit.refusal().message.find(
            "tenant acme is half-way through another update: pos_retail") != std::string::npos);
}

TEST_CASE("admission: a migration that was applied with another content") {
  Case a;
  a.tenant().applied_migrations = {"0001 " + std::string(64, 'd')};
  CHECK(a.refusal().code == "migration");
  a.tenant().applied_migrations = {"0001 " + a.release.migrations[0].checksum};
  CHECK(a.refusal().message == "a plan was made");
}

TEST_CASE("admission: listed modules must be in the image and installed somewhere") {
  Case typo;
  typo.release.modules = {"sale_onmi", "pos_retail"};
  CHECK(typo.refusal().message == "release.yaml:9: module 'sale_onmi' is not in the new image");
  CHECK(typo.refusal().hint == "Did you mean 'sale_omni'?");
  Case nowhere;
  nowhere.survey.after.addons.push_back(example_addon("website", "18.0.1.0", "w1"));
  nowhere.release.modules.push_back("website");
  CHECK(nowhere.refusal().message == "release.yaml:9: module 'website' is installed in no tenant");
  Case broken;
  broken.survey.after.addons[2].installable = false;
  CHECK(broken.refusal().message.find("not installable in the new image") != std::string::npos);
}

TEST_CASE("admission: a module with a new version must be reached by the update") {
  Case forgotten;
  forgotten.release.modules = {"sale_omni"};
  const Failure failure = forgotten.refusal();
  CHECK(failure.code == "modules");
  CHECK(
      failure.message.find("'pos_retail' goes from 18.0.1.0 to 18.0.2.0 and is installed in tenant "
                           "acme") != std::string::npos);
  CHECK(failure.hint == "Add 'pos_retail' to migrations.modules.");
  Case covered = forgotten;
  covered.survey.after.addons[1].depends = {"sale_omni"};
  CHECK(covered.refusal().message == "a plan was made");
  Case elsewhere = forgotten;  // not installed anywhere: nobody misses the update
  for (TenantState& tenant : elsewhere.survey.cells[0].tenants)
    tenant.modules = {{"base", "18.0.1.3"}, {"sale_omni", "18.0.1.0"}};
  CHECK(elsewhere.refusal().message == "a plan was made");
}

TEST_CASE("admission: an installed module must be in the new image") {
  Case a;
  a.tenant().modules.push_back({"old_shop", "18.0.1.0"});
  CHECK(a.refusal().message ==
        "module 'old_shop' is installed in tenant acme, but is not in the new image");
}

TEST_CASE("admission: a route with a canary's leftovers") {
  Case a;
  a.survey.cells[0].children.push_back({"odoo-web-canary", 8069, 0});
  CHECK(a.refusal().code == "route");
  CHECK(a.refusal().message.find("[odoo-web 100, odoo-web-canary 0]") != std::string::npos);
}

TEST_CASE(
    "modules_to_update: the whole list again after a broken attempt, nothing when all is done") {
  Case a;
  using Names = std::vector<std::string>;
  CHECK(modules_to_update(a.release, a.survey, a.tenant()) == Names{"sale_omni", "pos_retail"});
  a.tenant().modules[2].second = "18.0.2.0";  // sale_omni is through, pos_retail is not known to be
  CHECK(modules_to_update(a.release, a.survey, a.tenant()) == Names{"sale_omni", "pos_retail"});
  a.tenant().modules[1].second = "18.0.2.0";
  CHECK(modules_to_update(a.release, a.survey, a.tenant()).empty());  // though the old image runs
  a.survey.before = a.survey.after;
  CHECK(modules_to_update(a.release, a.survey, a.tenant()).empty());
  a.survey.before.addons.back().hash = "other";  // the same version with another content
  CHECK_FALSE(modules_to_update(a.release, a.survey, a.tenant()).empty());
  Case partly;
  partly.tenant().modules = {{"base", "18.0.1.3"}, {"pos_retail", "18.0.1.0"}};
  CHECK(modules_to_update(partly.release, partly.survey, partly.tenant()) == Names{"pos_retail"});
}

TEST_CASE("with_dependents follows dependencies of dependencies") {
  ImageContents image;
  image.addons = {example_addon("a", "1", "1", {}), example_addon("c", "1", "1", {"b"}),
                  example_addon("b", "1", "1", {"a"}), example_addon("d", "1", "1", {})};
  CHECK(with_dependents(image, {"a"}) == std::set<std::string>{"a", "b", "c"});
}
