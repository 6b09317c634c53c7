// A scripted HttpClient: says what it was asked, answers what the test wrote down, and refuses
// everything else.
#pragma once

#include "ostler/base/json.hpp"
#include "ostler/transport/http.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace ostler {

/// An answer as a server would give it.
HttpResponse http_answer(int status, std::string body = "", std::vector<HttpHeader> headers = {});

HttpResponse json_answer(int status, const Json& body, std::vector<HttpHeader> headers = {});

/// Answers requests in one of two ways. With `expect`, the requests must come in that order, with
/// that method and that URL ("https://host/path?query", or a text ending in `*` for a prefix). With
/// `serve`, a function answers what is not expected. A request nobody answers fails as `permanent`
/// and is kept in `surprises`; a test ends with `REQUIRE(http.finished())`. Safe to use from
/// several threads.
class FakeHttp final : public HttpClient {
 public:
  using Handler = std::function<Result<HttpResponse>(const HttpRequest&)>;
  FakeHttp& expect(std::string method, std::string url, Result<HttpResponse> answer);
  void serve(Handler handler);

  /// Every expected request came, and no other.
  bool finished() const;

  Result<HttpResponse> send(const HttpRequest& request) override;
  Result<HttpResponse> stream(const HttpRequest& request,
                              const std::function<bool(std::string_view)>& sink) override;

  /// The target sees the source's body as its own; `requests` holds it so.
  Result<HttpResponse> pipe(const HttpRequest& source, const HttpRequest& target,
                            std::uint64_t length,
                            const std::function<bool(std::string_view)>& watch) override;

  std::vector<HttpRequest> requests;   ///< in the order in which they came
  std::vector<std::string> surprises;  ///< "METHOD URL" that no one answered
  std::size_t piece = 7;               ///< bytes that `stream` hands over at once

 private:
  struct Expected {
    std::string method, url;
    Result<HttpResponse> answer;
  };

  static bool fits(const Expected& expected, const HttpRequest& request);

  mutable std::recursive_mutex mutex_;
  std::deque<Expected> script_;
  Handler handler_;
};

}  // namespace ostler
