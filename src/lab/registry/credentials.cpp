// Reads credentials as clients of this process and of the network send them.
#include "lab/registry/credentials.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"
#include "ostler/lab/door.hpp"

namespace ostler::lab {
namespace {

/// The value behind `name=` in the parameters of an AWS authorization.
std::string parameter(std::string_view header, std::string_view name) {
  const std::size_t at = header.find(name);
  if (at == std::string_view::npos) return "";
  const std::string_view value = header.substr(at + name.size());
  return std::string(value.substr(0, value.find_first_of(", ")));
}

Credentials read_header(const std::string& header) {
  if (header.empty()) return {};
  if (starts_with(header, "Bearer "))
    return {Credentials::Scheme::bearer, "", trim(std::string_view(header).substr(7)), ""};
  if (starts_with(header, "Basic ")) {
    const auto pair = from_base64(std::string_view(header).substr(6));
    const std::size_t colon = pair ? pair->find(':') : std::string::npos;
    if (colon == std::string::npos) return {Credentials::Scheme::other, "", "", ""};
    return {Credentials::Scheme::basic, pair->substr(0, colon), pair->substr(colon + 1), ""};
  }
  if (starts_with(header, "AWS4-HMAC-SHA256 ")) {
    const std::string scope = parameter(header, "Credential=");
    return {Credentials::Scheme::aws, scope.substr(0, scope.find('/')), "",
            parameter(header, "Signature=")};
  }
  return {Credentials::Scheme::other, "", "", ""};
}

std::string revealed(const std::shared_ptr<const Secret>& secret) {
  return secret == nullptr ? "" : std::string(secret->reveal());
}

}  // namespace

Credentials credentials_of(const HttpRequest& request) {
  if (request.aws) {
    return {Credentials::Scheme::aws, request.aws->access_key, revealed(request.aws->secret_key),
            ""};
  }
  if (request.bearer != nullptr)
    return {Credentials::Scheme::bearer, "", revealed(request.bearer), ""};
  if (request.basic_password != nullptr)
    return {Credentials::Scheme::basic, request.basic_user, revealed(request.basic_password), ""};
  return read_header(header_of(request, "authorization"));
}

}  // namespace ostler::lab
