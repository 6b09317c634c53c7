// A shop of a test's own, on the lab or on the stack: a namespace, a route, and one tenant's
// database beside those that others may use.
#pragma once

#include "tests/contract/client_systems.hpp"
#include "tests/fakes/fake_systems.hpp"

#include "ostler/model/step.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ostler {

/// Asks every proxy for the shop's pages, a hundred times a second, until it goes.
class Visitors {
 public:
  virtual ~Visitors() = default;
  virtual int failed() const = 0;
  virtual int asked() const = 0;
};

/// How the tenant's database looks from outside of ostler.
class TenantView {
 public:
  virtual ~TenantView() = default;
  /// All of the schema `public`: "table", and "table.column", sorted.
  virtual std::vector<std::string> tables() = 0;
  virtual std::vector<std::string> columns() = 0;
  virtual std::string owner_of(const std::string& table) = 0;
  /// Versions of a module as Odoo has noted them; nothing when it knows no such module.
  virtual std::optional<std::string> version_of(const std::string& module) = 0;
  virtual std::int64_t registry_counter() = 0;
  virtual std::size_t rows_of(const std::string& table) = 0;
  virtual std::size_t advisory_locks() = 0;
  /// Of sessions whose application's name begins so.
  virtual std::size_t sessions_of(const std::string& application) = 0;

  bool has_table(const std::string& table);
  bool has_column(const std::string& column);
};

class Shop {
 public:
  virtual ~Shop() = default;
  Shop(const Shop&) = delete;
  Shop& operator=(const Shop&) = delete;

  /// As a Pod names the image of that tag.
  virtual std::string image(const std::string& tag) const = 0;
  virtual TenantView& tenant() = 0;
  virtual std::unique_ptr<Visitors> visitors() = 0;

  /// The web workload with its Service and a route of its own, all of version 1.
  void add_web();
  /// Only what odoo.update reads: the web workload's description.
  void add_web_description();
  /// The object without what the cluster itself keeps in it.
  Json object(const ObjectRef& ref);

  ClientSystems systems;
  const std::string name_space, database;

 protected:
  /// Makes the namespace, with what the workloads need there.
  Shop(ClientParts parts, std::string in_name_space, std::string with_database);

 private:
  void put(const Json& object);
  Json found(const ObjectRef& ref);
  Json fresh(Json object) const;
  void copy_secret(const std::string& name);
};

/// Runs `suite` over a shop of the lab, over another with its tenant in a PostgreSQL where this
/// machine has one, and over one of the stack where there is one.
void over_shops(const std::function<void(Shop&)>& suite);

/// One step, driven as the executor drives it.
struct Driven {
  Driven(Shop& on, const char* kind, const Json& parameters);
  Result<void> apply(Milliseconds budget = Milliseconds{120000});
  Result<void> revert();
  void require_ok(const Result<void>& done);
  TargetState state();

  Shop& shop;
  std::unique_ptr<Step> step;
  Guard guard;
  Json before;
  std::string found;
  TargetState first = TargetState::before;
  std::unique_ptr<FakeAttempt> attempt;
};

}  // namespace ostler
