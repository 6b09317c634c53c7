#pragma once

#include "lab/registry/registry_store.hpp"

#include "ostler/lab/door.hpp"

#include <map>
#include <string>

namespace ostler::lab {

/// A request to a registry, taken apart.
struct RegistryCall {
  const HttpRequest& request;
  const Target& target;
  std::string base;        ///< "http://127.0.0.1:5000"
  std::string repository;  ///< "retail/odoo"
  std::string reference;   ///< the tag, the digest or the upload
};

/// Blobs on their way into one registry: started with POST, filled with PATCH, ended with PUT or
/// DELETE.
class RegistryUploads {
 public:
  explicit RegistryUploads(RegistryStore& store) : store_(store) {}

  /// POST /v2/NAME/blobs/uploads/
  Served start(const RegistryCall& call);
  /// Anything to /v2/NAME/blobs/uploads/ID
  Served go_on(const RegistryCall& call);

 private:
  struct Upload {
    std::string repository, bytes;
  };

  Served progress(const RegistryCall& call, const std::string& id, int status) const;
  Served finish(const RegistryCall& call, const std::string& id);

  RegistryStore& store_;
  std::map<std::string, Upload> running_;
  std::uint64_t started_ = 0;
};

}  // namespace ostler::lab
