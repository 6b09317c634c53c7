// What shops on the lab and on the stack have in common, and steps on them.
#include "tests/contract/shop.hpp"

#include "tests/contract/cluster.hpp"
#include "tests/contract/lab_shop.hpp"
#include "tests/contract/stack_shop.hpp"
#include "tests/unit/lab/lab_servers.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/workload.hpp"

#include <algorithm>

namespace ostler {
namespace {

/// Where the shop is that others may use.
constexpr const char* model = "odoo-pool-a";

}  // namespace

bool TenantView::has_table(const std::string& table) {
  const std::vector<std::string> all = tables();
  return std::find(all.begin(), all.end(), table) != all.end();
}

bool TenantView::has_column(const std::string& column) {
  const std::vector<std::string> all = columns();
  return std::any_of(all.begin(), all.end(),
                     [&column](const std::string& one) { return ends_with(one, "." + column); });
}

Shop::Shop(ClientParts parts, std::string in_name_space, std::string with_database)
    : systems(std::move(parts)),
      name_space(std::move(in_name_space)),
      database(std::move(with_database)) {
  make_namespace(systems.kubernetes(), name_space);
  copy_secret("odoo-db");
  copy_secret("odoo-redis");
}

void Shop::add_web() {
  Json web = found({"apps/v1", "Deployment", model, "odoo-web"});
  web["spec"]["replicas"] = 2;
  put(fresh(web));
  put(fresh(found({"v1", "Service", model, "odoo-web"})));
  Json route{{"apiVersion", "traefik.io/v1alpha1"}, {"kind", "TraefikService"}};
  route["metadata"] = {{"name", "odoo-web"}, {"namespace", name_space}};
  route["spec"]["weighted"]["services"] =
      Json::array({{{"name", "odoo-web"}, {"kind", "Service"}, {"port", 8069}, {"weight", 100}}});
  put(route);
  Json entry{{"apiVersion", "traefik.io/v1alpha1"}, {"kind", "IngressRoute"}};
  entry["metadata"] = {{"name", "odoo-web"}, {"namespace", name_space}};
  entry["spec"]["entryPoints"] = {"web"};
  entry["spec"]["routes"] = Json::array(
      {{{"kind", "Rule"},
        {"match", "Host(`" + name_space + ".example`)"},
        {"services", Json::array({{{"kind", "TraefikService"}, {"name", "odoo-web"}}})}}});
  put(entry);
  REQUIRE(eventually(systems.time(), [&] {
    const auto seen = look_at_rollout(systems.kubernetes(), deployment_ref(name_space, "odoo-web"));
    return seen.ok() && seen->converged;
  }));
}

void Shop::add_web_description() {
  Json web = found({"apps/v1", "Deployment", model, "odoo-web"});
  web["spec"]["replicas"] = 0;
  put(fresh(web));
}

Json Shop::object(const ObjectRef& ref) {
  Json now = found(ref);
  now.erase("status");
  for (const char* name : {"resourceVersion", "generation", "managedFields"})
    now["metadata"].erase(name);
  if (now["metadata"].contains("annotations"))
    now["metadata"]["annotations"].erase("deployment.kubernetes.io/revision");
  if (now["metadata"].contains("annotations") && now["metadata"]["annotations"].empty())
    now["metadata"].erase("annotations");
  return now;
}

void Shop::put(const Json& object) {
  const auto made = systems.kubernetes().create(object);
  INFO((made.ok() ? "" : made.failure().message));
  REQUIRE(made.ok());
}

Json Shop::found(const ObjectRef& ref) {
  const auto object = get_present(systems.kubernetes(), ref);
  INFO((object.ok() ? "" : object.failure().message));
  REQUIRE(object.ok());
  return *object;
}

Json Shop::fresh(Json object) const {
  object.erase("status");
  object["metadata"] = {{"name", object["metadata"]["name"]},
                        {"namespace", name_space},
                        {"labels", object["metadata"].value("labels", Json::object())}};
  object["spec"].erase("clusterIP");
  object["spec"].erase("clusterIPs");
  return object;
}

void Shop::copy_secret(const std::string& name) {
  Json secret = found({"v1", "Secret", model, name});
  secret["metadata"] = {{"name", name}, {"namespace", name_space}};
  put(secret);
}

void over_shops(const std::function<void(Shop&)>& suite) {
  SECTION("lab") {
    LabShop shop;
    suite(shop);
  }
  SECTION("lab with PostgreSQL") {
    lab::LocalServers* servers = lab::shared_servers();
    if (servers == nullptr) return;
    LabShop shop(*servers);
    suite(shop);
  }
  SECTION("real") {
    if (!on_stack()) return;
    StackShop shop;
    suite(shop);
  }
}

Driven::Driven(Shop& on, const char* kind, const Json& parameters) : shop(on) {
  auto made = find_step_kind(kind)->make(parameters);
  INFO((made.ok() ? "" : made.failure().message));
  REQUIRE(made.ok());
  step = std::move(*made);
  guard.run = "contract";
  guard.step = kind;
  guard.epoch = guard.opno = 1;
  guard.key = random_hex(32);
  const auto seen = step->observe(shop.systems.looks(), nullptr);
  INFO((seen.ok() ? "" : seen.failure().message));
  REQUIRE(seen.ok());
  before = seen->snapshot;
  found = seen->found;
  first = seen->state;
}

Result<void> Driven::apply(Milliseconds budget) {
  attempt = std::make_unique<FakeAttempt>(shop.systems.time(), budget);
  return step->apply(shop.systems, before, guard, *attempt);
}

Result<void> Driven::revert() {
  attempt = std::make_unique<FakeAttempt>(shop.systems.time(), Milliseconds{120000});
  return step->revert(shop.systems, before, guard, *attempt);
}

void Driven::require_ok(const Result<void>& done) {
  INFO((done.ok() ? "" : done.failure().message));
  for (const std::string& line : attempt->shown) UNSCOPED_INFO(line);
  REQUIRE(done.ok());
}

TargetState Driven::state() {
  const auto seen = step->observe(shop.systems.looks(), &before);
  INFO((seen.ok() ? "" : seen.failure().message));
  REQUIRE(seen.ok());
  found = seen->found;
  return seen->state;
}

}  // namespace ostler
