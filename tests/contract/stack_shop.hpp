#pragma once

#include "tests/contract/stack.hpp"
#include "tests/fakes/fake_systems.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/tenant.hpp"
#include "ostler/systems/workload.hpp"
#include "ostler/transport/process.hpp"

#include <catch2/catch.hpp>

namespace ostler {

/// The real clients, bundled as the program does it.
class StackSystems final : public Systems, private Looks {
 public:
  StackSystems() {
    auto made = make_kubernetes({stack_variable("KUBECONFIG_ADMIN"), ""}, *http_, *processes_);
    REQUIRE(made.ok());
    cluster_ = std::move(*made);
    proxies_ = make_traefik({"traefik", "app=traefik", 8080, TraefikSettings::Reach::direct},
                            *cluster_, *http_);
    server_ = make_postgres({"main",
                             std::make_shared<const Secret>(stack_variable("OSTLER_PG_MAIN")),
                             {std::make_shared<const Secret>(stack_variable("OSTLER_PG_REPLICA"))}},
                            *connector_);
  }
  const Looks& looks() const override { return *this; }
  Kubernetes& kubernetes() override { return *cluster_; }
  Traefik& traefik() override { return *proxies_; }
  Registry& registry(std::string_view) override { throw std::logic_error("no registry here"); }
  Postgres& postgres(std::string_view) override { return *server_; }
  ObjectStore& bucket(std::string_view) override { throw std::logic_error("no bucket here"); }
  HttpClient& http() { return *http_; }
  SqlConnector& connector() { return *connector_; }
  Clock& time() { return *clock_; }

 private:
  StackSystems& self() const { return const_cast<StackSystems&>(*this); }
  const KubernetesLook& kubernetes() const override { return *cluster_; }
  const TraefikLook& traefik() const override { return *proxies_; }
  const RegistryLook& registry(std::string_view name) const override {
    return self().registry(name);
  }
  const PostgresLook& postgres(std::string_view) const override { return *server_; }
  const RedisLook& redis(std::string_view) const override {
    throw std::logic_error("no Redis here");
  }
  const ObjectStoreLook& bucket(std::string_view name) const override {
    return self().bucket(name);
  }
  const PrometheusLook* prometheus() const override { return nullptr; }
  Clock& clock() const override { return *clock_; }

  Cancellation cancellation_;
  std::unique_ptr<Clock> clock_ = make_system_clock();
  std::unique_ptr<HttpClient> http_ = make_http_client(cancellation_);
  std::unique_ptr<ProcessRunner> processes_ = make_process_runner();
  std::unique_ptr<SqlConnector> connector_ = make_sql_connector();
  std::unique_ptr<Kubernetes> cluster_;
  std::unique_ptr<Traefik> proxies_;
  std::unique_ptr<Postgres> server_;
};

/// A copy of the shop beside the one that others may use: its own namespace, route and tenant.
class Shop {
 public:
  Shop() {
    const std::string suffix = random_hex(6);
    name_space = "ostler-steps-" + suffix;
    database = "steps_" + suffix;
    Json space{{"apiVersion", "v1"}, {"kind", "Namespace"}};
    space["metadata"]["name"] = name_space;
    put(space);
    auto images = read_file(stack_variable("OSTLER_STACK_DIR") + "/images.json");
    REQUIRE(images.ok());
    images_ = Json::parse(*images);
    copy({"v1", "Secret", "odoo-pool-a", "odoo-db"});
    copy({"v1", "Secret", "odoo-pool-a", "odoo-redis"});
    admin_ = connect_as_admin("postgres");
    // The pool's cron process runs the crons of every database that its role owns, and an update
    // cannot change a cron that runs: so they are put off before the database becomes that role's.
    run("CREATE DATABASE " + database + " TEMPLATE shop_template");
    REQUIRE(connect_as_admin(database)
                ->run("UPDATE ir_cron SET nextcall = now() + interval '1 day'")
                .ok());
    run("ALTER DATABASE " + database + " OWNER TO odoo");
    run("GRANT CONNECT ON DATABASE " + database + " TO ostler");
  }
  ~Shop() {
    (void)systems.kubernetes().remove({"v1", "Namespace", "", name_space}).ok();
    (void)admin_->run("DROP DATABASE IF EXISTS " + database + " WITH (FORCE)").ok();
  }
  Shop(const Shop&) = delete;
  Shop& operator=(const Shop&) = delete;

  std::unique_ptr<SqlSession> connect_as_admin(const std::string& to) {
    SqlOptions options;
    options.access = SqlAccess::read_write;
    options.statement_timeout = Milliseconds{30000};
    std::string url = replace_all(stack_variable("OSTLER_PG_ADMIN"), "/postgres?", "/" + to + "?");
    auto session = systems.connector().connect(Secret(std::move(url)), options);
    REQUIRE(session.ok());
    return std::move(*session);
  }
  std::string image(const std::string& tag) const {
    return "127.0.0.1:5000/retail/odoo@" + images_.at(tag).get<std::string>();
  }
  void run(const std::string& statement) {
    const auto done = admin_->run(statement);
    INFO((done.ok() ? "" : done.failure().message));
    REQUIRE(done.ok());
  }
  std::string ask(const std::string& statement) {
    const auto answer = ask_text(query_of(systems.looks().postgres("main"), database), statement);
    INFO((answer.ok() ? "" : answer.failure().message));
    REQUIRE(answer.ok());
    return *answer;
  }
  /// The web workload with its Service and a route of its own, all of version 1.
  void add_web() {
    Json web = found({"apps/v1", "Deployment", "odoo-pool-a", "odoo-web"});
    web["spec"]["replicas"] = 2;
    put(fresh(web));
    put(fresh(found({"v1", "Service", "odoo-pool-a", "odoo-web"})));
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
      const auto seen =
          look_at_rollout(systems.kubernetes(), deployment_ref(name_space, "odoo-web"));
      return seen.ok() && seen->converged;
    }));
  }
  /// Only what odoo.update reads: the web workload's description.
  void add_web_description() {
    Json web = found({"apps/v1", "Deployment", "odoo-pool-a", "odoo-web"});
    web["spec"]["replicas"] = 0;
    put(fresh(web));
  }
  Json object(const ObjectRef& ref) {
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

  StackSystems systems;
  std::string name_space, database;

 private:
  void put(const Json& object) {
    const auto made = systems.kubernetes().create(object);
    INFO((made.ok() ? "" : made.failure().message));
    REQUIRE(made.ok());
  }
  Json found(const ObjectRef& ref) {
    const auto object = get_present(systems.kubernetes(), ref);
    INFO((object.ok() ? "" : object.failure().message));
    REQUIRE(object.ok());
    return *object;
  }
  Json fresh(Json object) const {
    object.erase("status");
    object["metadata"] = {{"name", object["metadata"]["name"]},
                          {"namespace", name_space},
                          {"labels", object["metadata"].value("labels", Json::object())}};
    object["spec"].erase("clusterIP");
    object["spec"].erase("clusterIPs");
    return object;
  }
  void copy(const ObjectRef& ref) { put(fresh_secret(found(ref))); }
  Json fresh_secret(Json object) const {
    object["metadata"] = {{"name", object["metadata"]["name"]}, {"namespace", name_space}};
    return object;
  }

  std::unique_ptr<SqlSession> admin_;
  Json images_;
};

/// One step, driven as the executor drives it.
struct Driven {
  Driven(Shop& on, const char* kind, const Json& parameters) : shop(on) {
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
  Result<void> apply(Milliseconds budget = Milliseconds{120000}) {
    attempt = std::make_unique<FakeAttempt>(shop.systems.time(), budget);
    return step->apply(shop.systems, before, guard, *attempt);
  }
  Result<void> revert() {
    attempt = std::make_unique<FakeAttempt>(shop.systems.time(), Milliseconds{120000});
    return step->revert(shop.systems, before, guard, *attempt);
  }
  void require_ok(const Result<void>& done) {
    INFO((done.ok() ? "" : done.failure().message));
    for (const std::string& line : attempt->shown) UNSCOPED_INFO(line);
    REQUIRE(done.ok());
  }
  TargetState state() {
    const auto seen = step->observe(shop.systems.looks(), &before);
    INFO((seen.ok() ? "" : seen.failure().message));
    REQUIRE(seen.ok());
    found = seen->found;
    return seen->state;
  }

  Shop& shop;
  std::unique_ptr<Step> step;
  Guard guard;
  Json before;
  std::string found;
  TargetState first = TargetState::before;
  std::unique_ptr<FakeAttempt> attempt;
};

}  // namespace ostler
