// A scripted HttpClient.
#include "tests/fakes/fake_http.hpp"

#include <utility>

namespace ostler {

namespace {

Result<HttpResponse> bounded(const HttpRequest& request, Result<HttpResponse> answer) {
  if (answer.ok() && answer->body.size() > request.max_body)
    return Failure{FailureKind::permanent, "the answer is longer than allowed", "", ""};
  return answer;
}

}  // namespace

HttpResponse http_answer(int status, std::string body, std::vector<HttpHeader> headers) {
  HttpResponse response;
  response.status = status;
  response.headers = std::move(headers);
  response.body = std::move(body);
  return response;
}

HttpResponse json_answer(int status, const Json& body, std::vector<HttpHeader> headers) {
  headers.emplace_back("content-type", "application/json");
  return http_answer(status, body.dump(), std::move(headers));
}

FakeHttp& FakeHttp::expect(std::string method, std::string url, Result<HttpResponse> answer) {
  const std::lock_guard guard{mutex_};
  script_.push_back({std::move(method), std::move(url), std::move(answer)});
  return *this;
}

void FakeHttp::serve(Handler handler) {
  const std::lock_guard guard{mutex_};
  handler_ = std::move(handler);
}

bool FakeHttp::finished() const {
  const std::lock_guard guard{mutex_};
  return script_.empty() && surprises.empty();
}

Result<HttpResponse> FakeHttp::send(const HttpRequest& request) {
  const std::lock_guard guard{mutex_};
  requests.push_back(request);
  if (!script_.empty() && fits(script_.front(), request)) {
    Result<HttpResponse> answer = std::move(script_.front().answer);
    script_.pop_front();
    return bounded(request, std::move(answer));
  }
  if (handler_) return bounded(request, handler_(request));
  surprises.push_back(request.method + " " + request.url);
  const std::string wanted =
      script_.empty() ? "nothing more" : script_.front().method + " " + script_.front().url;
  return Failure{FailureKind::permanent,
                 "unexpected request " + surprises.back() + ", expected " + wanted, "", ""};
}

Result<HttpResponse> FakeHttp::stream(const HttpRequest& request,
                                      const std::function<bool(std::string_view)>& sink) {
  Result<HttpResponse> answer = send(request);
  if (!answer.ok() || answer->status / 100 != 2) return answer;
  const std::string body = std::exchange(answer->body, "");
  for (std::size_t at = 0; at < body.size(); at += piece) {
    if (!sink(std::string_view{body}.substr(at, piece)))
      return Failure{FailureKind::cancelled, "the transfer was ended", "", ""};
  }
  return answer;
}

Result<HttpResponse> FakeHttp::pipe(const HttpRequest& source, const HttpRequest& target,
                                    std::uint64_t length,
                                    const std::function<bool(std::string_view)>& watch) {
  std::string bytes;
  Result<HttpResponse> download = stream(source, [&](std::string_view part) {
    bytes += part;
    return watch(part);
  });
  if (!download.ok()) return download;
  if (download->status / 100 != 2)
    return Failure{FailureKind::permanent,
                   "the source answered " + std::to_string(download->status), "",
                   std::to_string(download->status)};
  if (bytes.size() != length)
    return Failure{FailureKind::permanent, "the source has another length", "", ""};
  HttpRequest upload = target;
  upload.body = std::move(bytes);
  return send(upload);
}

bool FakeHttp::fits(const Expected& expected, const HttpRequest& request) {
  if (expected.method != request.method) return false;
  if (!expected.url.empty() && expected.url.back() == '*')
    return request.url.compare(0, expected.url.size() - 1, expected.url, 0,
                               expected.url.size() - 1) == 0;
  return expected.url == request.url;
}

}  // namespace ostler
