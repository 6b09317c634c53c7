// Makes a shop on the real stack.
#include "tests/contract/stack_shop.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"

#include <atomic>
#include <thread>

namespace ostler {
namespace {

class StackVisitors final : public Visitors {
 public:
  explicit StackVisitors(Shop& shop) : shop_(shop), thread_([this] { visit(); }) {}
  ~StackVisitors() override {
    stop_ = true;
    thread_.join();
  }
  int failed() const override { return failed_; }
  int asked() const override { return asked_; }

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

ClientParts StackParts::clients() {
  auto made = make_kubernetes({stack_variable("KUBECONFIG_ADMIN"), ""}, *http, *processes);
  REQUIRE(made.ok());
  return {*http,
          *connector,
          *clock,
          std::move(*made),
          stack_variable("OSTLER_PG_MAIN"),
          stack_variable("OSTLER_PG_REPLICA")};
}

StackShop::StackShop()
    : Shop(clients(), "ostler-steps-" + random_hex(6), "steps_" + random_hex(6)) {
  auto images = read_file(stack_variable("OSTLER_STACK_DIR") + "/images.json");
  REQUIRE(images.ok());
  images_ = Json::parse(*images);
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

StackShop::~StackShop() {
  (void)systems.kubernetes().remove({"v1", "Namespace", "", name_space}).ok();
  (void)admin_->run("DROP DATABASE IF EXISTS " + database + " WITH (FORCE)").ok();
}

std::string StackShop::image(const std::string& tag) const {
  return "127.0.0.1:5000/retail/odoo@" + images_.at(tag).get<std::string>();
}

std::unique_ptr<Visitors> StackShop::visitors() {
  return std::make_unique<StackVisitors>(*this);
}

std::unique_ptr<SqlSession> StackShop::connect_as_admin(const std::string& to) {
  SqlOptions options;
  options.access = SqlAccess::read_write;
  options.statement_timeout = Milliseconds{30000};
  std::string url = replace_all(stack_variable("OSTLER_PG_ADMIN"), "/postgres?", "/" + to + "?");
  auto session = connector->connect(Secret(std::move(url)), options);
  REQUIRE(session.ok());
  return std::move(*session);
}

void StackShop::run(const std::string& statement) {
  const auto done = admin_->run(statement);
  INFO((done.ok() ? "" : done.failure().message));
  REQUIRE(done.ok());
}

}  // namespace ostler
