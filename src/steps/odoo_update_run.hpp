#pragma once

#include "ostler/base/hash.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/odoo.hpp"
#include "ostler/systems/tenant.hpp"
#include "ostler/systems/workload.hpp"

#include <map>
#include <optional>
#include <string>

namespace ostler {

/// On a Job: the key of the operation that made it.
inline constexpr const char* key_annotation = "ostler.dev/key";

/// What one update has to do: the Job's parameters, the server, the versions that prove it.
struct OdooUpdateAim {
  UpdateAim update;
  std::string server;
  std::map<std::string, std::string> expected;

  /// Identifies this very update in the tenant's ledger.
  std::string digest() const {
    return sha256_hex(to_bytes({{"image", update.image},
                                {"database", update.database},
                                {"modules", update.modules},
                                {"expected", expected}}));
  }
};

/// The Job with one `odoo -u`, from its creation to its end.
class OdooUpdateRun {
 public:
  OdooUpdateRun(Systems& systems, const OdooUpdateAim& aim, const Guard& guard, Attempt& attempt)
      : systems_(systems), aim_(aim), guard_(guard), attempt_(attempt), key_(guard.key) {}

  struct End {
    std::optional<int> exit_code;
    int cancelled = 0;
    std::string trouble;
    UpdateLog log;
    std::string tail;
    std::string job;
  };

  /// The end of the last run of the list: a run that the lock watcher cancelled is repeated as a
  /// whole, twice at most.
  Result<End> to_the_end();

 private:
  Kubernetes& cluster() { return systems_.kubernetes(); }
  const PostgresLook& server() { return systems_.looks().postgres(aim_.server); }

  /// A Job of this run that still works belongs to an attempt whose end nobody saw: it is ours to
  /// wait for. Any other that works is somebody else's, and two updates of one database can kill
  /// each other.
  Result<void> adopt();
  Result<void> create(const std::string& name);
  Result<void> watch(const std::string& name);
  /// A lock that the update holds or queues for stops everybody behind it. Odoo's own 15 seconds
  /// are too long for a shop.
  Result<void> watch_locks(const std::string& name);
  std::string last_progress(const std::string& pod, const std::string& otherwise);
  Result<End> read_end(const std::string& name);

  Systems& systems_;
  const OdooUpdateAim& aim_;
  const Guard& guard_;
  Attempt& attempt_;
  std::string key_;
};

/// For people: which modules are migrated after an update that failed, as far as its log tells.
std::string migrated_text(const UpdateLog& log);

}  // namespace ostler
