// Step kinds against the real stack, in a namespace and in databases of their own: what they say
// they did must be there.
#include "tests/contract/stack_shop.hpp"

#include <atomic>
#include <thread>

using namespace ostler;

namespace {

Json update_parameters(const Shop& shop, const std::string& tag) {
  return {{"namespace", shop.name_space},
          {"web_workload", "odoo-web"},
          {"image", shop.image(tag)},
          {"server", "main"},
          {"database", shop.database},
          {"modules", {"sale_omni", "pos_retail"}},
          {"expected", {{"sale_omni", "18.0.2.0"}, {"pos_retail", "18.0.2.0"}}},
          {"deadline_s", 120}};
}

/// Asks every proxy for the route's pages until it goes.
class Visitors {
 public:
  explicit Visitors(Shop& shop) : shop_(shop), thread_([this] { visit(); }) {}
  ~Visitors() {
    stop_ = true;
    thread_.join();
  }
  int failed() const { return failed_; }
  int asked() const { return asked_; }

 private:
  void visit() {
    const auto proxies = shop_.systems.traefik().proxies();
    if (!proxies.ok()) return;
    while (!stop_) {
      for (const Proxy& proxy : *proxies) {
        HttpRequest request;
        request.url = "http://" + proxy.address + ":8000/web/health";
        request.headers = {{"Host", shop_.name_space + ".example"}};
        const auto answer = shop_.systems.http().send(request);
        ++asked_;
        if (!answer.ok() || answer->status != 200) ++failed_;
      }
      std::this_thread::sleep_for(Milliseconds{10});
    }
  }

  Shop& shop_;
  std::atomic<bool> stop_{false};
  std::atomic<int> failed_{0}, asked_{0};
  std::thread thread_;
};

}  // namespace

TEST_CASE("sql.expand on PostgreSQL adds, repeats and takes back", "[stack][steps]") {
  if (!on_stack()) return;
  Shop shop;
  const std::string text = "ALTER TABLE sale_order ADD COLUMN contract_channel text;";
  const Json files = Json::array(
      {{{"version", "0001"},
        {"name", "0001_channel"},
        {"text", text},
        {"checksum", sha256_hex(text)},
        {"undo_text", "ALTER TABLE sale_order DROP COLUMN contract_channel;"}},
       {{"version", "0002"},
        {"name", "0002_index"},
        {"text",
         "CREATE INDEX CONCURRENTLY contract_channel_index ON sale_order (contract_channel);"},
        {"checksum", "two"},
        {"undo_text", "DROP INDEX CONCURRENTLY contract_channel_index;"}}});
  Driven step(shop, "sql.expand",
              {{"server", "main"}, {"database", shop.database}, {"files", files}});
  const std::string tables = shop.ask("SELECT count(*) FROM information_schema.tables");

  step.require_ok(step.apply());
  CHECK(step.state() == TargetState::applied);
  CHECK(shop.ask("SELECT count(*) FROM information_schema.columns WHERE column_name = "
                 "'contract_channel'") == "1");
  CHECK(shop.ask("SELECT tableowner FROM pg_tables WHERE tablename = 'ostler_migration'") ==
        "odoo");
  step.require_ok(step.apply());

  step.require_ok(step.revert());
  CHECK(step.state() == TargetState::before);
  CHECK(shop.ask("SELECT count(*) FROM information_schema.columns WHERE column_name = "
                 "'contract_channel'") == "0");
  CHECK(shop.ask("SELECT count(*) FROM information_schema.tables") == tables);
  CHECK(shop.ask("SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE "
                 "locktype = 'advisory' "
                 "AND d.datname = current_database()") == "0");
}

TEST_CASE("odoo.update updates the shop's modules and its undo lets the old version go on",
          "[stack][steps]") {
  if (!on_stack()) return;
  Shop shop;
  shop.add_web_description();
  Driven step(shop, "odoo.update", update_parameters(shop, "2"));
  CHECK(step.first == TargetState::before);
  const std::string counter = shop.ask("SELECT last_value FROM base_registry_signaling");

  step.require_ok(step.apply());
  CHECK(step.state() == TargetState::applied);
  CHECK(shop.ask("SELECT string_agg(latest_version, ' ') FROM ir_module_module WHERE name IN "
                 "('sale_omni', "
                 "'pos_retail')") == "18.0.2.0 18.0.2.0");
  CHECK(shop.ask("SELECT count(*) FROM ir_module_module WHERE name = 'ostler_guard'") == "0");
  CHECK(shop.ask("SELECT count(*) FROM ostler_update") == "1");
  step.require_ok(step.apply());

  step.require_ok(step.revert());
  CHECK(step.attempt->noted("modules stay at their new version"));
  CHECK(shop.ask("SELECT last_value FROM base_registry_signaling") > counter);
  CHECK(shop.ask("SELECT to_regclass('public.ostler_update') IS NULL") == "t");
  const auto jobs = shop.systems.kubernetes().list(job_ref(shop.name_space, ""), {});
  REQUIRE(jobs.ok());
  CHECK(jobs->empty());
}

TEST_CASE("odoo.update says how far an update came that fails half-way", "[stack][steps]") {
  if (!on_stack()) return;
  Shop shop;
  shop.add_web_description();
  Driven step(shop, "odoo.update", update_parameters(shop, "2-halfway"));
  const auto done = step.apply();
  REQUIRE_FALSE(done.ok());
  INFO(done.failure().message);
  CHECK(done.failure().kind == FailureKind::permanent);
  CHECK(done.failure().message.find("exit code 255") != std::string::npos);
  CHECK(done.failure().message.find("Close the session of Till 1") != std::string::npos);
  CHECK(done.failure().message.find("ended in module pos_retail") != std::string::npos);
  CHECK(step.state() == TargetState::partial);
  step.require_ok(step.revert());
  CHECK(step.state() == TargetState::partial);
  step.require_ok(step.revert());
}

TEST_CASE(
    "odoo.update keeps columns that the new version no longer declares and relaxes what the old "
    "one cannot fill",
    "[stack][steps]") {
  if (!on_stack()) return;
  Shop shop;
  shop.add_web_description();
  const std::string columns = shop.ask(
      "SELECT string_agg(table_name || '.' || column_name, ' ' ORDER BY 1) FROM "
      "information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE "
      "'ostler%'");
  Driven step(shop, "odoo.update", update_parameters(shop, "2-contract"));
  step.require_ok(step.apply());
  const std::vector<std::string> before = split(columns, ' ');
  const auto now =
      split(shop.ask("SELECT string_agg(table_name || '.' || column_name, ' ' ORDER BY 1) FROM "
                     "information_schema.columns WHERE table_schema = 'public'"),
            ' ');
  for (const std::string& column : before) {
    INFO(column);
    CHECK(std::find(now.begin(), now.end(), column) != now.end());
  }
  Json facts = *schema_facts(query_of(shop.systems.looks().postgres("main"), shop.database));
  CHECK(new_not_nulls(step.before["schema"], facts).empty());
  step.require_ok(step.revert());
}

TEST_CASE("odoo.update ends a run that holds others up, and its undo ends one that still works",
          "[stack][steps]") {
  if (!on_stack()) return;
  Shop shop;
  shop.add_web_description();
  Driven step(shop, "odoo.update", update_parameters(shop, "2-long"));
  const auto done = step.apply(Milliseconds{8000});
  REQUIRE_FALSE(done.ok());
  CHECK(done.failure().kind == FailureKind::timeout);
  CHECK(step.state() == TargetState::partial);
  step.require_ok(step.revert());
  CHECK(shop.ask("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'odoo-mig-%' "
                 "AND datname = "
                 "current_database()") == "0");
}

TEST_CASE("a canary takes its share on the real proxies and leaves without a failed request",
          "[stack][steps]") {
  if (!on_stack()) return;
  Shop shop;
  shop.add_web();
  const ObjectRef route = traefik_service_ref(shop.name_space, "odoo-web");
  const ObjectRef web = deployment_ref(shop.name_space, "odoo-web");
  const Json route_before = shop.object(route), web_before = shop.object(web);
  REQUIRE(eventually(shop.systems.time(), [&] {
    const auto proxies = shop.systems.traefik().proxies();
    for (const auto& loaded : shop.systems.traefik().loaded(*proxies, shop.name_space, "odoo-web"))
      if (!loaded.ok() || !loaded->found) return false;
    return true;
  }));
  Visitors visitors(shop);
  Driven start(shop, "canary.start",
               {{"namespace", shop.name_space},
                {"web_workload", "odoo-web"},
                {"workload", "odoo-web-canary"},
                {"stable_service", "odoo-web"},
                {"service", "odoo-web-canary"},
                {"port", 8069},
                {"image", shop.image("2")},
                {"replicas", 1}});
  start.require_ok(start.apply());
  CHECK(start.state() == TargetState::applied);

  const Json children =
      Json::array({{{"service", "odoo-web"}, {"port", 8069}, {"weight", 75}},
                   {{"service", "odoo-web-canary"}, {"port", 8069}, {"weight", 25}}});
  Driven weigh(shop, "traffic.weigh",
               {{"namespace", shop.name_space}, {"route", "odoo-web"}, {"children", children}});
  weigh.require_ok(weigh.apply());
  CHECK(weigh.state() == TargetState::applied);
  CHECK(weigh.attempt->noted("fits the weights"));

  Driven scale(shop, "canary.scale",
               {{"namespace", shop.name_space}, {"workload", "odoo-web-canary"}, {"replicas", 2}});
  scale.require_ok(scale.apply());
  CHECK(scale.state() == TargetState::applied);

  Driven stop(shop, "canary.stop",
              {{"namespace", shop.name_space},
               {"workload", "odoo-web-canary"},
               {"service", "odoo-web-canary"}});
  const auto refused = stop.apply();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.failure().code == "routed");

  weigh.require_ok(weigh.revert());
  CHECK(weigh.state() == TargetState::before);
  CHECK(Json::diff(route_before, shop.object(route)).dump() == "[]");
  stop.require_ok(stop.apply());
  CHECK(stop.state() == TargetState::applied);
  stop.require_ok(stop.revert());
  CHECK(stop.state() == TargetState::before);
  start.require_ok(start.revert());
  CHECK(start.state() == TargetState::before);

  Driven roll(
      shop, "workload.roll",
      {{"namespace", shop.name_space}, {"workload", "odoo-web"}, {"image", shop.image("2")}});
  roll.require_ok(roll.apply());
  CHECK(roll.state() == TargetState::applied);
  roll.require_ok(roll.revert());
  CHECK(Json::diff(web_before, shop.object(web)).dump() == "[]");
  CHECK(visitors.asked() > 500);
  CHECK(visitors.failed() == 0);
}

TEST_CASE("a canary that crashes at start is seen at once, with what it said", "[stack][steps]") {
  if (!on_stack()) return;
  Shop shop;
  shop.add_web();
  Driven start(shop, "canary.start",
               {{"namespace", shop.name_space},
                {"web_workload", "odoo-web"},
                {"workload", "odoo-web-canary"},
                {"stable_service", "odoo-web"},
                {"service", "odoo-web-canary"},
                {"port", 8069},
                {"image", shop.image("2-crash")},
                {"replicas", 1}});
  const BootTime began = shop.systems.time().boot();
  const auto done = start.apply();
  REQUIRE_FALSE(done.ok());
  CHECK(done.failure().kind == FailureKind::permanent);
  CHECK(done.failure().code == "NotStarting");
  CHECK(done.failure().message.find("its last lines") != std::string::npos);
  CHECK(shop.systems.time().boot() - began < std::chrono::seconds{15});
  start.require_ok(start.revert());
  CHECK(start.state() == TargetState::before);
}
