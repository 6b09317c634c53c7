#pragma once

#include "ostler/base/result.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace ostler::lab {

/// What a rule is asked about: host in lower case and without its port, path as the client wrote
/// it.
struct RuleQuestion {
  std::string_view host, path, method;
};

/// A rule of a router: matchers joined by `&&`, `||`, `!` and parentheses.
class ProxyRule {
 public:
  virtual ~ProxyRule() = default;
  virtual bool fits(const RuleQuestion& question) const = 0;
};

/// Reads Traefik's rule syntax: Host(`…`), HostRegexp(`…`), Path(`…`), PathPrefix(`…`),
/// Method(`…`). Fails as `permanent` for any other matcher, and for what is no rule.
Result<std::shared_ptr<const ProxyRule>> read_rule(std::string_view text);

}  // namespace ostler::lab
