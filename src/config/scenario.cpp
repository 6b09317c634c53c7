// Reads a scenario file of the lab: when which part of the platform misbehaves.
#include "ostler/config/scenario.hpp"

#include "document.hpp"
#include "values.hpp"

#include <functional>

namespace ostler {
namespace {

constexpr Milliseconds day{24 * 3'600'000};

const std::vector<std::string>& proxies() {
  static const std::vector<std::string> names{"traefik-1", "traefik-2"};
  return names;
}

const std::vector<std::string>& tenants() {
  static const std::vector<std::string> names{"alma", "brio", "cedro"};
  return names;
}

const std::vector<std::string>& registries() {
  static const std::vector<std::string> names{"staging", "production"};
  return names;
}

std::string read_one_of(const Field& field, const std::vector<std::string>& names, Report& report) {
  const auto index = read_choice(field, names, report);
  return index ? names[*index] : "";
}

int read_count(const Field& field, std::int64_t smallest, std::int64_t largest, Report& report) {
  return static_cast<int>(read_integer(field, {smallest, largest}, report).value_or(smallest));
}

Mishap read_shoppers(const Field& field, Report& report) {
  return ShopperRate{read_count(field, 0, 1000, report)};
}

Mishap read_proxy(const Field& field, Report& report) {
  MapReader map(field, report);
  return FrozenProxy{read_one_of(map.required("frozen"), proxies(), report)};
}

Mishap read_replica(const Field& field, Report& report) {
  MapReader map(field, report);
  return DelayedReplica{
      read_duration(map.required("delay"), {Milliseconds(1), day}, report).value_or(day)};
}

Mishap read_transaction(const Field& field, Report& report) {
  MapReader map(field, report);
  HeldTransaction held;
  held.database = read_one_of(map.required("database"), tenants(), report);
  const Field table = map.optional("table"), lock = map.optional("lock");
  held.table = read_name(table, report);
  const auto chosen = read_choice(lock, {"share", "exclusive"}, report);
  if (chosen)
    held.lock = *chosen == 0 ? HeldTransaction::Lock::share : HeldTransaction::Lock::exclusive;
  if (lock && !table)
    report.error(lock.span, "'lock' is given without 'table'", {"Name the table that is locked."});
  return held;
}

Mishap read_redis(const Field& field, Report& report) {
  read_choice(field, {"full"}, report);
  return FullRedis{};
}

Mishap read_registry(const Field& field, Report& report) {
  MapReader map(field, report);
  return ThrottledRegistry{read_one_of(map.required("throttled"), registries(), report)};
}

Mishap read_prometheus(const Field& field, Report& report) {
  const auto kind = read_choice(field, {"dead", "blind"}, report);
  return PrometheusTrouble{kind.value_or(0) == 0 ? PrometheusTrouble::Kind::dead
                                                 : PrometheusTrouble::Kind::blind};
}

Mishap read_version(const Field& field, Report& report) {
  MapReader map(field, report);
  FaultyVersion faulty;
  faulty.version = read_text(map.required("name"), report);
  const Field fail = map.optional("failOneIn"), delay = map.optional("delay"),
              till = map.optional("tillFails"), crashes = map.optional("crashes");
  if (fail) faulty.fail_one_in = read_count(fail, 1, 1000, report);
  faulty.delay = read_duration(delay, {Milliseconds(1), Milliseconds(60'000)}, report)
                     .value_or(Milliseconds(0));
  faulty.till_fails = read_flag(till, report).value_or(false);
  faulty.crashes = read_flag(crashes, report).value_or(false);
  if (map.usable() && !fail && !delay && !till && !crashes)
    report.error(field.span, "'version' says of nothing how it fails",
                 {"Give one of failOneIn, delay, tillFails and crashes."});
  return faulty;
}

Mishap read_quota(const Field& field, Report& report) {
  MapReader map(field, report);
  return PodQuota{read_count(map.required("pods"), 0, 1000, report)};
}

Mishap read_late(const Field& field, Report& report) {
  static const std::vector<std::string> systems{"kubernetes", "traefik", "staging",
                                                "production", "s3",      "prometheus"};
  MapReader map(field, report);
  LateAnswers late;
  late.system = read_one_of(map.required("system"), systems, report);
  late.by = read_duration(map.required("by"), {Milliseconds(1), Milliseconds(600'000)}, report)
                .value_or(Milliseconds(1));
  return late;
}

Mishap read_queue(const Field& field, Report& report) {
  MapReader map(field, report);
  QueueBacklog backlog;
  backlog.database = read_one_of(map.required("database"), tenants(), report);
  backlog.jobs = read_count(map.required("jobs"), 1, 100'000, report);
  return backlog;
}

Mishap read_update(const Field& field, Report& report) {
  MapReader map(field, report);
  return FailingUpdate{read_one_of(map.required("fails"), tenants(), report)};
}

struct Reader {
  const char* key;
  Mishap (*read)(const Field&, Report&);
};

const std::vector<Reader>& readers() {
  static const std::vector<Reader> all{
      {"shoppers", read_shoppers},     {"proxy", read_proxy},
      {"replica", read_replica},       {"transaction", read_transaction},
      {"redis", read_redis},           {"registry", read_registry},
      {"prometheus", read_prometheus}, {"version", read_version},
      {"quota", read_quota},           {"late", read_late},
      {"queue", read_queue},           {"update", read_update}};
  return all;
}

std::optional<ScenarioEvent> read_event(const Field& field, Report& report) {
  MapReader map(field, report);
  if (!map.usable()) return std::nullopt;
  ScenarioEvent event;
  event.place = report.source().place(field.span);
  event.at =
      read_duration(map.required("at"), {Milliseconds(0), day}, report).value_or(Milliseconds(0));
  event.lasts = read_duration(map.optional("for"), {Milliseconds(1), day}, report);
  int found = 0;
  for (const Reader& reader : readers()) {
    const Field value = map.optional(reader.key);
    if (!value) continue;
    if (++found == 2)
      report.error(value.span, "an event has one mishap, this is its second",
                   {"Write a second event with the same 'at'."});
    event.mishap = reader.read(value, report);
  }
  if (found == 0) {
    std::string keys;
    for (const Reader& reader : readers()) keys += fmt::format(" {}", reader.key);
    report.error(field.span, "this event says not what happens", {"Give one of:" + keys + "."});
  }
  return event;
}

Scenario read_top_level(const FileIdentity& identity, const Field& root, Report& report) {
  Scenario scenario;
  scenario.path = identity.path;
  MapReader map(root, report);
  if (!map.usable()) return scenario;
  read_choice(map.required("apiVersion"), {"ostler/v1"}, report);
  scenario.name = read_name(map.required("scenario"), report);
  if (const Field rate = map.optional("shoppers"))
    scenario.shoppers = read_count(rate, 0, 1000, report);
  for (const Field& item : list_items(map.required("events"), report))
    if (auto event = read_event(item, report)) scenario.events.push_back(std::move(*event));
  return scenario;
}

}  // namespace

std::optional<Scenario> read_scenario(const std::string& path, Diagnostics& diagnostics) {
  std::optional<Scenario> result;
  const bool clean =
      with_document(path, "scenario", diagnostics,
                    [&](const FileIdentity& identity, const Field& root, const Reading& reading) {
                      result = read_top_level(identity, root, reading.report);
                    });
  return clean ? std::move(result) : std::nullopt;
}

}  // namespace ostler
