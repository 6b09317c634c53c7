// The folder in which local servers run: what they ask of it, and what their logs there say.
#include "lab/host/server_folder.hpp"

#include "ostler/base/text.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <filesystem>
#include <fstream>

namespace ostler::lab {

namespace fs = std::filesystem;

std::string last_words(const std::string& log) {
  std::ifstream file(log);
  std::string all{std::istreambuf_iterator<char>(file), {}};
  const std::vector<std::string> lines = split(trim(all), '\n');
  std::vector<std::string> told;
  for (const std::string& line : lines)
    for (const char* mark : {"FATAL", "PANIC", "ERROR", " error: "})
      if (line.find(mark) != std::string::npos) {
        told.push_back(line);
        break;
      }
  if (told.empty()) told = lines;
  if (told.size() > 3) told.erase(told.begin(), told.end() - 3);
  return sanitize(join(told, "; "), Lines::escape, 600);
}

Result<void> require_space(const std::string& folder, std::uint64_t bytes) {
  struct statvfs found {};
  if (statvfs(folder.c_str(), &found) != 0) return {};
  const std::uint64_t free = std::uint64_t{found.f_bavail} * found.f_frsize;
  if (free >= bytes) return {};
  return Failure{FailureKind::refused,
                 fmt::format("{}: {} MB are free there, PostgreSQL and Redis need {} MB", folder,
                             free >> 20, bytes >> 20),
                 "Make room there, or set TMPDIR to a folder with more.", "space"};
}

Result<void> require_reachable(const std::string& path, const Account& account) {
  const fs::path folder = path;
  for (fs::path above = folder.parent_path(); above != above.root_path();
       above = above.parent_path()) {
    struct stat found {};
    if (stat(above.c_str(), &found) != 0 || (found.st_mode & S_IXOTH) != 0 ||
        (found.st_uid == account.user && (found.st_mode & S_IXUSR) != 0))
      continue;
    return Failure{FailureKind::permanent,
                   fmt::format("the account of the servers may not enter {}", above.string()),
                   "Choose a folder below /tmp or /var/tmp, or let others enter that one.", ""};
  }
  return {};
}

}  // namespace ostler::lab
