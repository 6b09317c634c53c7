// What every HttpClient shares.
#include "ostler/transport/http.hpp"

namespace ostler {

std::string_view HttpResponse::header(std::string_view name) const {
  for (const auto& [known, value] : headers)
    if (known == name) return value;
  return {};
}

std::vector<Result<HttpResponse>> HttpClient::send_all(const std::vector<HttpRequest>& requests) {
  std::vector<Result<HttpResponse>> results;
  results.reserve(requests.size());
  for (const HttpRequest& request : requests) results.push_back(send(request));
  return results;
}

}  // namespace ostler
