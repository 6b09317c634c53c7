#pragma once

#include "ostler/lab/door.hpp"
#include "ostler/lab/registry_door.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ostler::lab {

/// What a request wants to do with one thing of a registry.
struct RegistryAccess {
  std::string type = "repository", name;
  std::string action;  ///< "pull", "push", "delete", "*"
};

/// An error as the distribution specification words it; `detail` null: none.
Served registry_error(int status, const std::string& code, const std::string& message,
                      const Json& detail = Json());

/// Who may do what in one registry, and its token server.
class RegistryGuard {
 public:
  RegistryGuard(World& world, const RegistryDoorSettings& settings)
      : world_(world), settings_(settings) {}

  /// The refusal of a request without these rights, or nothing when it may go on.
  std::optional<Served> refuse(const HttpRequest& request,
                               const std::vector<RegistryAccess>& wanted) const;
  /// GET /token?service=…&scope=…
  Served token(const HttpRequest& request, const Target& target);

 private:
  struct Token {
    Instant ends;
    std::vector<RegistryAccess> granted;
  };

  std::string challenge(const std::vector<RegistryAccess>& wanted, std::string_view error) const;

  World& world_;
  const RegistryDoorSettings& settings_;
  std::map<std::string, Token> tokens_;
  std::uint64_t given_ = 0;
};

}  // namespace ostler::lab
