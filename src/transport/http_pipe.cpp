// Download and upload as one: two easy handles in one multi with a ring buffer between them,
// nothing on disk.
#include "transport/http_multi.hpp"

#include "ostler/base/text.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace ostler {
namespace {

/// Holds two of libcurl's largest pieces (512 KiB), so that one can arrive while the other leaves.
constexpr std::size_t ring_bytes = 1u << 20;
/// Registries that store in S3 copy the blob when it is complete, and answer only then.
constexpr Milliseconds longest_commit{300'000};

class Ring {
 public:
  std::size_t size() const { return size_; }
  std::size_t room() const { return bytes_.size() - size_; }

  void put(std::string_view piece) {
    const std::size_t end = (start_ + size_) % bytes_.size();
    const std::size_t first = std::min(piece.size(), bytes_.size() - end);
    std::memcpy(bytes_.data() + end, piece.data(), first);
    std::memcpy(bytes_.data(), piece.data() + first, piece.size() - first);
    size_ += piece.size();
  }

  std::size_t take(char* out, std::size_t wanted) {
    const std::size_t count = std::min(wanted, size_);
    const std::size_t first = std::min(count, bytes_.size() - start_);
    std::memcpy(out, bytes_.data() + start_, first);
    std::memcpy(out + first, bytes_.data(), count - first);
    start_ = (start_ + count) % bytes_.size();
    size_ -= count;
    return count;
  }

 private:
  std::vector<char> bytes_ = std::vector<char>(ring_bytes);
  std::size_t start_ = 0, size_ = 0;
};

class Pipe {
 public:
  Pipe(Multi& multi, const Cancellation& cancellation, const HttpRequest& source,
       const HttpRequest& target, std::uint64_t length,
       const std::function<bool(std::string_view)>& watch)
      : multi_(multi),
        cancellation_(cancellation),
        length_(length),
        watch_(watch),
        download_(
            source,
            {[this](std::string_view piece) { return take_in(piece); }, {}, 0, source.timeout}),
        upload_(target, {{},
                         [this](char* out, std::size_t size) { return give_out(out, size); },
                         length,
                         std::max(target.timeout, longest_commit)}) {}

  Result<HttpResponse> run() {
    if (download_.trouble()) return *download_.trouble();
    if (upload_.trouble()) return *upload_.trouble();
    multi_.add(download_);
    while (!outcome_) {
      if (cancellation_.requested()) {
        outcome_.emplace(upload_running_ ? upload_.cancelled() : download_.cancelled());
        break;
      }
      const bool moved = wake();
      multi_.turn(moved ? Multi::Wait::no : Multi::Wait::yes, cancellation_,
                  [this](Transfer& transfer, CURLcode code) { ended(transfer, code); });
      if (!outcome_) start_upload_when_worth_it();
    }
    // Taking an unfinished transfer out closes its connection: the target sees a broken request.
    if (!download_ended_) multi_.remove(download_);
    if (upload_running_) multi_.remove(upload_);
    return std::move(*outcome_);
  }

 private:
  Transfer::Intake take_in(std::string_view piece) {
    if (received_ + piece.size() > length_) {
      outcome_.emplace(other_length(fmt::format("more than the {} bytes", length_)));
      return Transfer::Intake::stop;
    }
    if (ring_.room() < piece.size()) {
      download_paused_ = true;
      return Transfer::Intake::pause;
    }
    if (!watch_(piece)) return Transfer::Intake::stop;
    ring_.put(piece);
    received_ += piece.size();
    return Transfer::Intake::taken;
  }

  /// What may leave: the last byte stays until the download is known to be complete and right.
  std::size_t ready() const {
    const bool hold_back = !source_good_ && received_ == length_ && ring_.size() > 0;
    return ring_.size() - (hold_back ? 1 : 0);
  }

  std::size_t give_out(char* out, std::size_t size) {
    const std::size_t count = ring_.take(out, std::min(size, ready()));
    if (count > 0 || sent_ == length_) {
      sent_ += count;
      return count;
    }
    upload_paused_ = true;
    return CURL_READFUNC_PAUSE;
  }

  /// Lets a paused side go on when the other has made room or bytes. True when one did.
  bool wake() {
    bool moved = false;
    if (upload_paused_ && upload_running_ && ready() > 0) {
      upload_paused_ = false;
      curl_easy_pause(upload_.handle(), CURLPAUSE_CONT);
      moved = true;
    }
    if (download_paused_ && !download_ended_ && ring_.room() >= ring_bytes / 2) {
      download_paused_ = false;
      curl_easy_pause(download_.handle(), CURLPAUSE_CONT);
      moved = true;
    }
    return moved;
  }

  void start_upload_when_worth_it() {
    if (upload_running_ || download_.status() / 100 != 2) return;
    if (received_ == 0 && !source_good_) return;
    upload_running_ = true;
    multi_.add(upload_);
  }

  void ended(Transfer& transfer, CURLcode code) {
    if (&transfer == &upload_) {
      upload_running_ = false;
      if (!outcome_) outcome_.emplace(upload_.finish(code));
      return;
    }
    download_ended_ = true;
    Result<HttpResponse> answer = download_.finish(code);
    if (outcome_) return;
    if (!answer.ok())
      outcome_.emplace(source_failure(std::move(answer.failure())));
    else if (answer->status / 100 != 2)
      outcome_.emplace(refusal(*answer));
    else if (received_ != length_)
      outcome_.emplace(other_length(fmt::format("{} of the {} bytes", received_, length_)));
    else
      source_good_ = true;
  }

  Failure other_length(const std::string& found) const {
    return {FailureKind::permanent,
            fmt::format("{}: the source sent {} that were announced", download_.text(), found),
            "Copy again; when it stays, the source's content is damaged.", ""};
  }

  /// The upload was not completed, so a broken download has changed nothing.
  static Failure source_failure(Failure failure) {
    if (failure.kind == FailureKind::unknown || failure.kind == FailureKind::timeout)
      failure.kind = FailureKind::transient;
    return failure;
  }

  Failure refusal(const HttpResponse& answer) const {
    const int status = answer.status;
    const FailureKind kind = status == 401 || status == 403       ? FailureKind::refused
                             : status == 429 || status / 100 == 5 ? FailureKind::transient
                                                                  : FailureKind::permanent;
    return {kind, fmt::format("{}: the source answered {}", download_.text(), status), "",
            std::to_string(status)};
  }

  Multi& multi_;
  const Cancellation& cancellation_;
  const std::uint64_t length_;
  const std::function<bool(std::string_view)>& watch_;
  Ring ring_;
  std::uint64_t received_ = 0, sent_ = 0;
  bool download_paused_ = false, upload_paused_ = false;
  bool upload_running_ = false, download_ended_ = false, source_good_ = false;
  std::optional<Result<HttpResponse>> outcome_;
  Transfer download_, upload_;
};

}  // namespace

Result<HttpResponse> pipe_over(Multi& multi, const Cancellation& cancellation,
                               const HttpRequest& source, const HttpRequest& target,
                               std::uint64_t length,
                               const std::function<bool(std::string_view)>& watch) {
  return Pipe{multi, cancellation, source, target, length, watch}.run();
}

}  // namespace ostler
