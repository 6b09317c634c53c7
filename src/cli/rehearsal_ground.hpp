#pragma once

#include "connect.hpp"
#include "rehearsal_tenants.hpp"

#include "ostler/config/release.hpp"
#include "ostler/lab/stand_in.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ostler {

/// What the two files become in the lab.
struct RehearsalSetting {
  Environment environment;  ///< its tenants by name, each name once
  Release release;          ///< its image by a tag that the lab has
  lab::StandInSettings platform;
  RehearsalTenantsWanted tenants;
  std::vector<std::string> stand_ins;  ///< what was made up for that, in plain words
};
/// Pure. Fails as `refused` when the image names cannot be read.
Result<RehearsalSetting> rehearsal_setting(const Environment& environment, const Release& release);

/// The whole platform of one pass, as it stands before the release, in virtual time.
class RehearsalWorld {
 public:
  /// The server must outlive it. `folder` takes the files that hold its connection strings.
  static Result<std::unique_ptr<RehearsalWorld>> begin(const RehearsalSetting& setting,
                                                       RehearsalServer& server,
                                                       const std::string& folder, WallTime now);
  Clock& clock() { return *clock_; }
  Connection& connection() { return *connection_; }
  /// Lets what is still going on (Pods that end, proxies that load) come to its end.
  void settle();
  Result<lab::Picture> picture();
  lab::Shoppers::Span shopping() const { return platform_->shopping(); }

 private:
  RehearsalWorld(WallTime now) : world_(1, now) {}

  lab::World world_;
  std::unique_ptr<RehearsalTenants> tenants_;
  std::unique_ptr<lab::StandIn> platform_;
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace ostler
