#include "ostler/systems/odoo.hpp"

#include <catch2/catch.hpp>

namespace ostler {
namespace {

constexpr const char* good_log =
    "2026-11-25 04:00:00,123 7 INFO shop_a odoo.modules.loading: loading 79 modules... \n"
    "2026-11-25 04:00:01,123 7 INFO shop_a odoo.modules.loading: Loading module sale_omni (12/79) "
    "\n"
    "2026-11-25 04:00:02,123 7 WARNING shop_a odoo.models: a warning about something else \n"
    "2026-11-25 04:00:03,123 7 INFO shop_a odoo.modules.loading: Loading module pos_retail (13/79) "
    "\n"
    "2026-11-25 04:00:04,123 7 INFO shop_a odoo.addons.ostler_guard: column kept: pos_order.note \n"
    "2026-11-25 04:00:05,123 7 INFO shop_a odoo.modules.loading: Modules loaded. \n"
    "2026-11-25 04:00:05,124 7 INFO shop_a odoo.modules.registry: Registry loaded in 4.1s \n";

UpdateProof good() {
  UpdateProof proof;
  proof.before = {{"counter", 7},
                  {"required_nullable", {"a.b"}},
                  {"schema", {{"invalid", {"constraint old of t"}}}}};
  proof.after = {{"counter", 8},
                 {"versions", {{"sale_omni", "18.0.2.0"}, {"pos_retail", "18.0.2.0"}}},
                 {"transitional", Json::array()},
                 {"required_nullable", {"a.b"}},
                 {"schema", {{"invalid", {"constraint old of t"}}}}};
  proof.expected = {{"sale_omni", "18.0.2.0"}, {"pos_retail", "18.0.2.0"}};
  proof.modules = {"sale_omni", "pos_retail"};
  proof.log = read_update_log(good_log);
  proof.exit_code = 0;
  return proof;
}

std::string only_failure(const UpdateProof& proof) {
  const auto failed = failed_proofs(proof);
  REQUIRE(failed.size() == 1);
  return failed.front();
}

std::string line(const char* level, const char* logger, const std::string& text) {
  return std::string("2026-11-25 04:00:06,123 7 ") + level + " shop_a " + logger + ": " + text +
         " \n";
}

}  // namespace

TEST_CASE("a good update's log is read", "[odoo]") {
  const UpdateLog log = read_update_log(good_log);
  REQUIRE(log.loading.size() == 2);
  CHECK(log.loading[1].module == "pos_retail");
  CHECK(log.loading[1].number == 13);
  CHECK(log.loading[1].count == 79);
  CHECK(log.modules_loaded);
  CHECK(log.registry_loaded);
  CHECK(log.troubles.empty());
  CHECK(log.kept == std::vector<std::string>{"pos_order.note"});
}

TEST_CASE("lines that must not be in a log are found, others are not", "[odoo]") {
  const std::vector<std::string> bad{
      line("WARNING", "odoo.modules.loading", "invalid module names, ignored: sale_onmi"),
      line("ERROR", "odoo.modules.loading",
           "Some modules are not loaded, some dependencies or manifest may be missing: ['x']"),
      line("ERROR", "odoo.modules.loading",
           "Some modules have inconsistent states, some dependencies may be missing: ['x']"),
      line("ERROR", "odoo.modules.registry", "Model x.y has no table."),
      line("WARNING", "odoo.modules.graph", "module x: not installable, skipped"),
      line("CRITICAL", "odoo.service.server", "Failed to initialize database `shop_a`."),
      line("WARNING", "odoo.schema", "Table 'x': unable to add constraint 'y'")};
  for (const std::string& one : bad) {
    INFO(one);
    CHECK(read_update_log(good_log + one).troubles.size() == 1);
  }
  CHECK(read_update_log(
            line("INFO", "odoo.schema", "Table 'x': unable to set NOT NULL on column 'y'"))
            .troubles.empty());
  CHECK(read_update_log("no log line at all\n").troubles.empty());
}

TEST_CASE("the exception at the end of a traceback is the last error", "[odoo]") {
  const UpdateLog log = read_update_log(
      line("CRITICAL", "odoo.service.server", "Failed to initialize database `shop_a`.") +
      "Traceback (most recent call last):\n  File \"x.py\", line 1, in migrate\n"
      "odoo.exceptions.UserError: Close the session of Till 1.\n");
  CHECK(log.last_error == "odoo.exceptions.UserError: Close the session of Till 1.");
}

TEST_CASE("an update counts as done only when every proof holds", "[odoo]") {
  CHECK(failed_proofs(good()).empty());
  UpdateProof proof = good();
  SECTION("exit code") {
    proof.exit_code = 255;
    CHECK(only_failure(proof) == "exit code 255");
  }
  SECTION("unknown exit code") {
    proof.exit_code.reset();
    CHECK(only_failure(proof) == "the exit code is not known");
  }
  SECTION("version") {
    proof.after["versions"]["sale_omni"] = "18.0.1.0";
    CHECK(only_failure(proof) == "module sale_omni is at 18.0.1.0, expected 18.0.2.0");
  }
  SECTION("module gone") {
    proof.after["versions"].erase("sale_omni");
    CHECK(only_failure(proof) == "module sale_omni is at no version, expected 18.0.2.0");
  }
  SECTION("in transit") {
    proof.after["transitional"] = {"sale_omni to upgrade"};
    CHECK(only_failure(proof) == "module sale_omni to upgrade is in transit");
  }
  SECTION("a module that the log does not load was skipped") {
    proof.log.loading.pop_back();
    CHECK(only_failure(proof) == "the log has no line that loads module pos_retail");
  }
  SECTION("end of the log") {
    proof.log.modules_loaded = false;
    CHECK(only_failure(proof) == "the log lacks 'Modules loaded.'");
  }
  SECTION("counter") {
    proof.after["counter"] = 7;
    CHECK(only_failure(proof).find("counter was not raised") != std::string::npos);
  }
  SECTION("a new required column without values") {
    proof.after["required_nullable"].push_back("sale_order.channel");
    CHECK(only_failure(proof).find("sale_order.channel") != std::string::npos);
  }
  SECTION("one that the log names and the catalog too counts once, one from before not at all") {
    proof.log = read_update_log(
        good_log +
        line("WARNING", "odoo.schema",
             "Table 'sale_order': unable to set NOT NULL on column 'channel'") +
        line("WARNING", "odoo.schema", "Table 'a': unable to set NOT NULL on column 'b'"));
    proof.after["required_nullable"].push_back("sale_order.channel");
    CHECK(only_failure(proof).find("sale_order.channel") != std::string::npos);
  }
  SECTION("a new invalid index") {
    proof.after["schema"]["invalid"].push_back("index x_idx");
    CHECK(only_failure(proof) == "index x_idx is not valid");
  }
  SECTION("triggers of the queue") {
    proof.queue_triggers = 2;
    CHECK(only_failure(proof) == "queue_job has 2 of 3 notification triggers");
  }
  SECTION("a cancelled run is never good") {
    proof.cancelled = 1;
    CHECK(only_failure(proof).find("cancelled") != std::string::npos);
  }
}

}  // namespace ostler
