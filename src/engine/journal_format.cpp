// The journal's lines: encoding, and reading with the one rule that tells a torn tail from damage.
#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"
#include "ostler/engine/journal.hpp"

namespace ostler {
namespace {

constexpr int format_version = 1;
constexpr std::size_t longest_line = 16u << 20;
constexpr std::string_view hash_member = R"(,"sha":")";
constexpr std::size_t hash_tail = 8 + 64 + 2;  // ,"sha":"<64 hex>"}

std::string json_quoted(std::string_view text) {
  return to_bytes(Json(std::string(text)));
}

/// A line that is whole by itself: its hash fits its bytes. The chain is another question.
struct Line {
  Record record;
  std::string previous, hash, run;
  int version = 0;
};

std::optional<Line> read_line(std::string_view line) {
  if (line.size() < hash_tail || line.size() > longest_line) return std::nullopt;
  const std::string_view tail = line.substr(line.size() - hash_tail);
  if (!starts_with(tail, hash_member) || !ends_with(tail, "\"}")) return std::nullopt;
  Line result;
  result.hash = tail.substr(hash_member.size(), 64);
  if (sha256_hex(line.substr(0, line.size() - hash_tail)) != result.hash) return std::nullopt;
  const Result<Json> parsed = parse_json(line, "journal", {longest_line, 64});
  if (!parsed || !parsed->is_object()) return std::nullopt;
  const Json& value = *parsed;
  result.version = static_cast<int>(number_at(value, "/v"));
  result.run = text_at(value, "/run");
  result.previous = text_at(value, "/prev");
  result.record.seq = static_cast<std::uint64_t>(number_at(value, "/seq", -1));
  result.record.group = static_cast<std::uint64_t>(number_at(value, "/g", -1));
  result.record.of = static_cast<std::uint64_t>(number_at(value, "/of", 1));
  result.record.epoch = static_cast<std::uint64_t>(number_at(value, "/epoch"));
  result.record.opno = static_cast<std::uint64_t>(number_at(value, "/opno"));
  result.record.wall = text_at(value, "/wall");
  result.record.actor = text_at(value, "/actor");
  result.record.kind = text_at(value, "/kind");
  result.record.body = value_at(value, "/body");
  return result;
}

Failure damaged(std::uint64_t seq, std::string_view why) {
  return {FailureKind::permanent, fmt::format("journal: record {} is damaged: {}", seq, why),
          "Keep a copy of the file; nothing is changed from a damaged journal. `ostler status` "
          "tells what the targets show.",
          "damaged"};
}

/// Whether a whole line of a later group stands somewhere behind the damage: then something that
/// was durable once is broken, and this is no torn tail. Lines are looked for by their beginning,
/// since a line feed may be what broke.
bool later_group_behind(std::string_view rest, std::uint64_t next_seq, std::uint64_t last_group) {
  constexpr std::string_view beginning = "{\"v\":";
  for (std::size_t at = rest.find(beginning); at != std::string_view::npos;
       at = rest.find(beginning, at + 1)) {
    const auto line = read_line(rest.substr(at, rest.find('\n', at) - at));
    if (line && line->record.group != last_group && line->record.group != next_seq) return true;
  }
  return false;
}

}  // namespace

std::string encode_record(const Record& record, std::string_view run, const BootTime& boot,
                          std::string_view boot_id, std::string_view previous, std::string* hash) {
  std::string line = fmt::format(
      R"({{"v":{},"run":{},"seq":{},"g":{},"of":{},"epoch":{},"opno":{},"boot":{},"mono":"{}","wall":{},"actor":{},"kind":{},"body":{},"prev":"{}")",
      format_version, json_quoted(run), record.seq, record.group, record.of, record.epoch,
      record.opno, json_quoted(boot_id), boot.count(), json_quoted(record.wall),
      json_quoted(record.actor), json_quoted(record.kind), to_bytes(record.body), previous);
  const std::string digest = sha256_hex(line);
  line += fmt::format(R"(,"sha":"{}"}})", digest);
  line += '\n';
  if (hash != nullptr) *hash = digest;
  return line;
}

namespace {

bool ends_group(const Record& record) {
  return record.seq + 1 == record.group + record.of;
}

// A group that lost a record was never promised to anyone: what is left of it is dropped, too, or
// the way back could be there without the turn that belongs to it.
void drop_broken_group(JournalReading& reading, std::size_t length, std::size_t whole_bytes,
                       const std::string& whole_hash) {
  if (reading.damage || reading.records.empty() || ends_group(reading.records.back())) return;
  reading.records.resize(reading.records.back().group);
  reading.valid_bytes = whole_bytes;
  reading.last_hash = whole_hash;
  reading.torn_bytes = length - whole_bytes;
}

}  // namespace

JournalReading read_journal(std::string_view bytes, std::string_view run) {
  JournalReading reading;
  reading.last_hash = std::string(64, '0');
  std::size_t whole_bytes = 0;  // up to the end of the last whole group
  std::string whole_hash = reading.last_hash;
  while (reading.valid_bytes < bytes.size()) {
    const std::string_view rest = bytes.substr(reading.valid_bytes);
    const std::uint64_t next_seq = reading.records.size();
    const std::size_t end = rest.find('\n');
    const auto line = end == std::string_view::npos ? std::nullopt : read_line(rest.substr(0, end));
    if (!line) {
      const std::uint64_t last_group = reading.records.empty() ? 0 : reading.records.back().group;
      if (later_group_behind(rest, next_seq, last_group))
        reading.damage = damaged(next_seq, "later records stand behind it");
      else
        reading.torn_bytes = rest.size();
      break;
    }
    if (line->version > format_version) {
      reading.damage = Failure{FailureKind::permanent,
                               fmt::format("journal: format {} is newer than this ostler's {}",
                                           line->version, format_version),
                               "Use the ostler that wrote it.", "newer"};
      return reading;
    }
    const bool begins = line->record.group == next_seq;
    const bool goes_on = next_seq > 0 && line->record.group == reading.records.back().group &&
                         line->record.of == reading.records.back().of &&
                         !ends_group(reading.records.back());
    const bool fits = begins ? next_seq == 0 || ends_group(reading.records.back()) : goes_on;
    if (line->record.seq != next_seq || line->previous != reading.last_hash || !fits) {
      reading.damage = damaged(next_seq, "the chain is broken");
      return reading;
    }
    if (!run.empty() && line->run != run) {
      reading.damage =
          damaged(next_seq, fmt::format("it belongs to run '{}'", sanitize(line->run)));
      return reading;
    }
    reading.records.push_back(line->record);
    reading.last_hash = line->hash;
    reading.valid_bytes += end + 1;
    if (ends_group(reading.records.back())) {
      whole_bytes = reading.valid_bytes;
      whole_hash = reading.last_hash;
    }
  }
  drop_broken_group(reading, bytes.size(), whole_bytes, whole_hash);
  return reading;
}

}  // namespace ostler
