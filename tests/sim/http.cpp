// Requests on their way: lost, late, doubled, answered by a proxy in between, or simply served.
#include "sim/http.hpp"

#include "ostler/lab/door_http.hpp"

namespace ostler::sim {
namespace {

using lab::Instant;

Instant microseconds(std::uint64_t count) {
  return Instant{static_cast<std::int64_t>(count)};
}

HttpResponse proxy_error(int status) {
  HttpResponse response;
  response.status = status;
  response.headers = {{"content-type", "text/plain"}};
  response.body = status == 503 ? "upstream connect error" : "Bad Gateway";
  return response;
}

Failure failure(FailureKind kind, std::string_view authority, std::string_view what) {
  return {kind, fmt::format("{}: {}", authority, what), "", ""};
}

// What is told of a request: never its body, which would cost most of the time.
void note(Trace& trace, const HttpRequest& request, const HttpResponse& response) {
  if (trace.tell) {
    trace.note("HTTP", fmt::format("{} {} -> {} {}", request.method, request.url, response.status,
                                   response.body.substr(0, 200)));
    return;
  }
  trace.note(request.url, response.body);
}

}  // namespace

struct SimHttp::Trip {
  const HttpRequest& request;
  lab::Door& door;
  std::string authority;
  Instant gives_up;
};

Instant SimHttp::latency() {
  return microseconds(faults_.details().between(1'000, 20'000));
}

Result<HttpResponse> SimHttp::send(const HttpRequest& request) {
  process_.must_live();
  std::string authority = lab::authority_of(request.url);
  const auto door = doors_.find(authority);
  if (door == doors_.end()) return failure(FailureKind::transient, authority, "connection refused");
  const Instant now = process_.world().now();
  Trip trip{request, *door->second, std::move(authority),
            now + std::chrono::duration_cast<Instant>(request.timeout)};
  Result<HttpResponse> result = deliver(trip);
  // A step that sleeps through its time-out (a frozen process) sees the time-out first.
  if (result && process_.world().now() > trip.gives_up) return time_out(trip);
  return result;
}

Result<HttpResponse> SimHttp::deliver(Trip& trip) {
  const Fault fault =
      faults_.draw({Fault::request_lost, Fault::answer_lost, Fault::reset, Fault::late,
                    Fault::failed_before, Fault::failed_after, Fault::doubled, Fault::partition},
                   trip.request.method + " " + trip.authority);
  lab::World& world = process_.world();
  if (fault == Fault::partition)
    network_.cut_until[trip.authority] =
        world.now() + microseconds(faults_.details().between(5'000'000, 120'000'000));
  const auto cut = network_.cut_until.find(trip.authority);
  if (cut != network_.cut_until.end() && world.now() < cut->second) {
    process_.wait(std::chrono::duration_cast<Instant>(trip.request.connect_timeout));
    return failure(FailureKind::transient, trip.authority, "cannot connect in time");
  }
  switch (fault) {
    case Fault::request_lost:
      return time_out(trip);
    case Fault::late:
      return arrive_late(trip);
    case Fault::failed_before:
      process_.wait(latency() * 2);
      return proxy_error(503);
    case Fault::doubled:
      arrives_at(world.now() + microseconds(faults_.details().between(20'000, 3'000'000)), trip);
      return arrive(trip, fault);
    default:
      return arrive(trip, fault);
  }
}

Result<HttpResponse> SimHttp::arrive(Trip& trip, Fault fault) {
  const Instant there = latency(), back = latency();
  try {
    process_.wait(there);
  } catch (const Killed&) {
    // It had left already, or it had not: both are seen.
    if (faults_.details().percent(50)) arrives_at(process_.world().now() + there, trip);
    throw;
  }
  const lab::Served served = trip.door.answer(trip.request);
  note(trace_, trip.request, served.response);
  if (fault == Fault::answer_lost) return time_out(trip);
  process_.wait_until(std::min(process_.world().now() + served.took + back, trip.gives_up));
  if (process_.world().now() >= trip.gives_up) return time_out(trip);
  if (fault == Fault::reset)
    return failure(FailureKind::unknown, trip.authority, "the connection broke before an answer");
  if (fault == Fault::failed_after) return proxy_error(502);
  if (served.response.body.size() > trip.request.max_body)
    return failure(trip.request.method == "GET" || trip.request.method == "HEAD"
                       ? FailureKind::permanent
                       : FailureKind::unknown,
                   trip.authority, "the answer is too long");
  return served.response;
}

Result<HttpResponse> SimHttp::arrive_late(Trip& trip) {
  lab::World& world = process_.world();
  const Instant arrives =
      world.now() + microseconds(faults_.details().between(2'500'000, 28'000'000));
  if (arrives + Instant{20'000} >= trip.gives_up) {
    arrives_at(arrives, trip);
    return time_out(trip);
  }
  try {
    process_.wait_until(arrives);
  } catch (const Killed&) {
    arrives_at(arrives, trip);
    throw;
  }
  return arrive(trip, Fault::none);
}

void SimHttp::arrives_at(Instant when, const Trip& trip) {
  process_.world().at(when, [&door = trip.door, &trace = trace_, request = trip.request] {
    note(trace, request, door.answer(request).response);
  });
}

Result<HttpResponse> SimHttp::time_out(const Trip& trip) {
  process_.wait_until(trip.gives_up);
  return failure(FailureKind::timeout, trip.authority, "no answer in time");
}

Result<HttpResponse> SimHttp::stream(const HttpRequest& request,
                                     const std::function<bool(std::string_view)>& sink) {
  HttpRequest whole = request;
  whole.max_body = std::string::npos;
  Result<HttpResponse> answer = send(whole);
  if (!answer || answer->status / 100 != 2) return answer;
  if (!sink(answer->body)) return Failure{FailureKind::cancelled, "transfer ended", "", ""};
  answer->body.clear();
  return answer;
}

Result<HttpResponse> SimHttp::pipe(const HttpRequest& source, const HttpRequest& target,
                                   std::uint64_t length,
                                   const std::function<bool(std::string_view)>& watch) {
  HttpRequest upload = target;
  OSTLER_TRY(const HttpResponse downloaded, stream(source, [&](std::string_view bytes) {
               upload.body = bytes;
               return watch(bytes);
             }));
  if (downloaded.status / 100 != 2) return downloaded;
  if (upload.body.size() != length)
    return failure(FailureKind::permanent, lab::authority_of(source.url), "it has another length");
  return send(upload);
}

}  // namespace ostler::sim
