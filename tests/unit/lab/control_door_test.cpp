// The lab's own door: shoppers counted anew, the clock, a reset.
#include "lab/host/control_door.hpp"

#include "lab/manifests.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::lab;
using namespace std::chrono_literals;

namespace {

struct NoDatabases final : TenantDatabases {
  bool has(const std::string&) const override { return true; }
  Result<void> take_order(const std::string&, const ShopCode&, const std::string&) override {
    return {};
  }
  Result<void> take_pos_order(const std::string&, const ShopCode&, const std::string&) override {
    return {};
  }
  Result<std::vector<std::string>> missing_orders(const std::string&,
                                                  const std::vector<std::string>&) override {
    return std::vector<std::string>{};
  }
  Result<std::int64_t> registry_counter(const std::string&) override { return std::int64_t{1}; }
  std::vector<JobPart> update(const RunningPod&, const ShopCode&) override { return {}; }
  void update_killed(const RunningPod&) override {}
};

struct Controlled {
  World world{1};
  NoDatabases databases;
  Platform platform{world, {}, databases};
  // Slower than anything that a test lets pass by hand.
  Pace pace{world, 1};
  int made_anew = 0;
  Result<void> tenants;
  ControlDoor door{platform, pace, [this] {
                     ++made_anew;
                     return tenants;
                   }};

  Controlled() {
    pace.at_present([this] { CHECK(platform.come_up().ok()); });
  }
  ~Controlled() { pace.stop(); }

  HttpResponse ask(const std::string& method, const std::string& path,
                   const std::string& body = "") {
    HttpRequest request;
    request.method = method;
    request.url = "http://127.84.0.1:8400" + path;
    request.body = body;
    HttpResponse response;
    pace.at_present([&] { response = door.answer(request).response; });
    return response;
  }
  void pass(Instant time) {
    pace.at_present([&] { world.advance_to(world.now() + time); });
  }
};

Json body_of(const HttpResponse& response) {
  return Json::parse(response.body);
}

}  // namespace

TEST_CASE("control: shoppers are counted from their beginning to their end", "[lab]") {
  Controlled lab;
  CHECK(body_of(lab.ask("GET", "/lab/v1/shoppers"))["rate"] == 0);
  CHECK(body_of(lab.ask("PUT", "/lab/v1/shoppers", R"({"rate": 20})"))["requests"] == 0);
  lab.pass(10s);
  const Json summary = body_of(lab.ask("DELETE", "/lab/v1/shoppers"));
  CHECK(summary["requests"] >= 200);
  CHECK(summary["failed"] == 0);
  CHECK(summary["rate"] == 0);
  CHECK(body_of(lab.ask("GET", "/lab/v1/shoppers"))["requests"] == summary["requests"]);
  CHECK(body_of(lab.ask("PUT", "/lab/v1/shoppers", R"({"rate": 0})"))["requests"] == 0);
}

TEST_CASE("control: times are the machine's", "[lab]") {
  Controlled lab;
  const WallTime before = std::chrono::time_point_cast<Milliseconds>(WallTime::clock::now());
  lab.ask("PUT", "/lab/v1/shoppers", R"({"rate": 20})");
  lab.pass(1h);
  const Json summary = body_of(lab.ask("DELETE", "/lab/v1/shoppers"));
  const auto last = parse_utc(summary["by_version"]["1"]["last"].get<std::string>());
  REQUIRE(last);
  // An hour of the lab went by in no time: its last answer was not an hour from now.
  CHECK(*last > before - 2h);
  CHECK(summary["seconds"] >= 3600.0);
}

TEST_CASE("control: the clock runs as fast as it is told", "[lab]") {
  Controlled lab;
  CHECK(body_of(lab.ask("GET", "/lab/v1/clock"))["speed"] == 1.0);
  CHECK(body_of(lab.ask("PUT", "/lab/v1/clock", R"({"speed": 5})"))["speed"] == 5.0);
  CHECK(lab.pace.speed() == 5);
  for (const char* wrong : {"", "[]", R"({"speed": 0})", R"({"speed": "5"})", R"({"rate": 5})",
                            R"({"speed": 5, "rate": 5})"})
    CHECK(lab.ask("PUT", "/lab/v1/clock", wrong).status == 400);
}

TEST_CASE("control: a reset puts the shop back and lets shoppers go on", "[lab]") {
  Controlled lab;
  lab.ask("PUT", "/lab/v1/shoppers", R"({"rate": 20})");
  lab.pass(5s);
  lab.platform.objects().erase(deployment_ref(shop_space, "odoo-web"));
  CHECK(lab.ask("POST", "/lab/v1/reset").status == 200);
  CHECK(lab.made_anew == 1);
  CHECK(lab.platform.objects().find(deployment_ref(shop_space, "odoo-web")));
  lab.pass(5s);
  const Json summary = body_of(lab.ask("GET", "/lab/v1/shoppers"));
  CHECK(summary["requests"] >= 90);
  CHECK(summary["requests"] < 150);
  CHECK(summary["failed"] == 0);
  lab.tenants = Failure{FailureKind::permanent, "no server", "", ""};
  const HttpResponse failed = lab.ask("POST", "/lab/v1/reset");
  CHECK(failed.status == 500);
  CHECK(body_of(failed)["error"] == "no server");
}

TEST_CASE("control: what is not there is said", "[lab]") {
  Controlled lab;
  CHECK(lab.ask("GET", "/lab/v1/doors").status == 404);
  CHECK(lab.ask("GET", "/lab/v1/reset").status == 405);
  CHECK(lab.ask("POST", "/lab/v1/shoppers").status == 405);
}
