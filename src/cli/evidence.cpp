// Reads everything that explains a run from its folder.
#include "evidence.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/text.hpp"

namespace ostler {

std::vector<Event> read_events(const RunFolder& folder) {
  std::vector<Event> events;
  const Result<std::string> text = read_file(folder.events(), 512u << 20);
  if (!text) return events;
  for (const std::string& line : split(*text, '\n'))
    if (auto event = parse_event(line)) events.push_back(std::move(*event));
  return events;
}

Result<RunEvidence> gather(const RunStore& store, const StoredRun& run) {
  if (run.trouble)
    return Failure{FailureKind::refused, run.trouble->message, run.trouble->hint, "invalid"};
  RunEvidence evidence;
  OSTLER_TRY(evidence.plan, store.plan(run));
  const Result<JournalReading> reading = peek_journal(run.folder.journal(), run.folder.run);
  if (!reading)
    return Failure{FailureKind::refused, reading.failure().message, reading.failure().hint,
                   "invalid"};
  evidence.records = reading->records;
  evidence.state = run.state;
  evidence.summary = summarise(run, &evidence.plan);
  evidence.events = read_events(run.folder);
  evidence.folder = run.folder.path;
  return evidence;
}

}  // namespace ostler
