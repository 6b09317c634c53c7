#pragma once

#include "transport/http_transfer.hpp"

#include "ostler/base/clock.hpp"

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace ostler {

/// One libcurl multi handle: it owns a cache of open connections and is used by one thread at a
/// time.
class Multi {
 public:
  Multi() : multi_(curl_multi_init()) {}
  ~Multi() { curl_multi_cleanup(multi_); }
  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;

  void add(Transfer& transfer) { curl_multi_add_handle(multi_, transfer.handle()); }
  void remove(Transfer& transfer) { curl_multi_remove_handle(multi_, transfer.handle()); }

  enum class Wait { yes, no };
  /// Moves everything as far as it goes, tells `done` about each transfer that ended (it is removed
  /// first), then, with Wait::yes and nothing ended, waits until something can move or
  /// `cancellation` is requested. Returns how many are still under way.
  int turn(Wait wait, const Cancellation& cancellation,
           const std::function<void(Transfer&, CURLcode)>& done);

 private:
  CURLM* multi_;
};

/// Lends multi handles, the most recently used first, so that its connections are warm.
class MultiPool {
 public:
  class Lease {
   public:
    Lease(MultiPool& pool, std::unique_ptr<Multi> multi) : pool_(pool), multi_(std::move(multi)) {}
    ~Lease() { pool_.give_back(std::move(multi_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Multi& operator*() { return *multi_; }
    Multi* operator->() { return multi_.get(); }

   private:
    MultiPool& pool_;
    std::unique_ptr<Multi> multi_;
  };

  Lease lend();

 private:
  void give_back(std::unique_ptr<Multi> multi);

  std::mutex mutex_;
  std::vector<std::unique_ptr<Multi>> idle_;
};

/// HttpClient::pipe over one multi handle.
Result<HttpResponse> pipe_over(Multi& multi, const Cancellation& cancellation,
                               const HttpRequest& source, const HttpRequest& target,
                               std::uint64_t length,
                               const std::function<bool(std::string_view)>& watch);

}  // namespace ostler
