// Brings images from one registry to another: blobs several at once, source to target, then
// manifests bottom up.
#include "systems/http_registry.hpp"
#include "systems/image_name.hpp"
#include "systems/registry_manifest.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/side_by_side.hpp"
#include "ostler/base/text.hpp"

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

namespace ostler {

namespace {

constexpr std::size_t worker_count = 4;
constexpr int depth_limit = 3;
constexpr std::size_t manifest_count_limit = 1000;
/// A source that is no HTTP registry cannot be joined with the upload and passes through memory.
constexpr std::uint64_t buffer_limit = 256u << 20;

bool is_redirect_code(const std::string& code) {
  return code.size() == 3 && code[0] == '3';
}

/// Everything below one digest of a source.
struct Tree {
  std::vector<Manifest> manifests;  ///< children before parents
  std::vector<Descriptor> blobs;    ///< each digest once, the largest first
};

class TreeReader {
 public:
  TreeReader(const RegistryLook& source, const std::string& repository)
      : source_(source), repository_(repository) {}

  Result<Tree> read(const std::string& digest) {
    OSTLER_CHECK(walk(digest, 1));
    std::stable_sort(tree_.blobs.begin(), tree_.blobs.end(),
                     [](const Descriptor& a, const Descriptor& b) { return a.size > b.size; });
    return std::move(tree_);
  }

 private:
  Result<void> walk(const std::string& digest, int depth) {
    if (!seen_.insert(digest).second) return {};
    if (depth > depth_limit || seen_.size() > manifest_count_limit) {
      return Failure{
          FailureKind::permanent,
          fmt::format("registry {}: {} of {} has more levels or images than are supported",
                      source_.host(), digest, repository_),
          "", ""};
    }
    OSTLER_TRY(Manifest manifest, source_.manifest(repository_, digest));
    for (const Descriptor& child : manifest.manifests) OSTLER_CHECK(walk(child.digest, depth + 1));
    for (const Descriptor& blob : blobs_of(manifest)) {
      if (seen_.insert(blob.digest).second) tree_.blobs.push_back(blob);
    }
    tree_.manifests.push_back(std::move(manifest));
    return {};
  }

 public:
  static std::vector<Descriptor> blobs_of(const Manifest& manifest) {
    std::vector<Descriptor> blobs;
    if (manifest.config) blobs.push_back(*manifest.config);
    for (const Descriptor& layer : manifest.layers) {
      if (!is_held_elsewhere(layer)) blobs.push_back(layer);
    }
    return blobs;
  }

 private:
  const RegistryLook& source_;
  const std::string& repository_;
  std::set<std::string> seen_;
  Tree tree_;
};

/// How one blob got there.
enum class Arrival { present, mounted, copied };

/// Moves blobs between two registries. Safe for several threads.
class BlobMover {
 public:
  BlobMover(const RegistryLook& source, std::string source_repository, HttpRegistry& target,
            std::string repository)
      : source_(source),
        http_source_(dynamic_cast<const HttpRegistry*>(&source)),
        source_repository_(std::move(source_repository)),
        target_(target),
        repository_(std::move(repository)) {}

  enum class Trust { target_answers, nothing };

  /// `moved` is told of every piece that travels. With Trust::nothing the blob is sent although the
  /// target claims to have it.
  Result<Arrival> move(const Descriptor& blob, Trust trust,
                       const std::function<void(std::size_t)>& moved) {
    const bool same_registry = http_source_ != nullptr && source_.host() == target_.host();
    if (!same_registry && trust == Trust::target_answers) {
      OSTLER_TRY(const bool present, target_.has_blob_for_push(repository_, blob.digest));
      if (present) return Arrival::present;
    }
    const bool try_mount = same_registry && source_repository_ != repository_;
    auto upload =
        target_.start_upload(repository_, blob.digest, try_mount ? source_repository_ : "");
    if (!upload.ok() && try_mount && upload.failure().kind == FailureKind::refused) {
      // Token servers that grant no two scopes at once still let a blob be copied.
      upload = target_.start_upload(repository_, blob.digest, "");
    }
    if (!upload.ok()) return upload.failure();
    if (upload->mounted) return Arrival::mounted;
    if (same_registry && trust == Trust::target_answers) {
      OSTLER_TRY(const bool present, target_.has_blob_for_push(repository_, blob.digest));
      if (present) {
        target_.cancel_upload(repository_, *upload);
        return Arrival::present;
      }
    }
    auto sent = send(*upload, blob, moved);
    if (!sent.ok() && is_redirect_code(sent.failure().code) && http_source_ != nullptr) {
      // It sent other blobs itself, and this one it wants fetched elsewhere.
      http_source_->forget_delivery();
      OSTLER_TRY(const HttpRegistry::Upload again,
                 target_.start_upload(repository_, blob.digest, ""));
      sent = send(again, blob, moved);
    }
    if (sent.ok()) return Arrival::copied;
    if (sent.failure().kind == FailureKind::unknown ||
        sent.failure().kind == FailureKind::timeout) {
      // The upload may have been completed before its answer was lost.
      const auto present = target_.has_blob_for_push(repository_, blob.digest);
      if (present.ok() && *present) return Arrival::copied;
    }
    return sent.failure();
  }

 private:
  Result<void> send(const HttpRegistry::Upload& upload, const Descriptor& blob,
                    const std::function<void(std::size_t)>& moved) {
    if (http_source_ == nullptr) return send_through_memory(upload, blob, moved);
    OSTLER_TRY(const HttpRequest download,
               http_source_->download_request(source_repository_, blob));
    OSTLER_TRY(const HttpRequest request, target_.upload_request(repository_, upload, blob));
    Sha256 hash;
    std::uint64_t passed = 0;
    bool wrong = false;
    const auto watch = [&](std::string_view part) {
      passed += part.size();
      hash.update(part);
      // The last piece is held back when the whole is not what it should be: the target then sees a
      // broken upload.
      wrong = passed > blob.size || (passed == blob.size && "sha256:" + hash.hex() != blob.digest);
      if (!wrong) moved(part.size());
      return !wrong;
    };
    auto response = target_.http().pipe(download, request, blob.size, watch);
    if (wrong) {
      return Failure{FailureKind::permanent,
                     fmt::format("registry {}: blob {} of {} does not have that digest or size",
                                 source_.host(), blob.digest, source_repository_),
                     "Do not use this registry before it is known why it sends other bytes.", ""};
    }
    if (!response.ok()) {
      return with_context(
          response.failure(),
          fmt::format("copying blob {} from {}/{} to {}/{}", blob.digest, source_.host(),
                      source_repository_, target_.host(), repository_));
    }
    if (response->status == 201 || response->status == 204) return {};
    return target_.answer_failure(*response,
                                  fmt::format("storing blob {} in {}", blob.digest, repository_),
                                  RegistryEffect::write);
  }

  Result<void> send_through_memory(const HttpRegistry::Upload& upload, const Descriptor& blob,
                                   const std::function<void(std::size_t)>& moved) {
    if (blob.size > buffer_limit) {
      return Failure{FailureKind::permanent,
                     "blob " + blob.digest + " is too large to pass through memory", "", ""};
    }
    std::string bytes;
    OSTLER_CHECK(source_.stream_blob(source_repository_, blob, [&](std::string_view part) {
      bytes += part;
      moved(part.size());
      return true;
    }));
    return target_.upload(repository_, upload, blob, std::move(bytes));
  }

  const RegistryLook& source_;
  const HttpRegistry* http_source_;
  std::string source_repository_;
  HttpRegistry& target_;
  std::string repository_;
};

/// Several movers side by side; progress is told from the thread that called.
class MoveAll {
 public:
  MoveAll(BlobMover& mover, const std::vector<Descriptor>& blobs, CopyProgress& progress)
      : mover_(mover), blobs_(blobs), progress_(progress) {}

  Result<void> run(const std::function<void(const CopyProgress&)>& tell) {
    const std::size_t count = threads_for(std::min(worker_count, blobs_.size()));
    running_ = count;  // goes down while the later ones are still being started
    if (count == 1)
      work();
    else
      work_side_by_side(count, tell);
    if (tell) tell(progress_);
    if (failure_) return *failure_;
    return {};
  }

 private:
  void work_side_by_side(std::size_t count, const std::function<void(const CopyProgress&)>& tell) {
    std::vector<std::thread> workers;
    for (std::size_t worker = 0; worker < count; ++worker) workers.emplace_back([this] { work(); });
    {
      std::unique_lock lock(mutex_);
      while (running_ > 0) {
        changed_.wait_for(lock, Milliseconds(200));
        const CopyProgress now = progress_;
        lock.unlock();
        if (tell) tell(now);
        lock.lock();
      }
    }
    for (std::thread& worker : workers) worker.join();
  }

  void work() {
    while (const Descriptor* blob = next()) {
      std::uint64_t moved_bytes = 0;
      auto moved = mover_.move(*blob, BlobMover::Trust::target_answers,
                               [this, &moved_bytes](std::size_t bytes) {
                                 const std::lock_guard lock(mutex_);
                                 moved_bytes += bytes;
                                 progress_.bytes_done += bytes;
                               });
      const std::lock_guard lock(mutex_);
      if (!moved.ok()) {
        if (!failure_) failure_ = moved.failure();
        break;
      }
      progress_.bytes_done += blob->size - moved_bytes;
      ++progress_.blobs_done;
      progress_.blobs_mounted += *moved == Arrival::mounted;
      progress_.blobs_present += *moved == Arrival::present;
    }
    const std::lock_guard lock(mutex_);
    --running_;
    changed_.notify_one();
  }

  const Descriptor* next() {
    const std::lock_guard lock(mutex_);
    if (failure_ || next_ == blobs_.size()) return nullptr;
    return &blobs_[next_++];
  }

  BlobMover& mover_;
  const std::vector<Descriptor>& blobs_;
  CopyProgress& progress_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t next_ = 0;
  std::size_t running_ = 0;
  std::optional<Failure> failure_;
};

CopyProgress plan_of(const Tree& tree) {
  CopyProgress progress;
  progress.blobs_total = static_cast<int>(tree.blobs.size());
  for (const Descriptor& blob : tree.blobs) progress.bytes_total += blob.size;
  return progress;
}

}  // namespace

Result<HttpRegistry::Upload> HttpRegistry::start_upload(
    const std::string& repository, const std::string& digest,
    const std::string& source_repository) const {
  const bool mount = !source_repository.empty();
  HttpRequest asked = request("POST", repository, "/blobs/uploads/");
  if (mount) asked.url += "?from=" + url_encoded(source_repository) + "&mount=" + digest;
  const Scopes scopes =
      mount ? mount_scopes(repository, source_repository) : push_scope(repository);
  OSTLER_TRY(const HttpResponse response, exchange(std::move(asked), scopes));
  Upload upload;
  if (mount && response.status == 201) {
    upload.mounted = true;
    return upload;
  }
  if (response.status != 202) {
    return answer_failure(response, fmt::format("starting an upload to {}", repository),
                          RegistryEffect::none);
  }
  WebAddress here = *address_;
  here.path = "/v2/" + repository + "/blobs/uploads/";
  const auto location = resolve_location(here, response.header("location"));
  if (!may_lead_to(location)) {
    return named(
        {FailureKind::refused,
         fmt::format("the upload to {} would go to a place that is not allowed", repository),
         "Check the registry's url and the proxy in front of it.", ""});
  }
  upload.location = *location;
  return upload;
}

void HttpRegistry::cancel_upload(const std::string& repository, const Upload& upload) const {
  HttpRequest asked;
  asked.method = "DELETE";
  asked.url = upload.location.text();
  asked.tls = tls_;
  // The registry forgets unfinished uploads by itself; this only helps it. Elsewhere our
  // credentials have no business.
  if (leads_home(upload.location)) (void)exchange(std::move(asked), push_scope(repository));
}

Result<HttpRequest> HttpRegistry::upload_request(const std::string& repository,
                                                 const Upload& upload,
                                                 const Descriptor& blob) const {
  HttpRequest made;
  made.method = "PUT";
  const std::string location = upload.location.text();
  made.url = location + (location.find('?') == std::string::npos ? "?" : "&") +
             "digest=" + url_encoded(blob.digest);
  made.headers = {{"Content-Type", "application/octet-stream"}};
  // Storage behind a registry may move the whole blob before it answers.
  made.timeout = transfer_timeout(blob.size);
  if (leads_home(upload.location) || is_loopback(upload.location)) made.tls = tls_;
  if (leads_home(upload.location)) OSTLER_CHECK(login_->authorise(made, push_scope(repository)));
  return made;
}

Result<void> HttpRegistry::upload(const std::string& repository, const Upload& upload,
                                  const Descriptor& blob, std::string bytes) const {
  OSTLER_TRY(HttpRequest made, upload_request(repository, upload, blob));
  made.body = std::move(bytes);
  auto response = http_.send(made);
  if (!response.ok()) return named(response.failure());
  if (response->status == 201 || response->status == 204) return {};
  return answer_failure(*response, fmt::format("storing blob {} in {}", blob.digest, repository),
                        RegistryEffect::write);
}

Result<HttpRequest> HttpRegistry::download_request(const std::string& repository,
                                                   const Descriptor& blob) const {
  HttpRequest made = request("GET", repository, "/blobs/" + blob.digest);
  made.timeout = transfer_timeout(blob.size);
  if (delivery_ == Delivery::direct) {
    OSTLER_CHECK(login_->authorise(made, pull_scope(repository)));
    return made;
  }
  // Asks for the blob and lets go at its first byte, to see whether the registry sends it or sends
  // us elsewhere.
  bool began = false;
  const std::function<bool(std::string_view)> stop = [&began](std::string_view) {
    began = true;
    return false;
  };
  auto response = exchange(made, pull_scope(repository), &stop);
  WebAddress from = *address_;
  for (int hop = 0; !began && response.ok() && is_redirect_status(response->status) && hop < 3;
       ++hop) {
    delivery_ = Delivery::redirected;
    OSTLER_TRY(made, follow(*response, from, blob));
    made.timeout = transfer_timeout(blob.size);
    if (const auto address = read_web_address(made.url)) from = *address;
    response = http_.stream(made, stop);
    if (!response.ok() && !began) return named(response.failure());
  }
  if (!began) {
    if (!response.ok()) return response.failure();
    if (response->status != 200) {
      return answer_failure(*response,
                            fmt::format("reading blob {} of {}", blob.digest, repository),
                            RegistryEffect::none);
    }
  }
  if (delivery_ != Delivery::redirected) {
    delivery_ = Delivery::direct;
    OSTLER_CHECK(login_->authorise(made, pull_scope(repository)));
  }
  return made;
}

Result<CopyProgress> HttpRegistry::copy_from(
    const RegistryLook& source, const std::string& source_repository, const std::string& digest,
    const std::string& repository, const std::function<void(const CopyProgress&)>& progress) {
  if (!is_digest(digest)) {
    return Failure{FailureKind::refused, fmt::format("'{}' is no digest", sanitize(digest)), "",
                   ""};
  }
  OSTLER_TRY(const Tree tree, TreeReader(source, source_repository).read(digest));
  CopyProgress done = plan_of(tree);
  OSTLER_TRY(const std::optional<Descriptor> there, head(repository, digest));
  if (there) {
    // A registry takes a manifest only when everything below it is there.
    done.bytes_done = done.bytes_total;
    done.blobs_done = done.blobs_present = done.blobs_total;
    if (progress) progress(done);
    return done;
  }
  BlobMover mover(source, source_repository, *this, repository);
  OSTLER_CHECK(MoveAll(mover, tree.blobs, done).run(progress));
  for (const Manifest& manifest : tree.manifests) {
    auto put = put_manifest(repository, manifest.descriptor.digest, manifest);
    if (!put.ok() && put.failure().code == "MANIFEST_BLOB_UNKNOWN") {
      // Garbage collection may have taken a blob that a HEAD still promised: send this manifest's
      // blobs for real, once.
      for (const Descriptor& blob : TreeReader::blobs_of(manifest)) {
        OSTLER_TRY(const Arrival ignored,
                   mover.move(blob, BlobMover::Trust::nothing, [](std::size_t) {}));
        (void)ignored;
      }
      put = put_manifest(repository, manifest.descriptor.digest, manifest);
    }
    if (!put.ok()) return put.failure();
  }
  OSTLER_TRY(const std::optional<Descriptor> arrived, head(repository, digest));
  if (!arrived) {
    return named({FailureKind::unknown,
                  fmt::format("{} took {} and does not have it", repository, digest), "", ""});
  }
  return done;
}

}  // namespace ostler
