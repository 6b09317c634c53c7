#pragma once

#include "ostler/config/environment.hpp"
#include "ostler/config/release.hpp"
#include "ostler/lab/stand_in.hpp"
#include "ostler/transport/sql.hpp"

#include <functional>
#include <memory>

namespace ostler {

/// The tenants' databases of one pass of a rehearsal, as they stood before any release.
class RehearsalTenants {
 public:
  virtual ~RehearsalTenants() = default;
  virtual SqlConnector& connector() = 0;
  virtual lab::TenantDatabases& databases() = 0;
  /// "schema SERVER/DATABASE", "database SERVER/DATABASE" (its modules) and "ledger
  /// SERVER/DATABASE" of every tenant.
  virtual Result<lab::Picture> picture() = 0;
};

/// Where they lie, for all passes.
class RehearsalServer {
 public:
  virtual ~RehearsalServer() = default;
  virtual std::string name() const = 0;
  virtual Secret primary() const = 0;
  virtual Secret replica() const = 0;
  /// Everything in the databases as at first; the tenants of the pass before must be gone.
  virtual Result<std::unique_ptr<RehearsalTenants>> begin(lab::World& world) = 0;
  /// What had to be made up for the release, in plain words.
  virtual std::vector<std::string> stand_ins() const = 0;
};

struct RehearsalTenantsWanted {
  /// Server of the environment and database; each database once.
  std::vector<std::pair<std::string, std::string>> tenants;
  std::vector<MigrationFile> migrations;
  std::vector<std::string> plain_modules;  ///< installed beside the shop's own
};

/// A real PostgreSQL of its own in `folder`, at free ports of this machine. What the migrations ask
/// for and the lab's tenants do not have (tables, columns) is made up. Fails with code "missing"
/// where the programs are not installed, and as `cancelled` when `stop` is requested meanwhile.
Result<std::unique_ptr<RehearsalServer>> start_rehearsal_server(const std::string& folder,
                                                                RehearsalTenantsWanted wanted,
                                                                const Cancellation& stop);
/// A model of one, which knows the shop's own tables and modules only.
std::unique_ptr<RehearsalServer> model_rehearsal_server(RehearsalTenantsWanted wanted);

}  // namespace ostler
