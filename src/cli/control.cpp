// How one process tells another, which drives a run, to stop.
#include "control.hpp"

#include "ostler/base/file.hpp"

#include <unistd.h>

namespace ostler {
namespace {

constexpr Milliseconds poll_interval{200};

}  // namespace

Result<void> send_control(const RunFolder& folder, const std::string& command,
                          const std::string& reason) {
  return write_file_atomically(folder.control(),
                               to_bytes(Json{{"command", command}, {"reason", reason}}) + "\n");
}

std::string read_control(const RunFolder& folder) {
  if (!file_exists(folder.control())) return {};
  const Result<std::string> text = read_file(folder.control(), 1 << 16);
  if (!text) return {};
  const Result<Json> wish = parse_json(*text, "control file");
  if (!wish) return {};
  std::string command = text_at(*wish, "/command");
  return command == "hold" || command == "abort" ? command : std::string();
}

void clear_control(const RunFolder& folder) {
  unlink(folder.control().c_str());
}

Result<StoredRun> wait_until_idle(const RunStore& store, const std::string& run, Clock& clock,
                                  const Cancellation& stop) {
  for (;;) {
    OSTLER_TRY(StoredRun now, store.read(run));
    if (!now.busy) return now;
    clock.sleep_for(poll_interval, stop);
    if (stop.requested())
      return Failure{FailureKind::cancelled, fmt::format("{} goes on; we stopped waiting", run), "",
                     ""};
  }
}

}  // namespace ostler
