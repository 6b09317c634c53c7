// Finds the servers of the lab and of the stack.
#include "tests/contract/database_servers.hpp"

#include "tests/contract/stack.hpp"
#include "tests/unit/lab/lab_servers.hpp"

namespace ostler {

void over_database_servers(const std::function<void(const DatabaseServers&)>& suite) {
  SECTION("lab") {
    const lab::LocalServers* servers = lab::shared_servers();
    if (servers == nullptr) return;
    const auto text = [](const Secret& secret) { return std::string(secret.reveal()); };
    suite({text(servers->primary("ostler")), text(servers->replica("ostler")),
           text(servers->primary("odoo")), text(servers->primary("postgres", "postgres")),
           text(servers->redis())});
  }
  SECTION("real") {
    if (!on_stack()) return;
    suite({stack_variable("OSTLER_PG_MAIN"), stack_variable("OSTLER_PG_REPLICA"),
           stack_variable("OSTLER_PG_OWNER"), stack_variable("OSTLER_PG_ADMIN"),
           stack_variable("OSTLER_REDIS")});
  }
}

}  // namespace ostler
