// Seeds spread over processes, whose findings come back through one pipe.
#include "sim/jobs.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace ostler::sim {
namespace {

constexpr std::uint64_t every_nth_twice = 1000;

void count(Tally& tally, Outcome outcome) {
  ++tally.seeds;
  tally.committed += outcome == Outcome::committed;
  tally.rolled_back += outcome == Outcome::rolled_back;
  tally.undone += outcome == Outcome::undone;
  tally.parked += outcome == Outcome::parked;
  tally.unchanged += outcome == Outcome::unchanged;
}

void say(int out, const std::string& line) {
  const std::string whole = line.substr(0, 3000) + "\n";  // under PIPE_BUF: lines do not mix
  if (write(out, whole.data(), whole.size()) < 0) _exit(1);
}

std::string tally_line(const Tally& tally) {
  return fmt::format("T {} {} {} {} {} {} {} {}", tally.seeds, tally.violations, tally.committed,
                     tally.rolled_back, tally.undone, tally.parked, tally.unchanged,
                     tally.repeated);
}

void work(std::uint64_t first, std::uint64_t to, unsigned step, const SeedOptions& options,
          int out) {
  Tally tally;
  for (std::uint64_t seed = first; seed <= to; seed += step) {
    const SeedResult result = simulate(seed, options);
    count(tally, result.outcome);
    std::optional<Violation> violation = result.violation;
    if (seed % every_nth_twice == 0) {
      ++tally.repeated;
      if (simulate(seed, options).hash != result.hash)
        violation = Violation{"hash", "the same seed went another way the second time"};
    }
    if (violation) {
      ++tally.violations;
      say(out, fmt::format("F {} {}: {}", seed, violation->invariant, violation->what));
    }
    if (tally.seeds % 256 == 0) {
      say(out, tally_line(tally));
      tally = {};
    }
  }
  say(out, tally_line(tally));
}

void read_tally(const std::string& line, Tally& tally) {
  std::istringstream read(line.substr(2));
  Tally more;
  read >> more.seeds >> more.violations >> more.committed >> more.rolled_back >> more.undone >>
      more.parked >> more.unchanged >> more.repeated;
  tally.seeds += more.seeds;
  tally.violations += more.violations;
  tally.committed += more.committed;
  tally.rolled_back += more.rolled_back;
  tally.undone += more.undone;
  tally.parked += more.parked;
  tally.unchanged += more.unchanged;
  tally.repeated += more.repeated;
}

}  // namespace

Tally run_seeds(std::uint64_t from, std::uint64_t to, unsigned jobs, const SeedOptions& options,
                std::uint64_t enough,
                const std::function<void(std::uint64_t seed, const std::string& what)>& failed) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  std::fflush(stdout);
  std::vector<pid_t> workers;
  for (unsigned job = 0; job < jobs; ++job) {
    const pid_t worker = fork();
    if (worker == 0) {
      close(ends[0]);
      work(from + job, to, jobs, options, ends[1]);
      _exit(0);
    }
    workers.push_back(worker);
  }
  close(ends[1]);
  Tally tally;
  std::uint64_t found = 0;
  std::FILE* in = fdopen(ends[0], "r");
  char* line = nullptr;
  std::size_t room = 0;
  while (found < enough && getline(&line, &room, in) > 0) {
    std::string text(line);
    text.pop_back();
    if (text[0] == 'T') read_tally(text, tally);
    if (text[0] != 'F') continue;
    ++found;
    const std::size_t space = text.find(' ', 2);
    failed(std::strtoull(text.c_str() + 2, nullptr, 10), text.substr(space + 1));
  }
  std::free(line);
  std::fclose(in);
  for (const pid_t worker : workers) {
    if (found >= enough) kill(worker, SIGKILL);
    int status = 0;
    waitpid(worker, &status, 0);
    const bool done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!done && found < enough) {
      ++tally.violations;
      failed(0, fmt::format("crash: a worker ended by status {}", status));
    }
  }
  tally.violations = std::max(tally.violations, found);
  return tally;
}

}  // namespace ostler::sim
