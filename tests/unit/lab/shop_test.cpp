// The shop's program: what its web server answers, and how its processes live.
#include "ostler/base/json.hpp"
#include "ostler/lab/door.hpp"
#include "ostler/lab/shop_programs.hpp"

#include <catch2/catch.hpp>

#include <regex>
#include <set>

using namespace ostler;
using namespace ostler::lab;
using namespace std::chrono_literals;

namespace {

struct Images : ShopImages {
  std::map<std::string, ShopCode, std::less<>> codes;
  const ShopCode* code(std::string_view reference) const override {
    const auto found = codes.find(reference);
    return found == codes.end() ? nullptr : &found->second;
  }
};

struct Databases : TenantDatabases {
  std::set<std::string> names{"alma"};
  std::set<std::string> orders;
  std::optional<Failure> failure;
  std::int64_t counter = 1;
  int killed = 0;

  bool has(const std::string& database) const override { return names.count(database) > 0; }
  Result<void> take_order(const std::string&, const ShopCode&, const std::string& uuid) override {
    if (failure) return *failure;
    orders.insert(uuid);
    return {};
  }
  Result<void> take_pos_order(const std::string& database, const ShopCode& code,
                              const std::string& uuid) override {
    return take_order(database, code, uuid);
  }
  Result<std::vector<std::string>> missing_orders(const std::string&,
                                                  const std::vector<std::string>&) override {
    return std::vector<std::string>{};
  }
  Result<std::int64_t> registry_counter(const std::string&) override {
    if (failure) return *failure;
    return counter;
  }
  std::vector<JobPart> update(const RunningPod&, const ShopCode&) override {
    return {{1s, [](std::string& log) {
               log += "updated\n";
               return std::optional<int>(0);
             }}};
  }
  void update_killed(const RunningPod&) override { ++killed; }
};

struct Stand {
  World world{1};
  Images images;
  Databases databases;
  Shop shop{world, images, databases};
  RunningPod pod;

  Stand() {
    images.codes["r/odoo:1"] = ShopCode{.version = "1", .modules = {{"base", "18.0.1.3"}}};
    pod.name = "odoo-web-1";
    pod.name_space = "pool";
    pod.uid = "uid-1";
    pod.address = "10.88.0.5";
    pod.image = "r/odoo:1";
    pod.arguments = {"--workers=16", "--max-cron-threads=0", "--proxy-mode", "--db-filter=^%d$"};
    pod.labels = {{"app", "odoo-web"}};
  }
  void start(ShopCode code = {.version = "1", .modules = {{"base", "18.0.1.3"}}}) {
    images.codes["r/odoo:1"] = std::move(code);
    const Programs::Start started = shop.start(pod);
    world.advance_to(world.now() + started.listens_after);
  }
  Served ask(const std::string& method, const std::string& path, const std::string& body = "",
             const std::string& cookie = "", const std::string& host = "alma.shop.example") {
    HttpRequest request;
    request.method = method;
    request.url = "http://10.88.0.5:8069" + path;
    request.body = body;
    request.headers = {{"Host", host}};
    if (!cookie.empty()) request.headers.emplace_back("Cookie", cookie);
    return shop.serve(pod, request);
  }
  Served checkout(int number) {
    return ask("POST", "/shop/checkout",
               fmt::format(R"({{"order":"00000000-0000-4000-8000-{:012}","lines":[]}})", number));
  }
  std::map<std::string, double> samples() {
    std::map<std::string, double> result;
    shop.visit(pod.uid, [&](const std::shared_ptr<const Series>& series, double value) {
      std::string name = series->name;
      for (const auto& [label, text] : series->labels) name += " " + label + "=" + text;
      result[name] = value;
    });
    return result;
  }
};

}  // namespace

TEST_CASE("an image that no registry has cannot be pulled", "[lab]") {
  Stand stand;
  CHECK(stand.shop.pull_trouble("r/odoo:1").empty());
  CHECK(stand.shop.pull_trouble("r/odoo:9").find("r/odoo:9: not found") != std::string::npos);
}

TEST_CASE("a web server listens after a moment, and says so in Odoo's words", "[lab]") {
  Stand stand;
  const Programs::Start started = stand.shop.start(stand.pod);
  CHECK(started.listens_after >= 300ms);
  CHECK(started.listens_after <= 800ms);
  CHECK_FALSE(started.ends_with.has_value());
  CHECK(std::regex_search(started.log,
                          std::regex(R"(^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} 1 INFO \? odoo: )"
                                     R"(Odoo version 18\.0 \n)")));
  CHECK(started.log.find("HTTP service (werkzeug) running on odoo-web-1:8069") !=
        std::string::npos);
}

TEST_CASE("cron and queue run without listening", "[lab]") {
  Stand stand;
  stand.pod.arguments = {"--no-http", "--workers=0", "--max-cron-threads=1"};
  const Programs::Start started = stand.shop.start(stand.pod);
  CHECK(started.listens_after > std::chrono::hours{24});
  CHECK_FALSE(started.ends_with.has_value());
}

TEST_CASE("a server of code that cannot be loaded ends, and one with a wrong option", "[lab]") {
  Stand stand;
  stand.images.codes["r/odoo:1"].crash_at_start = true;
  Programs::Start started = stand.shop.start(stand.pod);
  CHECK(started.ends_with == 1);
  CHECK(started.log.find("ImportError") != std::string::npos);
  stand.pod.arguments.push_back("--frobnicate");
  started = stand.shop.start(stand.pod);
  CHECK(started.ends_with == 2);
  CHECK(started.log.find("odoo: error: no such option: --frobnicate") != std::string::npos);
}

TEST_CASE("an update is the databases' business, its end by force too", "[lab]") {
  Stand stand;
  stand.images.codes["r/odoo:1"].crash_at_start = true;
  stand.pod.arguments = {"odoo", "-d", "alma", "-u", "sale_omni", "--stop-after-init"};
  const std::vector<JobPart> parts = stand.shop.job(stand.pod);
  REQUIRE(parts.size() == 1);
  std::string log;
  CHECK(parts[0].act(log) == 0);
  CHECK(log == "updated\n");
  stand.shop.job_killed(stand.pod);
  CHECK(stand.databases.killed == 1);
}

TEST_CASE("every answer names version and Pod; health opens no tenant", "[lab]") {
  Stand stand;
  stand.start();
  const Served served = stand.ask("GET", "/web/health", "", "", "10.88.0.5:8069");
  CHECK(served.response.status == 200);
  CHECK(Json::parse(served.response.body)["status"] == "pass");
  CHECK(served.response.header("x-shop-version") == "1");
  CHECK(served.response.header("x-shop-pod") == "odoo-web-1");
  CHECK(stand.ask("POST", "/web/health").response.status == 405);
  CHECK(stand.ask("GET", "/nothing").response.status == 404);
}

TEST_CASE("the first request of a tenant loads its registry, an update has it loaded again",
          "[lab]") {
  Stand stand;
  stand.start();
  const Served first = stand.ask("GET", "/web/login");
  CHECK(first.took >= 20ms);
  CHECK(first.took <= 520ms);
  stand.world.advance_to(stand.world.now() + 1s);
  const Served second = stand.ask("GET", "/web/login");
  CHECK(second.took >= 3ms);
  CHECK(second.took <= 12ms);
  ++stand.databases.counter;
  CHECK(stand.ask("GET", "/web/login").took >= 20ms);
  CHECK(stand.ask("GET", "/metrics")
            .response.body.find("shop_registry_reloads_total{tenant=\"alma\",version=\"1\"} 1\n") !=
        std::string::npos);
}

TEST_CASE("a checkout is an order in the tenant's database", "[lab]") {
  Stand stand;
  stand.start();
  const Served served = stand.checkout(7);
  CHECK(served.response.status == 200);
  const Json body = Json::parse(served.response.body);
  CHECK(body["order"] == "00000000-0000-4000-8000-000000000007");
  CHECK(body["version"] == "1");
  CHECK(stand.databases.orders.size() == 1);
  CHECK(stand.ask("POST", "/shop/checkout", R"({"order":"x"})").response.status == 400);
  CHECK(stand.ask("POST", "/shop/checkout", "no JSON").response.status == 400);
  CHECK(stand.ask("GET", "/shop/checkout").response.status == 405);
}

TEST_CASE("errors of the database are Odoo's errors", "[lab]") {
  Stand stand;
  stand.start();
  stand.checkout(1);
  const auto fails = [&](const char* code) {
    stand.databases.failure =
        Failure{FailureKind::permanent, "column fulfilment does not exist", "", code};
    stand.databases.counter = 1;
  };
  // The registry is asked first; a database that fails there is one that cannot be opened.
  struct OnlyOrders : Databases {
    Result<std::int64_t> registry_counter(const std::string&) override { return std::int64_t{1}; }
  } databases;
  Shop shop(stand.world, stand.images, databases);
  shop.start(stand.pod);
  const auto checkout = [&] {
    HttpRequest request;
    request.method = "POST";
    request.url = "/shop/checkout";
    request.headers = {{"Host", "alma.shop.example"}};
    request.body = R"({"order":"00000000-0000-4000-8000-000000000001"})";
    return shop.serve(stand.pod, request).response.status;
  };
  databases.failure = Failure{FailureKind::permanent, "no such column", "", "42703"};
  CHECK(checkout() == 500);
  databases.failure = Failure{FailureKind::permanent, "null value", "", "23502"};
  CHECK(checkout() == 400);
  HttpRequest till;
  till.method = "POST";
  till.url = "/pos/sync";
  till.headers = {{"Host", "alma.shop.example"}};
  till.body = R"({"id":7,"params":{"orders":[{"uuid":"00000000-0000-4000-8000-000000000001"}]}})";
  databases.failure = Failure{FailureKind::permanent, "no such column", "", "42703"};
  const Json answer = Json::parse(shop.serve(stand.pod, till).response.body);
  CHECK(answer["id"] == 7);
  CHECK(answer["error"]["data"]["name"] == "psycopg2.errors.UndefinedColumn");
  databases.failure.reset();
  CHECK(Json::parse(shop.serve(stand.pod, till).response.body)["result"]["pos.order"][0]["uuid"] ==
        "00000000-0000-4000-8000-000000000001");

  fails("08006");
  CHECK(stand.checkout(2).response.status == 404);
  const Served login = stand.ask("GET", "/web/login");
  CHECK(login.response.status == 303);
  CHECK(login.response.header("location") == "/web/database/selector");
  stand.databases.failure.reset();
  CHECK(stand.ask("GET", "/web/login", "", "", "nobody.shop.example").response.status == 303);
}

TEST_CASE("an outage shows in health only to who asks for it", "[lab]") {
  Stand stand;
  stand.start();
  stand.databases.failure = Failure{FailureKind::transient, "connection refused", "", ""};
  CHECK(stand.ask("GET", "/web/health").response.status == 200);
  const Served asked = stand.ask("GET", "/web/health?db_server_status=1");
  CHECK(asked.response.status == 500);
  CHECK(Json::parse(asked.response.body)["db_server_status"] == false);
}

TEST_CASE("faults of the code: one in five, always, and slow", "[lab]") {
  Stand stand;
  stand.start({.version = "2-errors", .modules = {}, .fail_one_in = 5});
  int failed = 0;
  for (int at = 0; at < 10; ++at) failed += stand.checkout(at).response.status == 500;
  CHECK(failed == 2);
  CHECK(stand.databases.orders.size() == 8);
  stand.start({.version = "2-lying", .modules = {}, .always_fails = true});
  CHECK(stand.checkout(20).response.status == 500);
  CHECK(stand.ask("GET", "/web/health").response.status == 200);
  stand.start({.version = "2-slow", .modules = {}, .checkout_delay = 1500ms});
  CHECK(stand.checkout(21).took >= 1500ms);
}

TEST_CASE("who comes when all workers are busy waits for one", "[lab]") {
  Stand stand;
  stand.pod.arguments = {"--workers=2"};
  stand.start({.version = "2-slow", .modules = {}, .checkout_delay = 1500ms});
  stand.checkout(0);
  stand.world.advance_to(stand.world.now() + 5s);
  CHECK(stand.checkout(1).took < 1600ms);
  CHECK(stand.checkout(2).took < 1600ms);
  CHECK(stand.checkout(3).took >= 3000ms);
  CHECK(stand.ask("GET", "/web/health").took >= 1500ms);
}

TEST_CASE("logging in needs the page's token", "[lab]") {
  Stand stand;
  stand.start();
  CHECK(stand.ask("GET", "/odoo").response.header("location") == "/web/login?redirect=%2Fodoo");
  const Served page = stand.ask("GET", "/web/login");
  const std::string cookie(page.response.header("set-cookie"));
  const std::string session = cookie.substr(0, cookie.find(';'));
  std::smatch token;
  const std::string& body = page.response.body;
  REQUIRE(std::regex_search(body, token, std::regex("name=\"csrf_token\" value=\"([^\"]*)\"")));
  const auto log_in = [&](const std::string& csrf, const std::string& password) {
    return stand.ask("POST", "/web/login",
                     "login=admin&password=" + password + "&csrf_token=" + csrf, session);
  };
  CHECK(log_in("0o9999999999", "admin").response.status == 400);
  CHECK(log_in(token[1], "wrong").response.status == 200);
  const Served done = log_in(token[1], "admin");
  CHECK(done.response.status == 303);
  const std::string own(done.response.header("set-cookie"));
  const Served inside = stand.ask("GET", "/odoo", "", own.substr(0, own.find(';')));
  CHECK(inside.response.status == 200);
  CHECK(inside.response.body.find("Administrator") != std::string::npos);
}

TEST_CASE("metrics count an answer when it is there, under the target's labels", "[lab]") {
  Stand stand;
  stand.start();
  stand.checkout(1);
  const std::string target =
      " app=odoo-web instance=10.88.0.5:8069 job=shop namespace=pool pod=odoo-web-1 version=1";
  CHECK(stand.samples()["shop_checkout_seconds_count" + target] == 0);
  stand.world.advance_to(stand.world.now() + 1s);
  auto samples = stand.samples();
  CHECK(samples["shop_checkout_seconds_count" + target] == 1);
  CHECK(samples["shop_checkout_seconds_sum" + target] > 0.02);
  const std::string le =
      " app=odoo-web instance=10.88.0.5:8069 job=shop le=1 namespace=pool pod=odoo-web-1 version=1";
  CHECK(samples["shop_checkout_seconds_bucket" + le] == 1);
  const std::string text = stand.ask("GET", "/metrics").response.body;
  CHECK(text.find("shop_http_requests_total{code=\"200\",route=\"checkout\",version=\"1\"} 1\n") !=
        std::string::npos);
  CHECK(text.find("shop_orders_total{kind=\"web\",tenant=\"alma\",version=\"1\"} 1\n") !=
        std::string::npos);
  CHECK(text.find("shop_checkout_seconds_bucket{version=\"1\",le=\"+Inf\"} 1\n") !=
        std::string::npos);
  stand.shop.ended(stand.pod);
  CHECK(stand.samples().empty());
}
