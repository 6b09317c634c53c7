#pragma once

#include "transport/http_url.hpp"

#include "ostler/transport/http.hpp"

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ostler {

/// One request under way in libcurl: an easy handle with every option that this project insists on,
/// and what came back. Not movable, since libcurl holds its address. `request` must outlive it.
class Transfer {
 public:
  enum class Intake { taken, pause, stop };
  /// Takes a piece of the body of a 2xx answer. After `pause` the same piece comes again.
  using Sink = std::function<Intake(std::string_view)>;
  /// Gives the next bytes of an upload: how many were written, or CURL_READFUNC_PAUSE.
  using Supply = std::function<std::size_t(char*, std::size_t)>;

  struct Plan {
    Sink sink;  ///< instead of collecting the body; the time limit then counts while nothing moves
    Supply supply;  ///< instead of the request's body
    std::uint64_t supply_length = 0;
    Milliseconds standstill{0};  ///< for transfers with a sink or supply
  };

  Transfer(const HttpRequest& request, Plan plan);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Why it cannot even be sent.
  const std::optional<Failure>& trouble() const { return trouble_; }
  CURL* handle() const { return easy_; }
  int status() const { return response_.status; }
  /// "GET https://host:port/path", for messages.
  const std::string& text() const { return text_; }
  /// True once libcurl has sent a byte of the request itself.
  bool started() const;
  std::optional<std::uint64_t> announced_length() const;

  /// The outcome, once libcurl is done with the handle.
  Result<HttpResponse> finish(CURLcode code);
  Failure cancelled() const;

 private:
  void prepare(const HttpRequest& request);
  void set_safety(const HttpRequest& request);
  void set_trust(const HttpRequest& request, HttpUrl& url);
  void set_body(const HttpRequest& request);
  void add_headers(const HttpRequest& request, const HttpUrl& url);
  void add_header(std::string line);
  Failure failure(FailureKind kind, std::string_view why, std::string_view hint = "") const;
  Failure failure_of(CURLcode code) const;

  static std::size_t on_header(char* data, std::size_t size, std::size_t count,
                               void* self) noexcept;
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t on_read(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static curl_socket_t on_socket(void* self, curlsocktype purpose, curl_sockaddr* address) noexcept;

  CURL* easy_ = nullptr;
  curl_slist* headers_ = nullptr;
  curl_slist* connect_to_ = nullptr;
  Plan plan_;
  std::string text_, scheme_;
  bool changes_something_ = false;  ///< an effect may follow: an unclear end is then `unknown`
  std::size_t max_body_ = 0;
  HttpResponse response_;
  std::size_t header_bytes_ = 0, body_bytes_ = 0;
  std::optional<Failure> trouble_;    ///< before sending
  std::optional<std::string> limit_;  ///< which limit the answer broke
  std::string refused_address_;       ///< an address that must not be connected to
  bool stopped_ = false;              ///< by the sink
  char error_[CURL_ERROR_SIZE] = {};
};

}  // namespace ostler
