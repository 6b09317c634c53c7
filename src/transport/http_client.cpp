// The real HttpClient: transfers on pooled libcurl multi handles, in parallel where asked, ended by
// a cancellation.
#include "transport/http_multi.hpp"

#include <signal.h>
#include <stdlib.h>

#include <mutex>

namespace ostler {
namespace {

/// Enough for a dead peer to be noticed by libcurl's own timers; everything else wakes the wait.
constexpr int longest_wait_ms = 1000;

void start_libcurl() {
  static std::once_flag once;
  std::call_once(once, [] {
    // The keys of our TLS sessions are nobody's business, whatever the environment says.
    unsetenv("SSLKEYLOGFILE");
    // OpenSSL writes to sockets without MSG_NOSIGNAL: a server that hangs up must not end the
    // program. Whoever has a handler of their own keeps it.
    struct sigaction present {};
    sigaction(SIGPIPE, nullptr, &present);
    if (present.sa_handler == SIG_DFL) signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
  });
}

class CurlHttpClient final : public HttpClient {
 public:
  explicit CurlHttpClient(Cancellation cancellation) : cancellation_(std::move(cancellation)) {}

  Result<HttpResponse> send(const HttpRequest& request) override {
    return run_one(request, Transfer::Plan{});
  }

  std::vector<Result<HttpResponse>> send_all(const std::vector<HttpRequest>& requests) override {
    MultiPool::Lease multi = pool_.lend();
    std::vector<std::unique_ptr<Transfer>> transfers;
    std::vector<std::optional<Result<HttpResponse>>> outcomes(requests.size());
    for (std::size_t at = 0; at < requests.size(); ++at) {
      transfers.push_back(std::make_unique<Transfer>(requests[at], Transfer::Plan{}));
      if (transfers[at]->trouble())
        outcomes[at].emplace(*transfers[at]->trouble());
      else
        multi->add(*transfers[at]);
    }
    const auto done = [&](Transfer& transfer, CURLcode code) {
      for (std::size_t at = 0; at < transfers.size(); ++at)
        if (transfers[at].get() == &transfer) outcomes[at].emplace(transfer.finish(code));
    };
    run(*multi, done);
    std::vector<Result<HttpResponse>> results;
    for (std::size_t at = 0; at < requests.size(); ++at) {
      if (!outcomes[at]) {
        multi->remove(*transfers[at]);
        outcomes[at].emplace(transfers[at]->cancelled());
      }
      results.push_back(std::move(*outcomes[at]));
    }
    return results;
  }

  Result<HttpResponse> stream(const HttpRequest& request,
                              const std::function<bool(std::string_view)>& sink) override {
    Transfer::Plan plan;
    plan.standstill = request.timeout;
    plan.sink = [&](std::string_view piece) {
      return sink(piece) ? Transfer::Intake::taken : Transfer::Intake::stop;
    };
    return run_one(request, std::move(plan));
  }

  Result<HttpResponse> pipe(const HttpRequest& source, const HttpRequest& target,
                            std::uint64_t length,
                            const std::function<bool(std::string_view)>& watch) override {
    MultiPool::Lease multi = pool_.lend();
    return pipe_over(*multi, cancellation_, source, target, length, watch);
  }

 private:
  Result<HttpResponse> run_one(const HttpRequest& request, Transfer::Plan plan) {
    Transfer transfer{request, std::move(plan)};
    if (transfer.trouble()) return *transfer.trouble();
    MultiPool::Lease multi = pool_.lend();
    multi->add(transfer);
    std::optional<CURLcode> end;
    run(*multi, [&](Transfer&, CURLcode code) { end = code; });
    if (end) return transfer.finish(*end);
    multi->remove(transfer);
    return transfer.cancelled();
  }

  void run(Multi& multi, const std::function<void(Transfer&, CURLcode)>& done) {
    while (!cancellation_.requested() && multi.turn(Multi::Wait::yes, cancellation_, done) > 0) {
    }
  }

  Cancellation cancellation_;
  MultiPool pool_;
};

}  // namespace

int Multi::turn(Wait wait, const Cancellation& cancellation,
                const std::function<void(Transfer&, CURLcode)>& done) {
  int running = 0;
  curl_multi_perform(multi_, &running);
  int left = 0, ended = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    CURL* const easy = message->easy_handle;
    void* owner = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
    curl_multi_remove_handle(multi_, easy);
    ++ended;
    done(*static_cast<Transfer*>(owner), code);
  }
  if (wait == Wait::yes && running > 0 && ended == 0) {
    curl_waitfd stop{cancellation.descriptor(), CURL_WAIT_POLLIN, 0};
    curl_multi_poll(multi_, &stop, 1, longest_wait_ms, nullptr);
  }
  return running;
}

MultiPool::Lease MultiPool::lend() {
  const std::lock_guard guard{mutex_};
  if (idle_.empty()) return {*this, std::make_unique<Multi>()};
  std::unique_ptr<Multi> multi = std::move(idle_.back());
  idle_.pop_back();
  return {*this, std::move(multi)};
}

void MultiPool::give_back(std::unique_ptr<Multi> multi) {
  const std::lock_guard guard{mutex_};
  idle_.push_back(std::move(multi));
}

std::unique_ptr<HttpClient> make_http_client(const Cancellation& cancellation) {
  start_libcurl();
  return std::make_unique<CurlHttpClient>(cancellation);
}

}  // namespace ostler
