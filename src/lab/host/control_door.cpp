// Lets tests and people take hold of a running lab.
#include "lab/host/control_door.hpp"

#include <fmt/format.h>

namespace ostler::lab {
namespace {

constexpr double slowest = 1, fastest = 1000;
constexpr double most_shoppers = 1000;

Served refused(int status, const std::string& why) {
  return answer_json(status, {{"error", why}});
}

Served not_allowed(const std::string& methods) {
  Served served = refused(405, "the methods here are " + methods);
  served.response.headers.emplace_back("allow", methods);
  return served;
}

/// The body's one number of that name, between the bounds.
Result<double> number_in(const HttpRequest& request, const std::string& name, double least,
                         double most) {
  const Failure wrong{
      FailureKind::refused,
      fmt::format("the body must be {{\"{}\": N}}, N from {} to {}", name, least, most), "", ""};
  const Result<Json> body = parse_json(request.body, "body of the request");
  if (!body.ok() || !body->is_object() || body->size() != 1) return wrong;
  const auto member = body->find(name);
  if (member == body->end() || !member->is_number()) return wrong;
  const double number = member->get<double>();
  if (number < least || number > most) return wrong;
  return number;
}

}  // namespace

ControlDoor::ControlDoor(Platform& platform, Pace& pace,
                         std::function<Result<void>()> reset_tenants)
    : platform_(platform), pace_(pace), reset_tenants_(std::move(reset_tenants)) {}

Served ControlDoor::answer(const HttpRequest& request) {
  const std::string path = target_of(request.url).path;
  if (path == "/lab/v1/shoppers") return shoppers(request);
  if (path == "/lab/v1/clock") return clock(request);
  if (path == "/lab/v1/reset") return reset(request);
  return refused(404, "there are /lab/v1/shoppers, /lab/v1/clock and /lab/v1/reset");
}

Json ControlDoor::shopping() {
  const World& world = platform_.world();
  Json summary = platform_.shoppers().summary([this, &world](WallTime at) {
    const Instant ago = world.wall() - at;
    return pace_.machine_time(world.now() - ago);
  });
  summary["rate"] = platform_.shoppers().running() ? platform_.shoppers().rate() : 0;
  return summary;
}

Served ControlDoor::shoppers(const HttpRequest& request) {
  Shoppers& shoppers = platform_.shoppers();
  if (request.method == "DELETE") {
    shoppers.stop();
  } else if (request.method == "PUT") {
    const Result<double> rate = number_in(request, "rate", 0, most_shoppers);
    if (!rate.ok()) return refused(400, rate.failure().message);
    shoppers.stop();
    shoppers.count_anew();
    shoppers.set_rate(static_cast<int>(*rate));
    shoppers.start();
  } else if (request.method != "GET") {
    return not_allowed("GET, PUT, DELETE");
  }
  return answer_json(200, shopping());
}

Served ControlDoor::clock(const HttpRequest& request) {
  if (request.method == "PUT") {
    const Result<double> speed = number_in(request, "speed", slowest, fastest);
    if (!speed.ok()) return refused(400, speed.failure().message);
    pace_.set_speed(*speed);
  } else if (request.method != "GET") {
    return not_allowed("GET, PUT");
  }
  return answer_json(200,
                     {{"now", format_utc(platform_.world().wall())}, {"speed", pace_.speed()}});
}

Result<void> ControlDoor::start_over() {
  platform_.reset();
  OSTLER_CHECK(reset_tenants_());
  return platform_.come_up();
}

Served ControlDoor::reset(const HttpRequest& request) {
  if (request.method != "POST") return not_allowed("POST");
  Shoppers& shoppers = platform_.shoppers();
  const bool buying = shoppers.running();
  shoppers.stop();
  const Result<void> done = start_over();
  shoppers.count_anew();
  if (buying) shoppers.start();
  if (!done.ok()) return refused(500, done.failure().message);
  return answer_json(200, {{"version", "1"}});
}

}  // namespace ostler::lab
