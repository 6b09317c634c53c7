#pragma once

#include "ostler/transport/http.hpp"

#include <string>

namespace ostler::lab {

/// Who a request says it comes from: what its fields say (a request of this process), or else what
/// its Authorization header says (one that came over the network).
struct Credentials {
  enum class Scheme { none, basic, bearer, aws, other };
  Scheme scheme = Scheme::none;
  std::string name;       ///< the user, or the access key
  std::string secret;     ///< the password, the token, or the secret key as far as it is known
  std::string signature;  ///< of an AWS request that came over the network
};

Credentials credentials_of(const HttpRequest& request);

}  // namespace ostler::lab
