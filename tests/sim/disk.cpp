// What survives a kill, a power cut, a failed sync and a full disk.
#include "sim/disk.hpp"

namespace ostler::sim {
namespace {

using lab::Instant;

constexpr std::uint64_t disk_question = 4u << 20;
constexpr std::size_t reserve_size = 1u << 20;
constexpr std::size_t page = 512;

Failure disk_failure(std::string_view action, std::string code) {
  return {FailureKind::permanent, fmt::format("journal: cannot {}", action), "", std::move(code)};
}

}  // namespace

class SimStore final : public JournalStore {
 public:
  SimStore(SimDisk& disk, Process& process) : disk_(disk), process_(process) {}
  ~SimStore() override { disk_.locked_ = false; }
  SimStore(const SimStore&) = delete;
  SimStore& operator=(const SimStore&) = delete;

  Result<std::string> read() override { return disk_.bytes_; }
  Result<void> append(std::string_view bytes) override { return disk_.append(process_, bytes); }
  Result<void> sync() override { return disk_.sync(process_); }
  Result<void> cut(std::size_t size) override {
    disk_.cut(size);
    return {};
  }
  Result<void> replace(std::string_view bytes) override { return disk_.replace(process_, bytes); }
  void keep_reserve() override {
    disk_.reserve_ =
        disk_.capacity_ == std::string::npos || disk_.bytes_.size() + 512 < disk_.capacity_;
  }
  void give_up_reserve() override {
    if (disk_.reserve_ && disk_.capacity_ != std::string::npos) disk_.capacity_ += reserve_size;
    disk_.reserve_ = false;
  }
  std::string name() const override { return "simulated"; }
  std::string boot_id() const override { return fmt::format("boot-{}", disk_.boots_); }

 private:
  SimDisk& disk_;
  Process& process_;
};

SimDisk::SimDisk(Faults& faults, Trace& trace, std::uint64_t seed)
    : faults_(faults), trace_(trace), chance_(seed, disk_question) {
  // One seed in 25 has a disk that is nearly full.
  if (chance_.percent(4)) capacity_ = chance_.between(3'000, 16'000);
}

Result<std::unique_ptr<JournalStore>> SimDisk::open(Process& process) {
  if (locked_)
    return Failure{FailureKind::refused, "journal: another process is writing it", "", "locked"};
  locked_ = true;
  return std::unique_ptr<JournalStore>(std::make_unique<SimStore>(*this, process));
}

Result<void> SimDisk::append(Process& process, std::string_view bytes) {
  process.must_live();
  const std::size_t room = capacity_ - std::min(capacity_, bytes_.size());
  trace_.note("DISK", bytes.substr(0, room));
  bytes_ += bytes.substr(0, room);
  writing_ += std::min(room, bytes.size());
  if (room < bytes.size()) return disk_failure("write: no space left", "no_space");
  return {};
}

Result<void> SimDisk::sync(Process& process) {
  const Fault fault = faults_.draw({Fault::sync_fails}, "the journal's sync");
  process.wait(Instant{static_cast<std::int64_t>(faults_.details().between(1'000, 5'000))});
  writing_ = 0;
  const std::size_t from = std::exchange(written_, bytes_.size());
  if (fault == Fault::sync_fails) {
    // The kernel forgets that these pages are dirty: a later sync succeeds without writing them.
    doubtful_.emplace_back(from, bytes_.size());
    return disk_failure("sync", "sync");
  }
  if (on_durable) on_durable(std::string_view(bytes_).substr(from));
  return {};
}

Result<void> SimDisk::replace(Process& process, std::string_view bytes) {
  process.wait(Instant{static_cast<std::int64_t>(chance_.between(1'000, 5'000))});
  if (bytes.size() > capacity_) return disk_failure("write: no space left", "no_space");
  bytes_ = std::string(bytes);
  written_ = bytes_.size();
  writing_ = 0;
  doubtful_.clear();
  if (on_durable) on_durable(bytes_);
  return {};
}

void SimDisk::cut(std::size_t size) {
  bytes_.resize(std::min(bytes_.size(), size));
  written_ = std::min(written_, bytes_.size());
  writing_ = 0;
}

void SimDisk::lose_process() {
  if (writing_ > 0 && chance_.percent(20))
    bytes_.resize(bytes_.size() - chance_.below(writing_ + 1));
  writing_ = 0;
}

void SimDisk::lose_power() {
  ++boots_;
  lose_process();
  const std::size_t kept = written_ + chance_.below(bytes_.size() - written_ + 1);
  bytes_.resize(kept);
  // A later page may have made it without an earlier one.
  if (kept > written_ + page && chance_.percent(50)) {
    const std::size_t from = written_ + chance_.below(kept - written_ - page);
    std::fill_n(bytes_.begin() + static_cast<std::ptrdiff_t>(from), page, '\0');
  }
  for (const auto& [from, end] : doubtful_) {
    if (chance_.percent(50)) continue;
    const auto first = bytes_.begin() + static_cast<std::ptrdiff_t>(std::min(from, kept));
    std::fill(first, bytes_.begin() + static_cast<std::ptrdiff_t>(std::min(end, kept)), '\0');
    if (end >= kept) bytes_.erase(first, bytes_.end());
  }
  doubtful_.clear();
  written_ = bytes_.size();
}

}  // namespace ostler::sim
