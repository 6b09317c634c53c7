// Answers HTTP on loopback by a Door. The only file that knows cpp-httplib.
#include "ostler/lab/http_server.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <atomic>
#include <thread>

namespace ostler::lab {
namespace {

/// A watch holds its thread for as long as it lasts.
constexpr std::size_t threads = 48;
constexpr Instant watch_interval{20'000};
constexpr int kept_open_s = 90;

HttpRequest request_of(const httplib::Request& got) {
  HttpRequest request;
  request.method = got.method;
  request.url = got.target;
  for (const auto& [name, value] : got.headers) {
    // The library adds its own knowledge of the connection as headers.
    if (name == "REMOTE_ADDR" || name == "REMOTE_PORT" || name == "LOCAL_ADDR" ||
        name == "LOCAL_PORT")
      continue;
    request.headers.emplace_back(name, value);
  }
  request.body = got.body;
  return request;
}

void put_answer(const HttpRequest& request, Served served, httplib::Response& response) {
  response.status = served.response.status;
  std::string type = "text/plain";
  std::string length;
  for (auto& [name, value] : served.response.headers) {
    if (name == "content-type")
      type = value;
    else if (name == "content-length")
      length = value;
    else
      response.set_header(name, value);
  }
  if (request.method == "HEAD" && !length.empty()) {
    // A HEAD tells the length of what a GET would bring.
    response.set_header("Content-Length", length);
    response.set_header("Content-Type", type);
    return;
  }
  response.set_content(served.response.body, type);
}

}  // namespace

struct HttpServer::Impl {
  Impl(Pace& the_pace, Door& the_door, KubernetesDoor* the_watches)
      : pace(the_pace), door(the_door), watches(the_watches) {}

  Pace& pace;
  Door& door;
  KubernetesDoor* watches;
  httplib::Server server;
  std::thread thread;
  std::atomic<bool> stopped{false};

  void answer(const httplib::Request& got, httplib::Response& response) {
    const HttpRequest request = request_of(got);
    if (watches != nullptr && target_of(request.url).has("watch") && begin_watch(request, response))
      return;
    Served served;
    pace.at_present([&] { served = door.answer(request); });
    if (served.took > Instant{0}) pace.wait(served.took);
    put_answer(request, std::move(served), response);
  }

  bool begin_watch(const HttpRequest& request, httplib::Response& response) {
    std::optional<std::unique_ptr<Watch>> begun;
    pace.at_present([&] { begun = watches->watch(request); });
    if (!begun) return false;
    const std::shared_ptr<Watch> watch = std::move(*begun);
    response.set_chunked_content_provider(
        // The library holds compressed streams back, and takes this type for one not to compress.
        "application/json; charset=utf-8", [this, watch](std::size_t, httplib::DataSink& sink) {
          std::string bytes;
          bool over = false;
          pace.at_present([&] {
            bytes = watch->next();
            over = watch->over();
          });
          if (!bytes.empty() && !sink.write(bytes.data(), bytes.size())) return false;
          if (over || stopped) {
            sink.done();
            return true;
          }
          if (!sink.is_writable()) return false;
          std::this_thread::sleep_for(watch_interval);
          return true;
        });
    return true;
  }
};

HttpServer::HttpServer(Pace& pace, Door& door, KubernetesDoor* watches)
    : impl_(std::make_unique<Impl>(pace, door, watches)) {}

HttpServer::~HttpServer() {
  stop();
}

Result<void> HttpServer::start(const std::string& host, int port) {
  httplib::Server& server = impl_->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(threads); };
  server.set_keep_alive_max_count(1'000'000);
  server.set_keep_alive_timeout(kept_open_s);
  server.set_tcp_nodelay(true);
  server.set_address_family(AF_INET);
  // Not the library's SO_REUSEPORT, which would let two labs share an address without a word.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  // Everything goes the same way, whatever its method and path.
  server.set_pre_routing_handler([this](const httplib::Request& got, httplib::Response& response) {
    if (got.method == "POST" || got.method == "PUT" || got.method == "PATCH" ||
        got.method == "DELETE")
      return httplib::Server::HandlerResponse::Unhandled;  // its body is not read yet
    impl_->answer(got, response);
    return httplib::Server::HandlerResponse::Handled;
  });
  const auto with_body = [this](const httplib::Request& got, httplib::Response& response) {
    impl_->answer(got, response);
  };
  server.Post(".*", with_body);
  server.Put(".*", with_body);
  server.Patch(".*", with_body);
  server.Delete(".*", with_body);
  if (!server.bind_to_port(host, port))
    return Failure{FailureKind::refused,
                   fmt::format("the lab cannot listen on {}:{}: the address is taken", host, port),
                   "Another lab may run there; give this one its own address with --listen.",
                   "address"};
  impl_->thread = std::thread([this] { impl_->server.listen_after_bind(); });
  return {};
}

void HttpServer::stop() {
  impl_->stopped = true;
  impl_->server.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace ostler::lab
