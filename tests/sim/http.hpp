// The network between a simulated process and the doors of the lab.
#pragma once

#include "sim/process.hpp"

#include "ostler/lab/door.hpp"
#include "ostler/transport/http.hpp"

#include <map>
#include <string>

namespace ostler::sim {

/// Where requests go, by "host:port" as it stands in URLs.
using Doors = std::map<std::string, lab::Door*, std::less<>>;

/// What the network of one world does wrong for some time; shared by all processes of a run.
struct Network {
  std::map<std::string, lab::Instant, std::less<>> cut_until;
};

/// Answers by the doors, over a network that loses, delays, doubles and breaks. What is under way
/// when its process dies still arrives.
class SimHttp final : public HttpClient {
 public:
  SimHttp(Process& process, Faults& faults, Trace& trace, const Doors& doors, Network& network)
      : process_(process), faults_(faults), trace_(trace), doors_(doors), network_(network) {}

  Result<HttpResponse> send(const HttpRequest& request) override;
  Result<HttpResponse> stream(const HttpRequest& request,
                              const std::function<bool(std::string_view)>& sink) override;
  Result<HttpResponse> pipe(const HttpRequest& source, const HttpRequest& target,
                            std::uint64_t length,
                            const std::function<bool(std::string_view)>& watch) override;

 private:
  struct Trip;
  Result<HttpResponse> deliver(Trip& trip);
  Result<HttpResponse> arrive(Trip& trip, Fault fault);
  Result<HttpResponse> arrive_late(Trip& trip);
  Result<HttpResponse> time_out(const Trip& trip);
  /// It reaches the door then, whatever has become of the one who sent it.
  void arrives_at(lab::Instant when, const Trip& trip);
  lab::Instant latency();

  Process& process_;
  Faults& faults_;
  Trace& trace_;
  const Doors& doors_;
  Network& network_;
};

}  // namespace ostler::sim
