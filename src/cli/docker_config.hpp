#pragma once

#include "ostler/base/result.hpp"
#include "ostler/base/secret.hpp"
#include "ostler/transport/process.hpp"

#include <memory>
#include <string>

namespace ostler {

struct DockerLogin {
  std::string user;  ///< empty: none is stored, anonymous
  std::shared_ptr<const Secret> password;
};

/// The login that `docker login` stored for the registry at `url`, directly or through a credential
/// helper
/// ($DOCKER_CONFIG/config.json, else ~/.docker/config.json).
Result<DockerLogin> docker_login(const std::string& url, ProcessRunner& processes);

/// The same from the file's text. Fails without quoting it: a malformed file holds secrets too.
Result<DockerLogin> docker_login_from(const std::string& text, const std::string& host,
                                      ProcessRunner& processes);

}  // namespace ostler
