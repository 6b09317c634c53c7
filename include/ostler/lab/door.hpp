#pragma once

#include "ostler/lab/pods.hpp"
#include "ostler/transport/http.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ostler::lab {

/// A server of the lab, as HTTP meets it. It answers at the present virtual time and never waits;
/// how long the answer takes stands beside it. Requests come one at a time.
class Door {
 public:
  virtual ~Door() = default;
  virtual Served answer(const HttpRequest& request) = 0;
};

/// What a request asks for: the decoded path, and the decoded query in its order.
struct Target {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;

  /// The first value of that name, or an empty text.
  std::string value(std::string_view name) const;
  bool has(std::string_view name) const;
  /// The path's parts between slashes, none of them empty.
  std::vector<std::string> parts() const;
};
/// Reads path and query of an absolute URL, or of a path alone.
Target target_of(std::string_view url);

/// The first header of that name in any case, or an empty text.
std::string header_of(const HttpRequest& request, std::string_view name);

Served answer_text(int status, std::string body, const std::string& content_type = "text/plain");
Served answer_json(int status, const Json& body);

/// The last thing that a door which moves bytes does to its answer: the answer to a HEAD keeps the
/// length of its body and loses the body, and what was moved takes its time beside `latency`.
void finish_transfer(const HttpRequest& request, Served& served, Instant latency,
                     std::int64_t bytes_per_microsecond);

}  // namespace ostler::lab
