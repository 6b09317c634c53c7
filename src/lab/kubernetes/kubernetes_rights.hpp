#pragma once

#include "lab/kubernetes/kubernetes_request.hpp"
#include "lab/objects/api_status.hpp"

#include <set>
#include <string>
#include <utility>

namespace ostler::lab {

/// Who may do what: everybody everything, but for what was denied.
class Rights {
 public:
  void deny(const std::string& verb, const std::string& resource) {
    denied_.emplace(verb, resource);
  }
  bool allowed(const std::string& verb, const std::string& resource) const {
    return denied_.count({verb, resource}) == 0;
  }
  ApiAnswer forbidden(const ApiRequest& request) const;

  /// The answer to a review of one's own rights, or of who one is; nothing for other paths.
  std::optional<ApiAnswer> review(const Target& target, const Json& question) const;

 private:
  std::set<std::pair<std::string, std::string>> denied_;
};

}  // namespace ostler::lab
