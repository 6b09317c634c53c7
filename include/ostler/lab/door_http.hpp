#pragma once

#include "ostler/lab/door.hpp"
#include "ostler/transport/http.hpp"

#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace ostler::lab {

/// "host:port" of an absolute URL, with the scheme's port where it names none; empty for any other
/// text.
std::string authority_of(std::string_view url);

/// An HttpClient whose requests never leave the process: each goes to the door that serves its
/// "host:port", one at a time, and is answered in no time. An address that nobody serves refuses
/// the connection. Certificates are not looked at; credentials reach the door as the request
/// carries them.
class DoorHttp : public HttpClient {
 public:
  /// `authority` is "host:port". The door must outlive this client, or be closed.
  void serve(const std::string& authority, Door& door);
  /// From now on that address refuses connections.
  void close(const std::string& authority);
  /// Who serves which "host:port". Not while other threads open or close doors.
  const std::map<std::string, Door*, std::less<>>& doors() const { return doors_; }

  Result<HttpResponse> send(const HttpRequest& request) override;
  Result<HttpResponse> stream(const HttpRequest& request,
                              const std::function<bool(std::string_view)>& sink) override;
  Result<HttpResponse> pipe(const HttpRequest& source, const HttpRequest& target,
                            std::uint64_t length,
                            const std::function<bool(std::string_view)>& watch) override;

 protected:
  /// One request at its door. What a network adds (time that passes, faults) is added here by who
  /// derives from this.
  virtual Result<HttpResponse> exchange(Door& door, const HttpRequest& request);

 private:
  Result<HttpResponse> reach(const HttpRequest& request);

  // What happens while a door answers may lead to another request from the same thread.
  std::recursive_mutex mutex_;
  std::map<std::string, Door*, std::less<>> doors_;
};

}  // namespace ostler::lab
