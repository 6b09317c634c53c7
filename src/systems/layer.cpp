// Reads image layers while they arrive: one thread downloads and hashes, the caller's unpacks and
// looks.
#include "ostler/systems/layer.hpp"

#include "systems/registry_manifest.hpp"

#include "ostler/base/text.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace ostler {

namespace {

constexpr std::size_t queue_limit = 4u << 20;
constexpr std::uint64_t unpacked_limit = 64ull << 30;
constexpr int entry_limit = 4'000'000;

/// Bytes on their way from the download to the unpacking, a few MiB at most.
class ByteQueue {
 public:
  /// False when nobody wants the rest.
  bool put(std::string_view bytes) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return size_ < queue_limit || mode_ != Mode::open; });
    if (mode_ != Mode::open) return mode_ == Mode::draining;
    pieces_.emplace_back(bytes);
    size_ += bytes.size();
    changed_.notify_all();
    return true;
  }

  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  /// The next piece; empty at the end.
  std::string take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !pieces_.empty() || ended_; });
    if (pieces_.empty()) return "";
    std::string piece = std::move(pieces_.front());
    pieces_.pop_front();
    size_ -= piece.size();
    changed_.notify_all();
    return piece;
  }

  /// Nothing more is taken: the download goes on to its end for the digest's sake (draining), or
  /// stops (abandoned).
  enum class Mode { open, draining, abandoned };
  void leave(Mode mode) {
    const std::lock_guard lock(mutex_);
    mode_ = mode;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> pieces_;
  std::size_t size_ = 0;
  bool ended_ = false;
  Mode mode_ = Mode::open;
};

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

/// The path without "./" and leading slashes; nothing when it leads out of the image.
std::optional<std::string> clean_path(std::string_view raw) {
  std::string clean;
  for (const std::string& part : split(raw, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") return std::nullopt;
    if (!clean.empty()) clean += '/';
    clean += part;
  }
  return clean;
}

class Unpacker {
 public:
  Unpacker(ByteQueue& queue, LayerVisitor& visitor) : queue_(queue), visitor_(visitor) {}

  Result<void> run() {
    const std::unique_ptr<archive, FreeArchive> reader(archive_read_new());
    archive_read_support_filter_gzip(reader.get());
    archive_read_support_filter_zstd(reader.get());
    archive_read_support_format_tar(reader.get());
    archive_read_support_format_empty(reader.get());
    if (archive_read_open(reader.get(), this, nullptr, &Unpacker::feed, nullptr) != ARCHIVE_OK) {
      return trouble(reader.get());
    }
    archive_entry* entry = nullptr;
    for (int count = 0;; ++count) {
      const int status = archive_read_next_header(reader.get(), &entry);
      if (status == ARCHIVE_EOF) return {};
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return trouble(reader.get());
      if (count == entry_limit) return damaged("has too many entries");
      OSTLER_CHECK(show(reader.get(), entry));
    }
  }

 private:
  static la_ssize_t feed(archive*, void* self, const void** buffer) {
    auto* unpacker = static_cast<Unpacker*>(self);
    unpacker->piece_ = unpacker->queue_.take();
    *buffer = unpacker->piece_.data();
    return static_cast<la_ssize_t>(unpacker->piece_.size());
  }

  static Failure damaged(std::string_view why) {
    return {FailureKind::permanent, fmt::format("it {}", why), "", ""};
  }

  static Failure trouble(archive* reader) {
    const char* words = archive_error_string(reader);
    return damaged("cannot be unpacked: " + (words == nullptr
                                                 ? std::string("unknown")
                                                 : sanitize(words, Lines::escape, 300)));
  }

  Result<void> show(archive* reader, archive_entry* raw) {
    const char* name = archive_entry_pathname(raw);
    const auto path = name == nullptr ? std::nullopt : clean_path(name);
    if (!path) return damaged("holds a path that leads out of the image");
    if (path->empty()) return {};
    LayerEntry entry;
    entry.path = *path;
    entry.size = static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(raw), 0));
    if (const char* target = archive_entry_hardlink(raw)) {
      entry.kind = LayerEntry::Kind::hard_link;
      entry.target = target;
    } else if (archive_entry_filetype(raw) == AE_IFREG) {
      entry.kind = LayerEntry::Kind::file;
    } else if (archive_entry_filetype(raw) == AE_IFDIR) {
      entry.kind = LayerEntry::Kind::folder;
    } else if (archive_entry_filetype(raw) == AE_IFLNK) {
      entry.kind = LayerEntry::Kind::symbolic_link;
      const char* link = archive_entry_symlink(raw);
      entry.target = link == nullptr ? "" : link;
    }
    unpacked_ += entry.size;
    if (unpacked_ > unpacked_limit)
      return damaged("unpacks to more than " + format_bytes(unpacked_limit));
    const bool wanted = visitor_.entry(entry) == LayerVisitor::Wants::bytes;
    if (entry.kind != LayerEntry::Kind::file || !wanted) return {};
    return hand_over(reader);
  }

  Result<void> hand_over(archive* reader) {
    while (true) {
      const void* bytes = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int status = archive_read_data_block(reader, &bytes, &size, &offset);
      if (status == ARCHIVE_EOF) break;
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return trouble(reader);
      visitor_.bytes(std::string_view(static_cast<const char*>(bytes), size));
    }
    visitor_.end_of_file();
    return {};
  }

  ByteQueue& queue_;
  LayerVisitor& visitor_;
  std::string piece_;
  std::uint64_t unpacked_ = 0;
};

}  // namespace

Result<void> read_layer(const RegistryLook& registry, const std::string& repository,
                        const Descriptor& layer, LayerVisitor& visitor) {
  const std::string what =
      fmt::format("layer {} of {}/{}", layer.digest, registry.host(), repository);
  if (is_held_elsewhere(layer)) {
    return Failure{FailureKind::permanent, what + " is not held by the registry", "", ""};
  }
  ByteQueue queue;
  Result<void> downloaded;
  std::thread download([&] {
    downloaded = registry.stream_blob(
        repository, layer, [&queue](std::string_view bytes) { return queue.put(bytes); });
    queue.end();
  });
  const Result<void> unpacked = Unpacker(queue, visitor).run();
  queue.leave(unpacked.ok() ? ByteQueue::Mode::draining : ByteQueue::Mode::abandoned);
  download.join();
  // A broken download looks like a damaged archive; its own failure says what happened. An
  // abandoned one was cancelled.
  if (!downloaded.ok() && (unpacked.ok() || downloaded.failure().kind != FailureKind::cancelled)) {
    return downloaded.failure();
  }
  if (!unpacked.ok()) return with_context(unpacked.failure(), what);
  return {};
}

}  // namespace ostler
