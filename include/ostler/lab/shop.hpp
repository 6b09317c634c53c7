#pragma once

#include "ostler/base/result.hpp"
#include "ostler/lab/pods.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ostler::lab {

/// One version of the shop's code: what its image holds, as far as the shop behaves by it.
struct ShopCode {
  std::string version;                         ///< "1", "2", "2-errors", …: the image's tag
  std::map<std::string, std::string> modules;  ///< module -> version in its manifest
  int fail_one_in = 0;                         ///< every n-th checkout answers 500; 0: none
  bool always_fails = false;                   ///< every checkout answers 500
  Instant checkout_delay{0};                   ///< a checkout takes so much longer
  bool till_fails = false;                     ///< the tills' synchronisation answers an error
  bool crash_at_start = false;                 ///< servers end with exit code 1; an update works
  std::vector<std::string> plain_modules{};  ///< beyond the shop's own: they declare nothing, only
                                             ///< their versions count
};

/// The images that the lab's registries hold, and the code in each.
class ShopImages {
 public:
  virtual ~ShopImages() = default;
  /// By a reference as a Pod has it (host/repository@digest or host/repository:tag); null when no
  /// registry of the lab has that image.
  virtual const ShopCode* code(std::string_view reference) const = 0;
};

/// What the shop's servers do to their tenants' databases. One implementation works on a real
/// PostgreSQL, one on a model of it.
class TenantDatabases {
 public:
  virtual ~TenantDatabases() = default;
  /// Whether a database of that name is there.
  virtual bool has(const std::string& database) const = 0;
  /// A checkout, as that code writes and reads it back: one transaction. Fails with the server's
  /// words when the schema is not what the code expects. An order that is there already is success.
  virtual Result<void> take_order(const std::string& database, const ShopCode& code,
                                  const std::string& uuid) = 0;
  /// The same for the order of a till.
  virtual Result<void> take_pos_order(const std::string& database, const ShopCode& code,
                                      const std::string& uuid) = 0;
  /// Which of these acknowledged orders are not there.
  virtual Result<std::vector<std::string>> missing_orders(
      const std::string& database, const std::vector<std::string>& uuids) = 0;
  /// What tells workers to load their registry anew when it grows (base_registry_signaling).
  virtual Result<std::int64_t> registry_counter(const std::string& database) = 0;

  /// The life of a Job's process that runs `odoo -d DATABASE -u LIST --stop-after-init`: one commit
  /// a module, states and exit codes as Odoo leaves them.
  virtual std::vector<JobPart> update(const RunningPod& pod, const ShopCode& code) = 0;
  /// That process was killed: its sessions end, what was not committed is gone.
  virtual void update_killed(const RunningPod& pod) = 0;
};

}  // namespace ostler::lab
