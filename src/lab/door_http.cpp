// Takes requests to the doors of this process, in place of a network.
#include "ostler/lab/door_http.hpp"

#include "ostler/base/text.hpp"

namespace ostler::lab {
namespace {

constexpr std::size_t piece = 64u << 10;

Failure failure(const HttpRequest& request, FailureKind kind, std::string_view why) {
  const std::string url = request.url.substr(0, request.url.find('?'));
  return {kind, fmt::format("{} {}: {}", sanitize(request.method), sanitize(url), why), "", ""};
}

/// A download's failure is never one of the upload.
Failure source_failure(Failure told) {
  if (told.kind == FailureKind::unknown || told.kind == FailureKind::timeout)
    told.kind = FailureKind::transient;
  return told;
}

Failure source_refusal(const HttpRequest& source, int status) {
  const FailureKind kind = status == 401 || status == 403       ? FailureKind::refused
                           : status == 429 || status / 100 == 5 ? FailureKind::transient
                                                                : FailureKind::permanent;
  Failure told = failure(source, kind, fmt::format("answered {}", status));
  told.code = std::to_string(status);
  return told;
}

}  // namespace

std::string authority_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return "";
  const std::string_view rest = url.substr(scheme + 3);
  std::string authority(rest.substr(0, rest.find_first_of("/?#")));
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string::npos || (bracket != std::string::npos && colon < bracket))
    authority += url.substr(0, scheme) == "https" ? ":443" : ":80";
  return authority;
}

void DoorHttp::serve(const std::string& authority, Door& door) {
  const std::lock_guard guard{mutex_};
  doors_[authority] = &door;
}

void DoorHttp::close(const std::string& authority) {
  const std::lock_guard guard{mutex_};
  doors_.erase(authority);
}

Result<HttpResponse> DoorHttp::exchange(Door& door, const HttpRequest& request) {
  return door.answer(request).response;
}

Result<HttpResponse> DoorHttp::reach(const HttpRequest& request) {
  const std::lock_guard guard{mutex_};
  const auto door = doors_.find(authority_of(request.url));
  if (door == doors_.end())
    return failure(request, FailureKind::transient, "could not connect: connection refused");
  return exchange(*door->second, request);
}

Result<HttpResponse> DoorHttp::send(const HttpRequest& request) {
  Result<HttpResponse> answer = reach(request);
  if (!answer.ok() || answer->body.size() <= request.max_body) return answer;
  const bool looks = request.method == "GET" || request.method == "HEAD";
  return failure(request, looks ? FailureKind::permanent : FailureKind::unknown,
                 fmt::format("the answer is longer than {}", format_bytes(request.max_body)));
}

Result<HttpResponse> DoorHttp::stream(const HttpRequest& request,
                                      const std::function<bool(std::string_view)>& sink) {
  Result<HttpResponse> answer = reach(request);
  if (!answer.ok() || answer->status / 100 != 2) return answer;
  const std::string body = std::exchange(answer->body, "");
  for (std::size_t at = 0; at < body.size(); at += piece) {
    if (!sink(std::string_view{body}.substr(at, piece)))
      return failure(request, FailureKind::cancelled, "the transfer was ended by its receiver");
  }
  return answer;
}

Result<HttpResponse> DoorHttp::pipe(const HttpRequest& source, const HttpRequest& target,
                                    std::uint64_t length,
                                    const std::function<bool(std::string_view)>& watch) {
  Result<HttpResponse> download = reach(source);
  if (!download.ok()) return source_failure(download.failure());
  if (download->status / 100 != 2) return source_refusal(source, download->status);
  HttpRequest upload = target;
  upload.body = std::move(download->body);
  const std::string_view body = upload.body;
  for (std::size_t at = 0; at < body.size(); at += piece) {
    if (!watch(body.substr(at, piece)))
      return failure(source, FailureKind::cancelled, "the transfer was ended by its receiver");
  }
  if (body.size() != length) {
    return failure(source, FailureKind::permanent,
                   fmt::format("has {} bytes, expected {}", body.size(), length));
  }
  return send(upload);
}

}  // namespace ostler::lab
