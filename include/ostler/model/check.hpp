#pragma once

#include "ostler/base/diagnostic.hpp"
#include "ostler/base/json.hpp"
#include "ostler/config/environment.hpp"
#include "ostler/config/release.hpp"
#include "ostler/model/systems.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ostler {

enum class Outcome { pass, fail, inconclusive };
std::string_view to_string(Outcome outcome);

/// What one check says about one subject. Could-not-look is `inconclusive`, which blocks like a
/// failure but never reads like one.
struct Finding {
  Outcome outcome = Outcome::pass;
  std::string subject;  ///< "Deployment odoo-pool-a/odoo-web"
  std::string found;    ///< "preStop sleeps 0 s"
  std::string limit;    ///< "at least 4 s (the proxies' reload)", or empty
  std::string cure;     ///< a full sentence, or empty
  Json evidence;
  std::optional<Failure> failure;  ///< of an inconclusive finding: why nobody could look
  Place place;                     ///< where the user asked for it, if a line of a file did
};

Finding passed(std::string subject, std::string found);
Finding failed(std::string subject, std::string found, std::string limit, std::string cure);
/// Inconclusive, with the reason why nobody could look and the failure's own hint as cure.
Finding not_seen(std::string subject, const Failure& failure);

/// What is checked: one environment, with a release when there is one.
struct CheckSubject {
  const Environment* environment = nullptr;
  const Release* release = nullptr;
};

}  // namespace ostler
